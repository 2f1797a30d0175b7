import { type RecordFiles, recordFilesAt } from '../../storage/records/segments.js';
import { errnoOf, fileTrouble } from '../../system/errno.js';
import { CliError } from '../output/exit.js';

/** Where `serve` leaves its records when nothing else is said. */
export const defaultRecords = '.seccomply/audit';

/** The record files that paths given on the command line mean, or an error that a new user can act on. */
export async function recordFilesOf(paths: readonly string[]): Promise<RecordFiles> {
  const found: RecordFiles[] = [];
  for (const path of paths) {
    try {
      const there = await recordFilesAt(path);
      if (there.files.length === 0)
        throw new CliError(
          `there are no audit records under ${path}: give the folder that --data names, its audit folder, or a .jsonl file of it`,
        );
      found.push(there);
    } catch (error) {
      const code = errnoOf(error);
      if (code === undefined) throw error;
      throw new CliError(
        code === 'ENOENT'
          ? `there is nothing at ${path}: records are in the folder audit under the one that serve and webhook got as --data`
          : `cannot read ${path}: ${fileTrouble(error)}`,
      );
    }
  }
  return {
    files: [...new Set(found.flatMap((one) => one.files))],
    complete: found.every((one) => one.complete),
    heads: [...new Set(found.flatMap((one) => one.heads))],
  };
}
