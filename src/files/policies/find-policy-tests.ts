import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problem } from '../../core/problem/problem.js';
import { readFailure } from './find-policy-files.js';
import { FolderWalk, realPathOf } from './folder-walk.js';

export interface TestFiles {
  /** In the order of the paths given, within a folder by name. */
  readonly files: readonly string[];
  readonly problems: readonly Problem[];
}

function isTestFile(name: string): boolean {
  return /\.test\.ya?ml$/.test(name);
}

/** Finds `*.test.yaml` in folders and all their subfolders, passing over names that start with a dot. A file that is given counts whatever its name is. */
export async function findPolicyTests(paths: readonly string[]): Promise<TestFiles> {
  const files = new Set<string>();
  const problems: Problem[] = [];
  const walk = new FolderWalk();
  const fail = (path: string, error: unknown): void => {
    const { message, advice } = readFailure(error, 'file or folder');
    problems.push({ code: 'PD020', severity: 'error', message, advice, place: { file: path } });
  };
  /** @throws UnfitFile where there is too much to look through */
  const visit = async (path: string, depth: number): Promise<void> => {
    let names: string[];
    try {
      if (!(await stat(path)).isDirectory()) {
        if (depth === 0 || isTestFile(path)) files.add(path);
        return;
      }
      if (!walk.isNew(await realPathOf(path))) return;
      names = (await walk.entries(path, depth)).map(({ name }) => name);
    } catch (error) {
      if (walk.isOver) throw error;
      // A link to nowhere beside the tests is no test.
      if (depth === 0 || isTestFile(path)) fail(path, error);
      return;
    }
    for (const name of names)
      if (isTestFile(name) || !/\.[a-z]+$/i.test(name)) await visit(join(path, name), depth + 1);
  };
  for (const path of paths) {
    walk.restart();
    await visit(path, 0).catch((error: unknown) => fail(path, error));
  }
  return { files: [...files], problems };
}
