import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from '../../files/make-folder.js';
import { errnoOf, fileTrouble } from '../../system/errno.js';
import { CliError } from '../output/exit.js';
import { writeOut } from '../output/write.js';

/** Writes to a file as a whole or not at all, making its folder; to standard output when there is none. */
export async function writeResult(text: string, file: string | undefined): Promise<void> {
  if (file === undefined || file === '-') {
    await writeOut(text);
    return;
  }
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    await makeFolder(dirname(file));
    await writeFile(temporary, text);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    if (errnoOf(error) === undefined) throw error;
    throw new CliError(`cannot write ${file}: ${fileTrouble(error)}`);
  }
}
