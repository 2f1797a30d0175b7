// Makes every generated file again (docs, schemas, manifests), or with --check says which are stale and exits 1.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const check = process.argv.includes('--check') ? ['--check'] : [];
let stale = 0;
for (const name of readdirSync(folder).sort()) {
  if (!/^generate-.+\.mjs$/.test(name)) continue;
  const { status } = spawnSync(process.execPath, [`${folder}${name}`, ...check], { stdio: 'inherit' });
  if (status !== 0) {
    stale += 1;
    console.error(
      check.length > 0 ? `stale: run \`node tools/${name}\` and commit the result` : `failed: tools/${name}`,
    );
  }
}
process.exitCode = stale > 0 ? 1 : 0;
