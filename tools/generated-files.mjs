// Writes the files of a folder that is generated whole, or with --check says which are stale or too many and exits 1.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** `files`: text by path in the folder. `keep`: whether a file that is not among them is somebody else's. */
export function generatedFiles(folder, files, keep = () => false) {
  const base = join(root, folder);
  const check = process.argv.includes('--check');
  const complain = (path, what) => {
    console.error(`${folder}/${path} ${what}`);
    process.exitCode = 1;
  };
  for (const path of pathsIn(base)) {
    if (files.has(path) || keep(path)) continue;
    if (check) complain(path, 'is not generated any more');
    else rmSync(join(base, path));
  }
  for (const [path, text] of files) {
    const file = join(base, path);
    if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
    if (check) complain(path, 'is stale');
    else {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }
}

function pathsIn(base, below = '') {
  if (!existsSync(join(base, below))) return [];
  return readdirSync(join(base, below)).flatMap((name) => {
    const path = below === '' ? name : `${below}/${name}`;
    return statSync(join(base, path)).isDirectory() ? pathsIn(base, path) : [path];
  });
}
