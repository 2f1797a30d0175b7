// Makes docs/reference/policy-problems.md from the codes of problems, or with --check says that it is stale and exits 1.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleAndImport } from './run-ts.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const path = 'docs/reference/policy-problems.md';
const { problemCodes } = await bundleAndImport('src/core/policy/check/problem-codes.ts');
const groups = [
  [
    'PD',
    'Reading documents',
    'Found wherever policies are read: by `serve`, `webhook`, the controller and all commands.',
  ],
  [
    'PL',
    'What policies mean',
    'Found by `seccomply policy check`, which holds policies against each other, the catalogue, the clock and their tests.',
  ],
  ['PT', 'Tests of policies', 'Found by `seccomply policy test` and `check` in files `*.test.yaml`.'],
];
const text = `${[
  '<!-- Made by tools/generate-policy-problems.mjs from src/core/policy/check/problem-codes.ts; changes here are lost. -->',
  '# Problems with policies',
  '',
  'Every problem has a code that keeps its meaning, the place (file, line, column, and the path in the document), a sentence and advice.',
  'Errors keep a document from loading or pods from starting, warnings are most likely mistakes, notes are for information.',
  '`seccomply policy check` ends with exit code 1 for errors and warnings; `--fail-on error` lets warnings pass.',
  ...groups.flatMap(([prefix, title, intro]) => [
    '',
    `## ${title}`,
    '',
    intro,
    '',
    '| code | | |',
    '|---|---|---|',
    ...problemCodes
      .filter(({ code }) => code.startsWith(prefix))
      .map((one) => `| <a id="${one.code.toLowerCase()}"></a>${one.code} | ${one.title} | ${one.text} |`),
  ]),
].join('\n')}\n`;
if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
  if (process.argv.includes('--check')) {
    console.error(`${path} is stale`);
    process.exitCode = 1;
  } else writeFileSync(path, text);
}
