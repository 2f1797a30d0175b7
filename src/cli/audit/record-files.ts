import { type RecordFiles, recordFilesAt } from '../../storage/records/segments.js';
import { errnoOf, fileTrouble } from '../../system/errno.js';
import { CliError } from '../output/exit.js';

/** Where `serve` leaves its records when nothing else is said. */
export const defaultRecords = '.seccomply/audit';

interface RecordFilesOptions {
  /** What is not there is no error: lines kept elsewhere tell what should be. */
  readonly mayBeMissing?: boolean;
}

/** The record files that paths given on the command line mean, or an error that a new user can act on. */
export async function recordFilesOf(
  paths: readonly string[],
  { mayBeMissing = false }: RecordFilesOptions = {},
): Promise<RecordFiles> {
  const found: RecordFiles[] = [];
  for (const path of paths) {
    try {
      const there = await recordFilesAt(path);
      const { files, folders, odd } = there;
      // Folders of instances without a segment are enough: what else lies in them tells what should be there.
      if (files.length + folders.length + odd.length === 0 && !mayBeMissing)
        throw new CliError(
          `there are no audit records under ${path}: give the folder that --data names, its audit folder, or a .jsonl file of it`,
        );
      found.push(there);
    } catch (error) {
      const code = errnoOf(error);
      if (code === undefined) throw error;
      if (code === 'ENOENT' && mayBeMissing) {
        const message = 'there is nothing here, and lines kept elsewhere tell of records';
        found.push({ files: [], complete: true, folders: [], odd: [{ path, code: 'chain-missing', message }] });
        continue;
      }
      throw new CliError(
        code === 'ENOENT'
          ? `there is nothing at ${path}: records are in the folder audit under the one that serve and webhook got as --data`
          : `cannot read ${path}: ${fileTrouble(error)}`,
      );
    }
  }
  return {
    files: found.flatMap((one) => one.files),
    complete: found.every((one) => one.complete),
    folders: found.flatMap((one) => one.folders),
    odd: found.flatMap((one) => one.odd),
  };
}
