// Makes docs/reference/profile-lint.md from the catalogue of lint rules, or with --check says that it is stale and exits 1.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleAndImport } from './run-ts.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const path = 'docs/reference/profile-lint.md';
const { lintReference } = await bundleAndImport('tools/lint-reference.ts');
const text = lintReference();
if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
  if (process.argv.includes('--check')) {
    console.error(`${path} is stale`);
    process.exitCode = 1;
  } else {
    mkdirSync('docs/reference', { recursive: true });
    writeFileSync(path, text);
  }
}
