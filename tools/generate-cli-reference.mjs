// Makes docs/reference/cli.md from the commands, or with --check says that it is stale and exits 1.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleAndImport } from './run-ts.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const path = 'docs/reference/cli.md';
const { cliReference } = await bundleAndImport('tools/cli-reference.ts');
const text = await cliReference();
if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
  if (process.argv.includes('--check')) {
    console.error(`${path} is stale`);
    process.exitCode = 1;
  } else writeFileSync(path, text);
}
