import { errnoOf } from '../../system/errno.js';
import { notRegularCodes, openRegular } from '../disk/open-regular.js';

const mostBytes = 64 * 1024;

/**
 * The text of a small file beside the segments: `missing` where there is none, or one that a crash left before it was written; `odd` for
 * what is no regular file, or far too long.
 */
export async function readSmallFile(file: string): Promise<'missing' | 'odd' | { readonly text: string }> {
  try {
    const handle = await openRegular(file);
    try {
      if ((await handle.stat()).size > mostBytes) return 'odd';
      const text = await handle.readFile('utf8');
      return /^[\0\s]*$/.test(text) ? 'missing' : { text };
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = errnoOf(error) ?? '';
    if (code === 'ENOENT') return 'missing';
    if (notRegularCodes.has(code)) return 'odd';
    throw error;
  }
}
