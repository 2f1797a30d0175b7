// What an entry may load when it starts: the packages in its static closure, that is, in everything that its imports import in turn, but for
// what is imported with import() when it is needed. esbuild's metafile is the witness. `node tools/closures.mjs` prints what is wrong.
import { builtinModules } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** `imports`: files of ours that are loaded together. `forbidden`: names of packages, or all of them. */
export const closures = [
  {
    name: 'what reads the JSON of a profile, compiles it, prints it and names its path',
    imports: [
      'src/core/profile/read/parse-json-profile.ts',
      'src/core/compile/compile.ts',
      'src/core/compare/catalogue-facts.ts',
      'src/core/profile/print/print-oci.ts',
      'src/core/profile/logical-name.ts',
      'src/core/profile/catalogue-of.ts',
    ],
    forbidden: 'all-packages',
  },
  {
    name: 'what decides about a request, from its bytes to the record',
    imports: [
      'src/http/admission/admission-endpoint.ts',
      'src/http/admission/admission-handler.ts',
      'src/core/policy/rules/rule-set.ts',
      'src/storage/records/audit-log.ts',
    ],
    forbidden: 'all-packages',
  },
  {
    name: 'the protocol of Kubernetes',
    imports: ['src/kubernetes/client.ts', 'src/kubernetes/informer.ts'],
    forbidden: 'all-packages',
  },
];

/**
 * A sentence for each forbidden package in the closure, with the chain of files through which it is reached.
 * @param options more options of esbuild's, such as plugins
 */
export async function closureProblems({ name, imports, forbidden }, options = {}) {
  const entry = 'entry';
  const { metafile } = await build({
    stdin: { contents: imports.map((path) => `import './${path}';`).join('\n'), resolveDir: root, sourcefile: entry },
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'silent',
    ...options,
  });
  const importedBy = new Map([[entry, undefined]]);
  const packages = new Map();
  for (const [file] of importedBy)
    for (const { path, kind } of metafile.inputs[file]?.imports ?? []) {
      if (kind === 'dynamic-import' || importedBy.has(path)) continue;
      importedBy.set(path, file);
      const found = packageOf(path);
      if (found !== undefined && !packages.has(found)) packages.set(found, chainTo(file, importedBy));
    }
  return [...packages]
    .filter(([found]) => forbidden === 'all-packages' || forbidden.includes(found))
    .map(([found, chain]) => `${name}: must not load the package ${found}, and does: ${[...chain, found].join(' → ')}`);
}

/** The package that a file, or what is left to be resolved when the program runs, belongs to; undefined for our own and Node's. */
function packageOf(path) {
  const inside = path.split('node_modules/').at(-1);
  if (inside === path && (path.startsWith('src/') || builtinModules.includes(path.replace(/^node:/, '').split('/')[0])))
    return undefined;
  return inside.split('/', inside.startsWith('@') ? 2 : 1).join('/');
}

/** Our files from the entry to this one. */
function chainTo(file, importedBy) {
  const chain = [];
  for (let at = file; importedBy.get(at) !== undefined; at = importedBy.get(at)) chain.unshift(at);
  return chain;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = (await Promise.all(closures.map((closure) => closureProblems(closure)))).flat();
  for (const line of problems) console.error(line);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
