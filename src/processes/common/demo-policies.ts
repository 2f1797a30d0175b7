import { join } from 'node:path';
import { demoSet } from '../../files/demo-set.js';
import { makeFolder } from '../../files/make-folder.js';
import { errnoOf, fileTrouble } from '../../system/errno.js';
import { DataFolderError } from './data-folder-error.js';

/**
 * The demo set in a copy under the data folder, its exemption ending 30 days from now. Returns the folder to serve.
 * @throws DataFolderError
 */
export async function demoPolicies(data: string): Promise<readonly string[]> {
  const folder = join(data, 'policies', 'demo');
  try {
    await makeFolder(folder);
    await demoSet(folder, Date.now());
  } catch (error) {
    if (errnoOf(error)?.startsWith('E') !== true) throw error;
    throw new DataFolderError(
      `the demo policies cannot be copied to ${folder}: ${fileTrouble(error)}\n    Make the folder writable, name another one with --data, or give policies with --policies.`,
    );
  }
  return [folder];
}
