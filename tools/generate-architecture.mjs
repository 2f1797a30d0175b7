// Writes the table of folders in docs/explanation/architecture.md from tools/folders.mjs, or with --check says that it is stale and exits 1.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parts } from './folders.mjs';

const path = fileURLToPath(new URL('../docs/explanation/architecture.md', import.meta.url));
const begin = '<!-- Made by tools/generate-architecture.mjs from tools/folders.mjs; changes here are lost. -->';
const end = '<!-- End of what is made. -->';

const table = parts.flatMap(({ what, folders }) => [
  '',
  `**${what}**`,
  '',
  '| folder | what it is | packages |',
  '|---|---|---|',
  ...folders.map((one) => `| \`src/${one.folder}\` | ${one.what} | ${one.packages.join(', ')} |`),
]);
const page = readFileSync(path, 'utf8');
const [before, rest] = page.split(begin);
const after = rest?.split(end)[1];
if (after === undefined) throw new Error(`${path} has no place for the table of folders`);
const text = `${before}${[begin, ...table, '', end].join('\n')}${after}`;
if (text !== page) {
  if (process.argv.includes('--check')) {
    console.error('docs/explanation/architecture.md is stale');
    process.exitCode = 1;
  } else writeFileSync(path, text);
}
