import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { program } from '../../support/program.js';

/** The image as `npm run image` makes it, from the build that the tests run. The archive's path. */
export function seccomplyImage(): string {
  const archive = join(mkdtempSync(join(tmpdir(), 'seccomply-image-')), 'seccomply.tar');
  execFileSync(process.execPath, ['tools/image.mjs', archive], {
    env: { ...process.env, SECCOMPLY_DIST: dirname(program) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return archive;
}
