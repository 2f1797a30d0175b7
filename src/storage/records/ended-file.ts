import { readSmallFile } from './small-file.js';

/** Beside the segments of an instance whose end a later one has found and put on record. */
export const endedFile = 'ended.json';

/** The instance that found the end, as the file says. */
export async function readRecorder(file: string): Promise<'missing' | 'unreadable' | { readonly recordedBy: string }> {
  const read = await readSmallFile(file);
  if (typeof read === 'string') return read === 'missing' ? 'missing' : 'unreadable';
  try {
    const { recordedBy } = JSON.parse(read.text) as { readonly recordedBy?: unknown };
    return typeof recordedBy === 'string' ? { recordedBy } : 'unreadable';
  } catch {
    return 'unreadable';
  }
}
