// Bundles the program into dist/: `dist/seccomply.js` with a chunk per part, so that a process loads only what it uses, and the two threads
// that it starts; the page's files lie beside it.
import { chmod, cp, rm } from 'node:fs/promises';
import { build } from 'esbuild';
import { budgetProblems } from './bundle-budget.mjs';

/** zod brings its messages in fifty languages, which is half of what a start has to read; ours are written here, in English. */
const englishOnly = {
  name: 'english-only',
  setup({ onLoad }) {
    onLoad({ filter: /zod[/]v4[/]locales[/][\w-]+[.]js$/ }, ({ path }) =>
      /[/](en|index)[.]js$/.test(path)
        ? undefined
        : { contents: 'export default () => { throw new Error("this language is left out of the bundle"); };' },
    );
  },
};

const outdir = process.env.SECCOMPLY_DIST ?? 'dist';
await rm(outdir, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: {
    seccomply: 'src/cli/main.ts',
    'policy-worker': 'src/files/policies/policy-worker.ts',
    'large-review-worker': 'src/http/admission/large-review-worker.ts',
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
  plugins: [englishOnly],
  logLevel: 'warning',
  metafile: true,
  loader: { '.json': 'json' },
  // CommonJS dependencies call require(); an ES module has none of its own.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});
await cp('src/http/console/browser', `${outdir}/page`, { recursive: true });
await chmod(`${outdir}/seccomply.js`, 0o755);

const problems = budgetProblems(metafile);
for (const line of problems) console.error(line);
if (problems.length > 0) process.exitCode = 1;
