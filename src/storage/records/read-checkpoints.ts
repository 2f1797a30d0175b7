import type { OutsideCheckpoint } from '../../core/audit/chain/outside-checkpoints.js';
import { readRecord } from '../../core/audit/intact-record.js';
import { readLines } from '../disk/read-lines.js';

/** The checkpoints in a file of log lines kept elsewhere; lines that are something else are skipped. */
export async function readCheckpoints(file: string): Promise<readonly OutsideCheckpoint[]> {
  const found: OutsideCheckpoint[] = [];
  const take = (line: Buffer): void => {
    const record = line.includes('"checkpoint"') ? readRecord(line) : undefined;
    if (record?.recordType === 'checkpoint')
      found.push({ instance: record.source.instance, checkpoint: record.checkpoint });
  };
  const { rest } = await readLines(file, take);
  take(rest);
  return found;
}
