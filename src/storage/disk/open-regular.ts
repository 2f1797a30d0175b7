import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

const noFile = 'SECCOMPLY_NO_FILE';

/** What `openRegular` throws where there is something else: its own word, a link's, a socket's. */
export const notRegularCodes: ReadonlySet<string> = new Set([noFile, 'ELOOP', 'ENXIO']);

/**
 * Opens a file that others may have put something else in the place of: never waits for the other end of a pipe, and follows no link.
 * @throws what the file system says, or an error with the code `SECCOMPLY_NO_FILE` for what is no regular file
 */
export async function openRegular(path: string, flags: number = constants.O_RDONLY): Promise<FileHandle> {
  const handle = await open(path, flags | constants.O_NONBLOCK | constants.O_NOFOLLOW, 0o640);
  try {
    if ((await handle.stat()).isFile()) return handle;
    throw Object.assign(new Error('it is no regular file'), { code: noFile });
  } catch (error) {
    await handle.close();
    throw error;
  }
}
