import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problem } from '../../core/problem/problem.js';
import { readFailure } from './find-policy-files.js';

export interface TestFiles {
  /** In the order of the paths given, within a folder by name. */
  readonly files: readonly string[];
  readonly problems: readonly Problem[];
}

const MAX_DEPTH = 32;

function isTestFile(name: string): boolean {
  return /\.test\.ya?ml$/.test(name);
}

/** Finds `*.test.yaml` in folders and all their subfolders, passing over names that start with a dot. A file that is given counts whatever its name is. */
export async function findPolicyTests(paths: readonly string[]): Promise<TestFiles> {
  const files = new Set<string>();
  const problems: Problem[] = [];
  const visit = async (path: string, depth: number): Promise<void> => {
    let isFolder: boolean;
    let names: string[] = [];
    try {
      isFolder = (await stat(path)).isDirectory();
      if (isFolder) names = (await readdir(path)).sort();
    } catch (error) {
      // A link to nowhere beside the tests is no test.
      if (depth > 0 && !isTestFile(path)) return;
      const { message, advice } = readFailure(error, 'file or folder');
      problems.push({ code: 'PD020', severity: 'error', message, advice, place: { file: path } });
      return;
    }
    if (!isFolder) {
      if (depth === 0 || isTestFile(path)) files.add(path);
    } else if (depth <= MAX_DEPTH)
      for (const name of names)
        if (!name.startsWith('.') && (isTestFile(name) || !/\.[a-z]+$/i.test(name)))
          await visit(join(path, name), depth + 1);
  };
  for (const path of paths) await visit(path, 0);
  return { files: [...files], problems };
}
