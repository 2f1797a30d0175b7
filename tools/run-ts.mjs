// Runs a TypeScript file of this repo with plain Node 20: bundles it beside node_modules and imports the result.
// As a program: node tools/run-ts.mjs FILE [ARG…]. As a module: `bundleAndImport(path)` gives the file's exports.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

export async function bundleAndImport(path) {
  const cache = join(root, 'node_modules', '.cache', 'run-ts');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'x-'));
  const outfile = join(folder, `${basename(path).replace(/\.[mc]?ts$/, '')}.mjs`);
  await build({
    entryPoints: [resolve(root, path)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: 'inline',
    logLevel: 'warning',
    loader: { '.json': 'json' },
  });
  try {
    return await import(pathToFileURL(outfile).href);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [file] = process.argv.splice(2, 1);
  if (file === undefined) {
    console.error('usage: node tools/run-ts.mjs FILE [ARG…]');
    process.exitCode = 2;
  } else {
    await bundleAndImport(file);
  }
}
