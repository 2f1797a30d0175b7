import type { FileHandle } from 'node:fs/promises';
import { recordStart } from '../../core/audit/chain/sealed-lines.js';
import { readIntactRecord } from '../../core/audit/intact-record.js';
import type { AuditRecord } from '../../core/audit/record.js';
import { openRegular } from '../disk/open-regular.js';
import { longestLine } from '../disk/read-lines.js';

const step = 256 * 1024;
/** Bytes that a write which a crash interrupted can have left: more than a batch of records has. */
const longestTorn = 32 * 1024 * 1024;

/** The end of a segment. */
export interface Tail {
  readonly size: number;
  /** Where what a crash left begins, behind the last line end; `size` where there is nothing that only a crash can have left. */
  readonly goodBytes: number;
  /** The last two intact records, the last one first. */
  readonly records: readonly AuditRecord[];
}

/**
 * Reads a file backwards until it has two intact records. What a crash can leave is an unfinished line, or the NUL bytes of blocks
 * that were allocated and not written, and nothing after it. Everything else stays where it is, for `audit verify` to find: finished
 * lines that were changed, and a hole that intact records follow.
 * @throws where it cannot be read, or is no regular file
 */
export async function tailOf(file: string): Promise<Tail> {
  const handle = await openRegular(file);
  try {
    const { size } = await handle.stat();
    const lines = linesBackwards(handle, size);
    const last = (await lines.next()).value;
    const restBytes = last === undefined ? 0 : size - last.start;
    const isTorn = restBytes > 0 && restBytes <= longestTorn && last !== undefined && !holdsIntactRecord(last.bytes);
    const records: AuditRecord[] = [];
    for await (const { bytes } of lines) {
      const record = bytes.length > longestLine ? undefined : readIntactRecord(bytes);
      if (record !== undefined && records.push(record) === 2) break;
    }
    return { size, goodBytes: isTorn ? size - restBytes : size, records };
  } finally {
    await handle.close();
  }
}

/** The lines of a file from its end: first what stands after the last line end, which may be nothing. Only the beginnings of very long ones. */
async function* linesBackwards(
  handle: FileHandle,
  size: number,
): AsyncGenerator<{ readonly start: number; readonly bytes: Buffer }, undefined> {
  /** Of the line that is being read, the later ones first. */
  let pieces: Buffer[] = [];
  let kept = 0;
  const line = (): Buffer => {
    const bytes = Buffer.concat(pieces.reverse(), kept);
    pieces = [];
    kept = 0;
    return bytes;
  };
  for (let to = size; to > 0; ) {
    const from = Math.max(0, to - step);
    const chunk = Buffer.alloc(to - from);
    await handle.read(chunk, 0, chunk.length, from);
    let end = chunk.length;
    for (let at = chunk.lastIndexOf(0x0a); at >= 0; at = end === 0 ? -1 : chunk.lastIndexOf(0x0a, end - 1)) {
      add(chunk.subarray(at + 1, end));
      yield { start: from + at + 1, bytes: line() };
      end = at;
    }
    add(chunk.subarray(0, end));
    to = from;
  }
  yield { start: 0, bytes: line() };

  function add(piece: Buffer): void {
    pieces.push(piece);
    kept += piece.length;
    // What is this long is no record, and its end does not matter.
    while (kept > longestTorn + step) kept -= pieces.shift()?.length ?? 0;
  }
}

/** Whether there is an intact record in what stands after the last line end: it was written whole, and its line end overwritten. */
function holdsIntactRecord(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(recordStart); at >= 0; ) {
    const next = bytes.indexOf(recordStart, at + recordStart.length);
    const line = bytes.subarray(at, next < 0 ? bytes.length : next);
    // A record ends with its brace; what overwrote its line end comes after it.
    const end = line.lastIndexOf(0x7d) + 1;
    if (end > 0 && end <= longestLine && readIntactRecord(line.subarray(0, end)) !== undefined) return true;
    at = next;
  }
  return false;
}
