import type { KeptElsewhere } from '../../core/audit/chain/kept-elsewhere.js';
import { readLines } from '../disk/read-lines.js';

/** Takes in the records in a file of log lines that were kept elsewhere; returns how many there were, changed ones among them. */
export async function readKept(file: string, kept: KeptElsewhere): Promise<number> {
  const before = kept.records + kept.changed;
  let number = 0;
  const take = (line: Buffer): void => {
    number += 1;
    kept.addLine(line, { file, line: number });
  };
  const { rest } = await readLines(file, take);
  take(rest);
  return kept.records + kept.changed - before;
}
