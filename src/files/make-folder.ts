import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf } from '../system/errno.js';

/**
 * Makes a folder and those above it that are missing. Node's own `recursive` never comes back where a file system answers ENOENT
 * to making a folder in one that is there, as /proc does (seen in Node 20.20).
 */
export async function makeFolder(path: string, mode?: number): Promise<void> {
  try {
    await mkdir(path, mode);
  } catch (error) {
    const parent = dirname(path);
    if (errnoOf(error) === 'ENOENT' && parent !== path) {
      await makeFolder(parent, mode);
      await mkdir(path, mode).catch((again: unknown) => passOver(path, again));
    } else await passOver(path, error);
  }
}

async function passOver(path: string, error: unknown): Promise<void> {
  if (errnoOf(error) !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error;
}
