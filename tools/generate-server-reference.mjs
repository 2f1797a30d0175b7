// Writes docs/reference/configuration.md, http-errors.md and metrics.md from the code, or with --check says which are stale and exits 1.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleAndImport } from './run-ts.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { settings, settingNames, processNames, kebab, variable, isTakenBy, defaultOf, descriptionOf } =
  await bundleAndImport('src/processes/settings/settings.ts');
const { apiErrors } = await bundleAndImport('src/http/server/api-error.ts');
const { admissionMetrics } = await bundleAndImport('src/system/metrics/admission-metrics.ts');
const { controllerMetrics } = await bundleAndImport('src/system/metrics/controller-metrics.ts');

const cell = (text) => String(text).replaceAll('|', '\\|');
const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');
const made = '<!-- Made by tools/generate-server-reference.mjs: do not edit. -->';

const pages = {
  'configuration.md': `${made}
# Settings of \`serve\`, \`webhook\` and \`controller\`

Each setting is a flag, an environment variable and a key of the file that \`--config FILE\` (or \`SECCOMPLY_CONFIG\`) names, in YAML or
JSON, spelt as the flag without its dashes or in camelCase. A flag comes before a variable, a variable before the file, the file
before the default. \`…\` after a value means several: repeat the flag, part them by commas, or write a list in the file. A flag
without a value is \`true\` or \`false\` elsewhere. Every mistake is told at once, with its place, and ends the program with exit code 2. A
setting that the process does not take is a mistake as a flag or in the file; as a variable it is passed over with a note in the log,
since several processes may be given the same variables.

${table(
  ['Flag', 'Variable', 'Processes', 'Default', 'What it does'],
  settingNames.map((name) => [
    `\`${`--${kebab(name)} ${settings[name].takes}`.trimEnd()}\``,
    `\`${variable(name)}\``,
    settings[name].processes.join(', '),
    byProcess(name, defaultOf, (text) => `\`${text}\``),
    byProcess(name, descriptionOf, (text) => text),
  ]),
)}

## What goes where
- **Standard error** carries the log: lines to read under \`serve\`, JSON lines under \`webhook\` and \`controller\` (\`--log-format\`).
- **Standard output** carries the audit records as JSON lines, each marked \`"stream":"audit"\`, once they are on disk. Under \`serve\` on a
  terminal it carries a line to read for each decision instead; the records are in their files either way.
- **\`--data\`** holds everything that is written: \`tls/\` (\`ca.crt\` is what clients trust), \`audit/\`, and the copy of the demo set.
`,
  'http-errors.md': `${made}
# Errors of the HTTP interface

A call that cannot be decided on gets JSON: \`{"error":{"code","status","message","advice"}}\`. Codes are stable. A refused pod is no
error: it is an AdmissionReview with HTTP status 200. The API server treats every other status as a failed call, and the
\`failurePolicy\` of the webhook decides.

${table(
  ['Code', 'Status', 'What happened', 'What to do'],
  Object.entries(apiErrors).map(([code, { status, meaning, advice }]) => [`\`${code}\``, status, meaning, advice]),
)}
`,
  'metrics.md': `${made}
# Metrics

\`GET /metrics\`, in the text format of Prometheus; on \`--admin-listen\` where that is set. Those of the process (\`process_*\`, \`nodejs_*\`)
come with them. No label takes a pod's name, an image or anything else that a pod's author chooses.

${metricTable(admissionMetrics)}

## Of the controller

On its own address (\`--listen\` of \`seccomply controller\`). All but the first are counted by the replica that leads.

${metricTable(controllerMetrics)}
`,
};

mkdirSync(join(root, 'docs/reference'), { recursive: true });
for (const [name, text] of Object.entries(pages)) {
  const path = join(root, 'docs/reference', name);
  let there;
  try {
    there = readFileSync(path, 'utf8');
  } catch {}
  if (there === text) continue;
  if (process.argv.includes('--check')) {
    console.error(`docs/reference/${name} is stale`);
    process.exitCode = 1;
  } else writeFileSync(path, text);
}

/** What `look` has for each process that takes the setting: once where all have the same, else each with its processes. */
function byProcess(name, look, print) {
  const groups = new Map();
  for (const process of processNames) {
    const text = isTakenBy(name, process) ? look(name, process) : undefined;
    if (text !== undefined) groups.set(text, [...(groups.get(text) ?? []), process]);
  }
  if (groups.size === 1) return print([...groups.keys()][0]);
  return [...groups].map(([text, processes]) => `${processes.join(', ')}: ${print(text)}`).join('<br>');
}

function metricTable(catalogue) {
  return table(
    ['Name', 'Type', 'Labels', 'What it says'],
    Object.entries(catalogue).map(([name, { type, labels, help }]) => [
      `\`${name}\``,
      type,
      labels.map((label) => `\`${label}\``).join(', '),
      help,
    ]),
  );
}
