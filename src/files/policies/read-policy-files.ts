import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Unreadable } from '../../core/policy/load/document-set.js';
import type { LoadedExemption, LoadedPolicy } from '../../core/policy/load/loaded-document.js';
import { byKind, loadedDocument, type ParsedDocuments } from '../../core/policy/load/parse-documents.js';
import type { ReadDocument, ReadText } from '../../core/policy/load/read-documents.js';
import { bundledAsset } from '../../system/bundled-asset.js';
import { messageOf } from '../../system/errno.js';
import { readPolicyFile, type Unchanged } from './read-policy-file.js';

export interface PolicyWorkerData {
  readonly files: readonly FileToRead[];
}

export interface FileToRead {
  readonly path: string;
  readonly bytes: number;
  /** Of the bytes that are parsed already. */
  readonly knownSha256?: string | undefined;
}

export type PolicyWorkerMessage =
  | { readonly kind: 'unchanged'; readonly path: string }
  | { readonly kind: 'unreadable'; readonly unreadable: Unreadable }
  | {
      readonly kind: 'file';
      readonly rest: Omit<ReadText, 'documents'>;
      readonly sha256: string;
      readonly bytes: ArrayBuffer;
    }
  | { readonly kind: 'documents'; readonly documents: readonly ReadDocument[] }
  | { readonly kind: 'done' };

/** A file whose documents are ready for use. */
export interface ParsedFile {
  readonly path: string;
  /** Of the bytes. */
  readonly sha256: string;
  readonly parsed: ParsedDocuments;
}

export type FileOutcome = ParsedFile | Unchanged | Unreadable;

/** Up to so many bytes are read where they are asked for: parsing them takes a few milliseconds. */
const SMALL = 32 * 1024;
const HEAP_MEGABYTES = 2048;

/**
 * Reads and parses files: a small set at once, a larger one in a thread of its own, whose results come in slices, so that the
 * caller's thread never stands still for long. `workerFile` is the built thread; where it is missing (running from the sources)
 * the caller's thread does the work, with a pause after each file.
 */
export async function readPolicyFiles(
  files: readonly FileToRead[],
  workerFile: string | undefined = bundledAsset('policy-worker.js'),
): Promise<readonly FileOutcome[]> {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  if (workerFile !== undefined && (bytes > SMALL || files.length > 20)) return readInThread(files, workerFile);
  const results: FileOutcome[] = [];
  for (const [index, { path, knownSha256 }] of files.entries()) {
    if (index > 0) await nextTurn();
    const result = readPolicyFile(path, knownSha256);
    results.push(
      'read' in result ? parsedFile(result.read, result.read.documents, result.sha256, result.bytes) : result,
    );
  }
  return results;
}

function readInThread(files: readonly FileToRead[], workerFile: string): Promise<readonly FileOutcome[]> {
  const workerData: PolicyWorkerData = { files };
  const worker = new Worker(workerFile, { workerData, resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES } });
  const results: FileOutcome[] = [];
  let open: OpenFile | undefined;
  const finishFile = (): void => {
    if (open !== undefined) results.push(open.finish());
    open = undefined;
  };
  return new Promise((resolve, reject) => {
    worker.on('message', (message: PolicyWorkerMessage) => {
      if (message.kind === 'documents') open?.add(message.documents);
      else finishFile();
      if (message.kind === 'unchanged') results.push({ unchanged: message.path });
      if (message.kind === 'unreadable') results.push(message.unreadable);
      if (message.kind === 'file') open = new OpenFile(message.rest, message.sha256, message.bytes);
      if (message.kind === 'done') resolve(results);
      // The answer to the last message lets the thread end, and with it go its memory and what keeps the process alive.
      setImmediate(() => worker.postMessage('next'));
    });
    worker.on('error', (error) =>
      reject(new Error(`the thread that reads policies failed: ${messageOf(error)}`, { cause: error })),
    );
    worker.on('exit', () => reject(new Error('the thread that reads policies ended before it was done')));
  });
}

class OpenFile {
  readonly #rest: Omit<ReadText, 'documents'>;
  readonly #sha256: string;
  readonly #text: () => string;
  readonly #loaded: (LoadedPolicy | LoadedExemption)[] = [];

  constructor(rest: Omit<ReadText, 'documents'>, sha256: string, bytes: ArrayBuffer) {
    this.#rest = rest;
    this.#sha256 = sha256;
    this.#text = lazyText(new Uint8Array(bytes));
  }

  add(documents: readonly ReadDocument[]): void {
    for (const document of documents) this.#loaded.push(loadedDocument(this.#rest.file, document, this.#text));
  }

  finish(): ParsedFile {
    return { path: this.#rest.file ?? '', sha256: this.#sha256, parsed: { ...this.#rest, ...byKind(this.#loaded) } };
  }
}

function parsedFile(
  read: Omit<ReadText, 'documents'>,
  documents: readonly ReadDocument[],
  sha256: string,
  bytes: Uint8Array,
): ParsedFile {
  const { file, namespaces, problems, notes, broken } = read;
  const text = lazyText(bytes);
  const loaded = documents.map((document) => loadedDocument(file, document, text));
  return { path: file ?? '', sha256, parsed: { file, namespaces, problems, notes, broken, ...byKind(loaded) } };
}

/** The text is only needed to tell where something stands; until then the bytes are kept, which cost less. */
function lazyText(bytes: Uint8Array): () => string {
  let text: string | undefined;
  return () => {
    text ??= new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    return text;
  };
}
