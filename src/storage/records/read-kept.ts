import type { KeptElsewhere } from '../../core/audit/chain/kept-elsewhere.js';
import { readLines } from '../disk/read-lines.js';

/** Takes in the records in a file of log lines that were kept elsewhere; returns how many there were. */
export async function readKept(file: string, kept: KeptElsewhere): Promise<number> {
  const before = kept.records;
  const take = (line: Buffer): void => kept.addLine(line);
  const { rest } = await readLines(file, take);
  take(rest);
  return kept.records - before;
}
