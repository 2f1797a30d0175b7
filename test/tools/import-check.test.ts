import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { dependencyProblems, importProblems } = (await import(
  pathToFileURL(join(root, 'tools/import-check.mjs')).href
)) as {
  importProblems: (folder: string) => readonly string[];
  dependencyProblems: (manifest: { readonly dependencies: object }) => readonly string[];
};
const copy = mkdtempSync(join(tmpdir(), 'seccomply-imports-'));
cpSync(join(root, 'src'), copy, { recursive: true });
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** What the check says about src/ with these files besides, by path. */
function problemsWith(planted: Readonly<Record<string, string>>): readonly string[] {
  const paths = Object.entries(planted).map(([name, text]) => {
    const path = join(copy, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  });
  try {
    return importProblems(copy);
  } finally {
    for (const path of paths) rmSync(path);
  }
}

test('src/ has no problem', () => {
  expect(importProblems(copy)).toEqual([]);
});

test.each([
  ['a value', "import { lintProfile } from '../lint/lint.js';\nexport const planted = lintProfile;\n"],
  ['a type', "import type { Linted } from '../lint/lint.js';\nexport type Planted = Linted;\n"],
  [
    'a part of a list',
    "import {\n  type Linted,\n  lintProfile,\n} from '../lint/lint.js';\nexport const planted = lintProfile;\n",
  ],
  ['when it runs', "export const planted = () => import('../lint/lint.js');\n"],
  [
    'behind a comment',
    "import {\n  type Linted, // it's a type\n  lintProfile,\n} from /* c */ '../lint/lint.js';\nexport const planted = lintProfile;\n",
  ],
  ['as a type alone', "export type Planted = import('../lint/lint.js').Linted;\n"],
  ['on to others', "export { lintProfile } from '../lint/lint.js';\n"],
])('an import that points up is refused: %s', (_, text) => {
  expect(problemsWith({ 'core/filter/planted.ts': text })).toEqual([
    'core/filter/planted.ts: core/filter stands before core/lint and must not import core/lint/lint.ts',
  ]);
});

test('a circle of files is refused, of types too', () => {
  expect(
    problemsWith({
      'core/filter/planted-a.ts': "import type { B } from './planted-b.js';\nexport type A = B;\n",
      'core/filter/planted-b.ts': "import type { C } from './planted-c.js';\nexport type B = C | 1;\n",
      'core/filter/planted-c.ts': "import type { A } from './planted-a.js';\nexport type C = A[];\n",
    }),
  ).toEqual([
    'a circle of imports: core/filter/planted-a.ts → core/filter/planted-b.ts → core/filter/planted-c.ts → core/filter/planted-a.ts',
  ]);
});

test.each([
  [
    'a package that the folder does not list',
    "import { z } from 'zod';\nexport const planted = z;\n",
    'does not list the package zod for core/filter',
  ],
  [
    'a part of a package',
    "import { z } from 'zod/v4/core';\nexport const planted = z;\n",
    'does not list the package zod for core/filter',
  ],
  [
    'the world',
    "import { readFileSync } from 'node:fs';\nexport const planted = readFileSync;\n",
    'core/ is pure and must not import node:fs',
  ],
  [
    'the environment',
    'export const planted = process.env.HOME;\n',
    'variables of the environment are read in processes/settings only',
  ],
])('core/ may not have %s', (_, text, problem) => {
  expect(problemsWith({ 'core/filter/planted.ts': text })).toEqual([expect.stringContaining(problem)]);
});

test('a folder that is not in the list, or too full, is refused', () => {
  expect(problemsWith({ 'core/planted/file.ts': 'export {};\n' })).toEqual([
    'core/planted/file.ts: the folder core/planted is not in tools/folders.mjs; say there where it stands and what it is for',
  ]);
  const many = Object.fromEntries(
    Array.from({ length: 26 }, (_, at) => [`core/problem/planted-${at}.ts`, 'export {};\n']),
  );
  expect(problemsWith(many)).toEqual([expect.stringMatching(/^core\/problem: \d+ files, at most 25 /)]);
});

test('an exported name means one thing', () => {
  expect(problemsWith({ 'core/filter/planted.ts': 'export interface Decision {}\n' })).toEqual([
    'Decision is exported by core/admission/decision.ts and core/filter/planted.ts: an exported name means one thing',
  ]);
});

test('kubernetes/ knows no word of Seccomply', () => {
  expect(problemsWith({ 'kubernetes/planted.ts': "export const planted = 'seccomply.dev';\n" })).toEqual([
    'kubernetes/planted.ts: kubernetes/ is the protocol and knows no word of Seccomply',
  ]);
});

test('a package that nothing in src/ imports is no dependency', () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: object };
  expect(dependencyProblems({ dependencies })).toEqual([]);
  expect(dependencyProblems({ dependencies: { ...dependencies, undici: '^7' } })).toEqual([
    'package.json: nothing in src/ imports undici: it is a dev dependency, or none',
  ]);
});
