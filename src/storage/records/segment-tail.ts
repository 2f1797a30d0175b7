import { open } from 'node:fs/promises';
import { readIntactRecord } from '../../core/audit/intact-record.js';
import type { AuditRecord } from '../../core/audit/record.js';

const step = 256 * 1024;

/** The end of a segment. */
export interface Tail {
  readonly size: number;
  /** Where what the crash left begins: behind the last line end, or before blocks that never reached the disk. */
  readonly goodBytes: number;
  /** The last two intact records, the last one first. */
  readonly records: readonly AuditRecord[];
}

/**
 * Reads a file backwards until it has two intact records. Only what a crash can leave is told apart from the records: an
 * unfinished line, and the NUL bytes of blocks that were allocated and not written. A finished line that was changed stays
 * where it is, for `audit verify` to find.
 */
export async function tailOf(file: string): Promise<Tail> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    let from = size;
    let bytes: Buffer = Buffer.alloc(0);
    for (;;) {
      const length = Math.min(step, from);
      from -= length;
      const chunk = Buffer.alloc(length);
      await handle.read(chunk, 0, length, from);
      bytes = Buffer.concat([chunk, bytes]);
      const hole = bytes.indexOf(0);
      const end = (hole < 0 ? bytes : bytes.subarray(0, hole)).lastIndexOf(0x0a) + 1;
      const records = lastRecords(bytes.subarray(0, end), from === 0);
      if (records.length === 2 || from === 0) return { size, goodBytes: end === 0 ? 0 : from + end, records };
    }
  } finally {
    await handle.close();
  }
}

/** The last two intact records of whole lines; a first line that may have begun earlier is left out. */
function lastRecords(bytes: Buffer, wholeFile: boolean): readonly AuditRecord[] {
  const records: AuditRecord[] = [];
  let end = bytes.length - 1;
  while (end >= 0 && records.length < 2) {
    const before = end === 0 ? -1 : bytes.lastIndexOf(0x0a, end - 1);
    if (before < 0 && !wholeFile) break;
    const record = readIntactRecord(bytes.subarray(before + 1, end));
    if (record !== undefined) records.push(record);
    end = before;
  }
  return records;
}
