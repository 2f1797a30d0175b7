// What each entry of the bundle may load when it starts: packages, and bytes of code. `npm run build` holds it, from esbuild's metafile.
// An entry is a program, a thread, or a chunk that is loaded when it is needed: each counts what it imports statically.

const documents = ['yaml', 'zod'];
const log = [
  'pino',
  'pino-std-serializers',
  '@pinojs/redact',
  'quick-format-unescaped',
  'atomic-sleep',
  'sonic-boom',
  'on-exit-leak-free',
  'thread-stream',
  'safe-stable-stringify',
];

/** `kibibytes`: a tenth to a fifth above what it takes today, so that growth is seen. `packages`: all that it may bring. */
const budgets = [
  { entry: 'src/cli/main.ts', kibibytes: 140, packages: ['commander'] },
  { entry: 'src/files/policies/policy-worker.ts', kibibytes: 800, packages: documents },
  { entry: 'src/http/admission/large-review-worker.ts', kibibytes: 16, packages: [] },
  { entry: 'src/cli/process/serve.ts', kibibytes: 1_700, packages: ['commander', ...documents, ...log] },
  { entry: 'src/cli/process/webhook.ts', kibibytes: 1_700, packages: ['commander', ...documents, ...log] },
  { entry: 'src/cli/process/controller.ts', kibibytes: 1_700, packages: ['commander', ...documents, ...log] },
  { entry: 'src/processes/webhook/cluster-inputs.ts', kibibytes: 1_250, packages: documents },
  { entry: 'src/kubernetes/client.ts', kibibytes: 32, packages: [] },
  { entry: 'src/core/compile/compile.ts', kibibytes: 180, packages: [] },
];
/** Every other chunk of our own, commands above all. */
const others = { kibibytes: 1_400, packages: ['commander', 'fast-json-patch', ...documents, ...log] };
/** Chunks that are loaded for the sake of a package: the console, metrics, certificates, credentials from programs. */
const lazyPackages = [
  { entry: 'src/http/server/app.ts', kibibytes: 1_300 },
  { entry: 'node_modules/prom-client/index.js', kibibytes: 200 },
  { entry: 'node_modules/node-forge/lib/index.js', kibibytes: 600 },
  { entry: 'node_modules/@kubernetes/client-node/dist/index.js', kibibytes: 17_000 },
];

/** What is over its budget in a metafile, one sentence each. */
export function budgetProblems({ outputs }) {
  const problems = [];
  const entries = new Map(
    Object.entries(outputs).flatMap(([path, { entryPoint }]) =>
      // Beside a node_modules that is linked from elsewhere, its paths begin there.
      entryPoint === undefined ? [] : [[entryPoint.replace(/^.*?(?=node_modules\/)/, ''), path]],
    ),
  );
  for (const { entry } of [...budgets, ...lazyPackages])
    if (!entries.has(entry)) problems.push(`tools/bundle-budget.mjs: ${entry} is no entry of the bundle`);
  for (const [entry, path] of entries) {
    const budget = [...budgets, ...lazyPackages].find((one) => one.entry === entry) ?? others;
    const { bytes, packages } = staticClosure(outputs, path);
    if (bytes > budget.kibibytes * 1_024)
      problems.push(
        `${entry} loads ${Math.ceil(bytes / 1_024)} KiB at once, and its budget is ${budget.kibibytes} KiB (tools/bundle-budget.mjs)`,
      );
    if (budget.packages === undefined) continue;
    for (const [name, importer] of packages)
      if (!budget.packages.includes(name))
        problems.push(
          `${entry} loads the package ${name} at once, with ${importer}: import it where it is needed, with import()`,
        );
  }
  return problems;
}

/** What is there once the entry's chunk is: its bytes and, by package, a file of it. */
function staticClosure(outputs, entry) {
  const seen = new Set([entry]);
  const packages = new Map();
  let bytes = 0;
  for (const path of seen) {
    const { inputs, imports, bytes: own } = outputs[path];
    bytes += own;
    for (const file of Object.keys(inputs)) {
      const [, name] = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file) ?? [];
      if (name !== undefined && inputs[file].bytesInOutput > 0) packages.set(name, file);
    }
    for (const { path: target, kind } of imports)
      if (kind === 'import-statement' && outputs[target] !== undefined) seen.add(target);
  }
  return { bytes, packages };
}
