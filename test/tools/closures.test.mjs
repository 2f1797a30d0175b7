import { readFileSync } from 'node:fs';
import { closureProblems, closures } from '../../tools/closures.mjs';

test.each(closures)('$name: loads nothing that it must not', async (closure) => {
  expect(await closureProblems(closure)).toEqual([]);
});

/** esbuild is told that this file of ours has one line more. */
const planted = (file, line) => ({
  plugins: [
    {
      name: 'planted',
      setup({ onLoad }) {
        onLoad({ filter: new RegExp(`${file}$`) }, ({ path }) => ({
          contents: `${line}\n${readFileSync(path, 'utf8')}`,
          loader: 'ts',
        }));
      },
    },
  ],
});

describe('a package that is planted in the closure of what reads and compiles profiles', () => {
  const [closure] = closures;

  test('is named, with the files through which it is reached', async () => {
    expect(await closureProblems(closure, planted('read/words.ts', "import 'zod';"))).toEqual([
      `${closure.name}: must not load the package zod, and does: src/core/profile/read/parse-json-profile.ts → src/core/profile/read/profile-of-text.ts → src/core/profile/read/decode-document.ts → src/core/profile/read/decode-profile.ts → src/core/profile/read/words.ts → zod`,
    ]);
  });

  test('is not meant when it is loaded only when it is needed', async () => {
    const problems = await closureProblems(
      closure,
      planted('read/words.ts', "export const later = () => import('zod');"),
    );
    expect(problems).toEqual([]);
  });

  test('is not meant when another package is forbidden', async () => {
    const plant = planted('compile/compile.ts', "import 'yaml';");
    expect(await closureProblems({ ...closure, forbidden: ['zod'] }, plant)).toEqual([]);
    expect(await closureProblems({ ...closure, forbidden: ['yaml'] }, plant)).toHaveLength(1);
  });

  test('is found behind another package, too', async () => {
    const plant = planted('compile/compile.ts', "import 'express';");
    const [problem] = await closureProblems({ ...closure, forbidden: ['body-parser'] }, plant);
    expect(problem).toMatch(/compile\/compile\.ts → .*node_modules\/express\/.* → body-parser$/);
  });
});
