import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Unreadable } from '../../core/policy/load/document-set.js';
import type { LoadedExemption, LoadedPolicy } from '../../core/policy/load/loaded-document.js';
import { byKind, loadedDocument, type ParsedDocuments } from '../../core/policy/load/parse-documents.js';
import type { ReadDocument, ReadText } from '../../core/policy/load/read-documents.js';
import { bundledAsset } from '../../system/bundled-asset.js';
import { messageOf } from '../../system/errno.js';
import { type FileToRead, readPolicyFile, type Unchanged } from './read-policy-file.js';

export interface PolicyWorkerData {
  readonly files: readonly FileToRead[];
}

export interface ThreadOptions {
  /** The built thread for large sets; by default the one beside this program. */
  readonly workerFile?: string | undefined;
  /** After so long without a word from it the thread is stopped, in ms. Default two minutes. */
  readonly longestSilence?: number | undefined;
  /** Whether calls wait while the caller's thread reads. Default no. */
  readonly besideCalls?: boolean | undefined;
}

export type PolicyWorkerMessage =
  | { readonly kind: 'unchanged'; readonly path: string }
  | { readonly kind: 'unreadable'; readonly unreadable: Unreadable }
  | {
      readonly kind: 'file';
      readonly rest: Omit<ReadText, 'documents'>;
      /** Documents that follow. */
      readonly count: number;
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

/** Up to so many bytes are read where they are asked for: parsing them takes a few milliseconds, as policies are written. */
const SMALL = 32 * 1024;
/** The same while calls wait: of what is written to take long, each KiB takes some milliseconds. */
const SMALL_BESIDE_CALLS = 4 * 1024;
/** The heap of the thread: half of what the process may have, and no more than a set of any sense takes. */
const MOST_HEAP_MEGABYTES = 2048;
const LEAST_HEAP_MEGABYTES = 128;
const LONGEST_SILENCE = 120_000;
/** After so many files that ended their thread, the others are not tried. */
const MAX_THREADS = 3;

/**
 * Reads and parses files: a small set at once, a larger one in a thread of its own, whose results come in slices, so that the
 * caller's thread never stands still for long. A file that takes the thread too long, or more memory than it has, is unreadable, and
 * another thread reads those behind it. Where the built thread is missing (running from the sources) the caller's thread does the
 * work, with a pause after each file.
 */
export async function readPolicyFiles(
  files: readonly FileToRead[],
  options: ThreadOptions = {},
): Promise<readonly FileOutcome[]> {
  const { workerFile = bundledAsset('policy-worker.js'), longestSilence = LONGEST_SILENCE } = options;
  const small = options.besideCalls === true ? SMALL_BESIDE_CALLS : SMALL;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  if (workerFile !== undefined && (bytes > small || files.length > 20))
    return readInThreads(files, workerFile, longestSilence);
  const results: FileOutcome[] = [];
  for (const [index, file] of files.entries()) {
    if (index > 0) await nextTurn();
    const result = readPolicyFile(file);
    results.push(
      'read' in result ? parsedFile(result.read, result.read.documents, result.sha256, result.bytes) : result,
    );
  }
  return results;
}

async function readInThreads(
  files: readonly FileToRead[],
  workerFile: string,
  longestSilence: number,
): Promise<readonly FileOutcome[]> {
  const results: FileOutcome[] = [];
  for (let threads = 1; results.length < files.length; threads += 1) {
    const rest = files.slice(results.length);
    const { outcomes, failure, lasting } = await readInThread(rest, workerFile, longestSilence);
    for (const outcome of outcomes) results.push(outcome);
    if (failure === undefined) break;
    // The thread reads one after another, so it is the one behind those that it has handed over.
    const failed = files.slice(results.length, threads < MAX_THREADS ? results.length + 1 : undefined);
    for (const [index, { path }] of failed.entries())
      results.push({ ...failedToRead(path, failure), lasting: lasting && index === 0 });
  }
  return results;
}

interface ThreadResult {
  /** Of the files in their order, as far as it came. */
  readonly outcomes: readonly FileOutcome[];
  readonly failure: unknown;
  /** It failed for what is in the file. */
  readonly lasting: boolean;
}

function readInThread(files: readonly FileToRead[], workerFile: string, longestSilence: number): Promise<ThreadResult> {
  const workerData: PolicyWorkerData = { files };
  const outcomes: FileOutcome[] = [];
  let open: OpenFile | undefined;
  const finishFile = (): void => {
    // At once, not with the next file: that one may never come.
    if (open?.isComplete !== true) return;
    outcomes.push(open.finish());
    open = undefined;
  };
  return new Promise((resolve) => {
    const worker = new Worker(workerFile, { workerData, resourceLimits: { maxOldGenerationSizeMb: heapMegabytes() } });
    const end = (failure?: unknown, lasting = false): void => {
      clearTimeout(silence);
      resolve({ outcomes, failure, lasting });
    };
    const silence = setTimeout(() => {
      end(new Error(`the thread that reads policies was stopped: it took more than ${longestSilence / 1000} s`), true);
      void worker.terminate();
    }, longestSilence);
    worker.on('message', (message: PolicyWorkerMessage) => {
      silence.refresh();
      if (message.kind === 'documents') open?.add(message.documents);
      if (message.kind === 'unchanged') outcomes.push({ unchanged: message.path });
      if (message.kind === 'unreadable') outcomes.push(message.unreadable);
      if (message.kind === 'file') open = new OpenFile(message);
      finishFile();
      if (message.kind === 'done') end();
      // The answer to the last message lets the thread end, and with it go its memory and what keeps the process alive.
      setImmediate(() => worker.postMessage('next'));
    });
    worker.on('error', (error) => {
      const failure = new Error(`the thread that reads policies failed: ${messageOf(error)}`);
      end(failure, (error as { code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY');
    });
    worker.on('exit', () => end(new Error('the thread that reads policies ended before it was done')));
  });
}

function heapMegabytes(): number {
  const half = Math.floor(process.constrainedMemory() / 2 / 1024 / 1024);
  // 0: nothing is known of a limit.
  return half === 0 ? MOST_HEAP_MEGABYTES : Math.max(LEAST_HEAP_MEGABYTES, Math.min(half, MOST_HEAP_MEGABYTES));
}

function failedToRead(path: string, error: unknown): Unreadable {
  const message = `this file could not be read: ${messageOf(error)}`;
  const advice = 'split very large files; what was read before stays in force';
  return { path, problem: { code: 'PD020', severity: 'error', message, advice, place: { file: path } } };
}

class OpenFile {
  readonly #rest: Omit<ReadText, 'documents'>;
  readonly #count: number;
  readonly #sha256: string;
  readonly #text: () => string;
  readonly #loaded: (LoadedPolicy | LoadedExemption)[] = [];

  constructor({ rest, count, sha256, bytes }: Extract<PolicyWorkerMessage, { kind: 'file' }>) {
    this.#rest = rest;
    this.#count = count;
    this.#sha256 = sha256;
    this.#text = lazyText(new Uint8Array(bytes));
  }

  get isComplete(): boolean {
    return this.#loaded.length >= this.#count;
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
