import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_FILE } from '../../core/document/limits.js';
import { type FoundObject, type ObjectDocuments, parseObjects } from '../../core/policy/load/object-documents.js';
import type { Problem } from '../../core/problem/problem.js';
import { readBounded, readStream } from '../../system/read-bounded.js';
import { readFailure } from './find-policy-files.js';
import { FolderWalk, realPathOf } from './folder-walk.js';

/** Reads Kubernetes objects from a file, from every YAML and JSON file of a folder, or from standard input (`-`). Bad input gives problems. */
export async function readObjects(path: string): Promise<ObjectDocuments> {
  const objects: FoundObject[] = [];
  const problems: Problem[] = [];
  const walk = new FolderWalk();
  await read(path, 0).catch((error: unknown) => fail(path, error));
  return { objects, problems };

  /** @throws UnfitFile where there is too much to look through */
  async function read(at: string, depth: number): Promise<void> {
    try {
      if (at !== '-' && (await stat(at)).isDirectory()) {
        if (!walk.isNew(await realPathOf(at))) return;
        for (const entry of await walk.entries(at, depth))
          if (entry.isDirectory() || /\.(?:ya?ml|json)$/.test(entry.name)) await read(join(at, entry.name), depth + 1);
        return;
      }
      const bytes =
        at === '-'
          ? await readStream(process.stdin, { most: MAX_FILE })
          : await readBounded(at, { most: MAX_FILE, pipes: depth === 0 });
      const file = at === '-' ? 'standard input' : at;
      const found = parseObjects(new TextDecoder('utf-8', { fatal: true }).decode(bytes), file);
      // One by one: a list of a hundred thousand pods is more than a call takes arguments.
      for (const object of found.objects) objects.push(object);
      for (const problem of found.problems) problems.push(problem);
    } catch (error) {
      if (walk.isOver) throw error;
      fail(at, error);
    }
  }

  function fail(at: string, error: unknown): void {
    const isNoText = (error as { code?: unknown }).code === 'ERR_ENCODING_INVALID_ENCODED_DATA';
    const { message, advice } = isNoText
      ? { message: 'this is not UTF-8 text', advice: 'save it as UTF-8' }
      : readFailure(error, 'file');
    problems.push({
      code: isNoText ? 'PD001' : 'PD020',
      severity: 'error',
      message,
      advice,
      place: { file: at === '-' ? 'standard input' : at },
    });
  }
}
