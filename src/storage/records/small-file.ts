import { lstat, readFile } from 'node:fs/promises';
import { errnoOf } from '../../system/errno.js';

const mostBytes = 64 * 1024;

/**
 * The text of a small file beside the segments: `missing` where there is none, or one that a crash left before it was written; `odd` for
 * what is no regular file, which reading could wait for without end, or far too long.
 */
export async function readSmallFile(file: string): Promise<'missing' | 'odd' | { readonly text: string }> {
  try {
    const status = await lstat(file);
    if (!status.isFile() || status.size > mostBytes) return 'odd';
    const text = await readFile(file, 'utf8');
    return /^[\0\s]*$/.test(text) ? 'missing' : { text };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 'missing';
    throw error;
  }
}
