import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { BuildOptions } from 'esbuild';

interface Closure {
  readonly name: string;
  readonly imports: readonly string[];
  readonly forbidden: 'all-packages' | readonly string[];
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const { closureProblems, closures } = (await import(pathToFileURL(join(root, 'tools/closures.mjs')).href)) as {
  readonly closures: readonly Closure[];
  closureProblems(closure: Closure, options?: BuildOptions): Promise<readonly string[]>;
};

test.each(closures)('$name: loads nothing that it must not', async (closure) => {
  expect(await closureProblems(closure)).toEqual([]);
});

/** esbuild is told that a file of ours has one line more. */
function planted(file: string, line: string): BuildOptions {
  return {
    plugins: [
      {
        name: 'planted',
        setup({ onLoad }) {
          onLoad({ filter: new RegExp(`/${file}$`) }, ({ path }) => ({
            contents: `${line}\n${readFileSync(path, 'utf8')}`,
            loader: 'ts',
          }));
        },
      },
    ],
  };
}

describe('a package that is planted in the closure of what reads and compiles profiles', () => {
  const closure = closures.find(({ imports }) => imports.includes('src/core/compile/compile.ts')) as Closure;

  test('is named, with the files through which it is reached', async () => {
    const problems = await closureProblems(closure, planted('profile/read/enum-word.ts', "import 'zod';"));
    expect(problems).toEqual([
      `${closure.name}: must not load the package zod, and does: ${[
        'src/core/profile/read/parse-json-profile.ts',
        'src/core/profile/read/text-format.ts',
        'src/core/profile/read/decode-profile.ts',
        'src/core/profile/read/enum-word.ts',
        'zod',
      ].join(' → ')}`,
    ]);
  });

  test('is let pass when it is loaded only when it is needed', async () => {
    const plant = planted('profile/read/enum-word.ts', "export const later = () => import('zod');");
    expect(await closureProblems(closure, plant)).toEqual([]);
  });

  test('is let pass when only others are forbidden', async () => {
    const plant = planted('compile/compile.ts', "import 'yaml';");
    expect(await closureProblems({ ...closure, forbidden: ['zod'] }, plant)).toEqual([]);
    expect(await closureProblems({ ...closure, forbidden: ['yaml'] }, plant)).toHaveLength(1);
  });

  test('is found behind another package', async () => {
    const plant = planted('compile/compile.ts', "import 'express';");
    const problems = await closureProblems({ ...closure, forbidden: ['body-parser'] }, plant);
    expect(problems).toEqual([
      expect.stringMatching(/compile\/compile\.ts → .*node_modules\/express\/.* → body-parser$/),
    ]);
  });
});
