// Before any test: builds the program from the sources as they are, into a folder of this run, so that tests run what users run and never
// an old `dist/`. Tests find it through test/support/program.ts.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export default function buildProgram() {
  const folder = `${root}node_modules/.cache/seccomply/${process.pid}`;
  execFileSync(process.execPath, ['tools/build.mjs'], {
    cwd: root,
    env: { ...process.env, SECCOMPLY_DIST: folder },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  process.env.SECCOMPLY_PROGRAM = `${folder}/seccomply.js`;
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
}
