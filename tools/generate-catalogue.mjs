// Makes profiles/ from the recipes and the recordings, or with --check says what is stale and exits 1.
// Recording again is another matter, and needs root: bash tools/make-catalogue.sh
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleAndImport } from './run-ts.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
const { catalogueFiles } = await bundleAndImport('tools/catalogue-files.ts');
const files = catalogueFiles();
const present = readdirSync('profiles').filter((name) => name.endsWith('.json'));
for (const name of present) {
  if (files.has(name)) continue;
  console.error(`profiles/${name} is in no recipe (tools/catalogue-recipes.ts)`);
  process.exitCode = 1;
}
for (const [name, text] of files) {
  const path = `profiles/${name}`;
  if (present.includes(name) && readFileSync(path, 'utf8') === text) continue;
  if (process.argv.includes('--check')) {
    console.error(`${path} is stale`);
    process.exitCode = 1;
  } else writeFileSync(path, text);
}
