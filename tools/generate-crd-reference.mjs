// Makes docs/reference/crds.md and docs/reference/policy-schema.md, or with --check says what is stale and exits 1.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleAndImport } from './run-ts.mjs';

const { crdReference, schemaReference } = await bundleAndImport('tools/crd-reference.ts');
for (const [path, text] of [
  ['docs/reference/crds.md', crdReference()],
  ['docs/reference/policy-schema.md', schemaReference()],
]) {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  if (process.argv.includes('--check')) {
    console.error(`${path} is stale`);
    process.exitCode = 1;
  } else writeFileSync(file, text);
}
