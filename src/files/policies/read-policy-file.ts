import { createHash } from 'node:crypto';
import { MAX_FILE } from '../../core/document/limits.js';
import type { Unreadable } from '../../core/policy/load/document-set.js';
import { type ReadText, readDocuments } from '../../core/policy/load/read-documents.js';
import { readBoundedSync, UnfitFile } from '../../system/read-bounded.js';
import { readFailure } from './find-policy-files.js';

/** A policy file, read and parsed, as plain data. */
export interface FileContent {
  readonly read: ReadText;
  /** Of the bytes. */
  readonly sha256: string;
  readonly bytes: Uint8Array;
}

/** The bytes are those that were read before. */
export interface Unchanged {
  readonly unchanged: string;
}

export interface FileToRead {
  readonly path: string;
  readonly bytes: number;
  /** Of the bytes that are parsed already. */
  readonly knownSha256?: string | undefined;
  /** Whether it may be a pipe. */
  readonly pipes?: boolean | undefined;
}

export type FileResult = FileContent | Unchanged | Unreadable;

/** Reads one file at once; threads that answer requests use it on small files only. Never throws. */
export function readPolicyFile({ path, knownSha256, pipes = false }: FileToRead): FileResult {
  let bytes: Uint8Array;
  try {
    bytes = readBoundedSync(path, { most: MAX_FILE, pipes });
  } catch (error) {
    const { message, advice } = readFailure(error, 'file');
    const isTooLarge = error instanceof UnfitFile && error.reason === 'too-large';
    return { ...unreadable(path, message, advice, isTooLarge ? 'PD004' : 'PD020'), lasting: isTooLarge };
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 === knownSha256) return { unchanged: path };
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { ...unreadable(path, 'this file is not UTF-8 text', 'save it as UTF-8', 'PD001'), lasting: true };
  }
  return { read: readDocuments(text, path), sha256, bytes };
}

function unreadable(path: string, message: string, advice: string, code: string): Unreadable {
  return { path, problem: { code, severity: 'error', message, advice, place: { file: path } } };
}
