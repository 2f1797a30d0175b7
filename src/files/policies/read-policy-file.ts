import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { Unreadable } from '../../core/policy/load/document-set.js';
import { type ReadText, readDocuments } from '../../core/policy/load/read-documents.js';
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

export type FileResult = FileContent | Unchanged | Unreadable;

const MAX_BYTES = 256 * 1024 * 1024;

/** Reads one file at once; threads that answer requests use it on small files only. Never throws. */
export function readPolicyFile(path: string, knownSha256?: string): FileResult {
  let bytes: Uint8Array;
  try {
    if (statSync(path).size > MAX_BYTES)
      return unreadable(path, `this file has more than ${MAX_BYTES / 1024 / 1024} MiB`, 'split it', 'PD004');
    bytes = readFileSync(path);
  } catch (error) {
    const { message, advice } = readFailure(error, 'file');
    return unreadable(path, message, advice, 'PD020');
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 === knownSha256) return { unchanged: path };
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return unreadable(path, 'this file is not UTF-8 text', 'save it as UTF-8', 'PD001');
  }
  return { read: readDocuments(text, path), sha256, bytes };
}

function unreadable(path: string, message: string, advice: string, code: string): Unreadable {
  return { path, problem: { code, severity: 'error', message, advice, place: { file: path } } };
}
