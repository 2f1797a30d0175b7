// Makes docs/reference/host-access.md from the tables of host access, or with --check says that it is stale and exits 1.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleAndImport } from './run-ts.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const path = 'docs/reference/host-access.md';
const { hostAccessReference } = await bundleAndImport('tools/host-access-reference.ts');
const text = hostAccessReference();
if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
  if (process.argv.includes('--check')) {
    console.error(`${path} is stale`);
    process.exitCode = 1;
  } else writeFileSync(path, text);
}
