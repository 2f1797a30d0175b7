// Bundles the program into dist/: `dist/seccomply.js` with a chunk per part, so that a role loads only what it uses, and the two threads
// that it starts; the page's files lie beside it.
import { chmod, cp, rm } from 'node:fs/promises';
import { build } from 'esbuild';

const outdir = process.env.SECCOMPLY_DIST ?? 'dist';
await rm(outdir, { recursive: true, force: true });
await build({
  entryPoints: {
    seccomply: 'src/cli/main.ts',
    'policy-worker': 'src/files/policy-worker.ts',
    'large-review-worker': 'src/server/large-review-worker.ts',
  },
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minifySyntax: true,
  sourcemap: 'linked',
  legalComments: 'linked',
  chunkNames: 'chunks/[name]-[hash]',
  logLevel: 'warning',
  loader: { '.json': 'json' },
  // CommonJS dependencies call require(); an ES module has none of its own.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});
await cp('src/server/page/browser', `${outdir}/page`, { recursive: true });
await chmod(`${outdir}/seccomply.js`, 0o755);
