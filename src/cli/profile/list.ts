import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { filterArchitecturesOf, nativeOf, plainProfile } from '../../core/outcomes/node-target.js';
import { lettingThrough } from '../../core/outcomes/self-tracing.js';
import { decisionFor, decisionsOf, reachOf } from '../../core/outcomes/syscall-decisions.js';
import type { Profile } from '../../core/profile/model.js';
import type { ContainerRuntime } from '../../core/profile/runtime-default.js';
import { syscallNames } from '../../core/syscalls/syscall-table.js';
import { loadCatalogue } from '../../files/profile-catalogue.js';
import { EXIT } from '../output/exit.js';
import { outputOption } from '../output/output-option.js';
import { problemText } from '../output/problems.js';
import { table } from '../output/table.js';
import { stderrPaint, stdoutPaint, writeOut } from '../output/write.js';
import { settingOf } from './node-target-options.js';
import { shippedProfiles } from './profile-source.js';
import { remarkOnBase } from './remark-on-base.js';
import { runtimeDefaultOption } from './runtime-default-option.js';

const help = `
Examples:
  $ seccomply profile list
  $ seccomply profile list ./our-profiles --output json

Exit code: 0; 1 when a file of the folder is no profile, or its name cannot be used.`;

interface ListOptions {
  readonly runtimeDefault: ContainerRuntime;
  readonly output: 'table' | 'json';
}

export function command(): Command {
  return new Command('list')
    .description('list the profiles of a catalogue')
    .argument('[folders...]', 'folders or files of profiles (default: the shipped ones)')
    .addOption(runtimeDefaultOption())
    .addOption(outputOption('table', 'json'))
    .addHelpText('after', help)
    .action((folders: readonly string[], options: ListOptions) => list(folders, options));
}

async function list(folders: readonly string[], options: ListOptions): Promise<void> {
  const { catalogue, files, problems } = await loadCatalogue(
    folders.length === 0 ? [shippedProfiles()] : folders,
    options,
  );
  for (const problem of problems)
    if (problem.severity === 'error') process.stderr.write(`${problemText(problem, stderrPaint())}\n`);
  if (problems.some(({ severity }) => severity === 'error')) process.exitCode = EXIT.findings;
  const entries = [];
  for (const name of catalogue.names()) {
    const entry = catalogue.get(name);
    const file = files.get(name);
    if (entry === undefined || file === undefined) continue;
    const profile = file.profile();
    remarkOnBase(name, profile);
    entries.push({
      name,
      ...allowedBy(profile),
      withinRuntimeDefault: entry.withinRuntimeDefault,
      digest: entry.digest,
      file: file.file,
      description: await descriptionOf(file.file),
    });
  }
  if (options.output === 'json') {
    await writeOut(`${JSON.stringify({ profiles: entries }, null, 2)}\n`);
    return;
  }
  const rows = entries.map((entry) => [
    entry.name,
    `${entry.allowed}${entry.filtered === 0 ? '' : ` + ${entry.filtered}`}`,
    entry.withinRuntimeDefault ? 'yes' : 'no',
    entry.description ?? '',
  ]);
  await writeOut(
    rows.length === 0
      ? 'no profiles there\n'
      : `${table(['NAME', 'ALLOWED', 'WITHIN DEFAULT', 'PURPOSE'], rows, stdoutPaint())}` +
          `\nALLOWED: syscalls of the node with any arguments + with some. WITHIN DEFAULT: nothing beyond the default of ${options.runtimeDefault}.\n`,
  );
}

function allowedBy(profile: Profile): { readonly allowed: number; readonly filtered: number } {
  const architecture = nativeOf(profile);
  const plain = plainProfile(profile, settingOf(architecture, { cap: [] }));
  const decisions = decisionsOf(plain, architecture);
  const letsThrough = lettingThrough(
    filterArchitecturesOf(plain, architecture).map((each) => decisionsOf(plain, each)),
  );
  const reaches = syscallNames(architecture).map((name) => reachOf(decisionFor(decisions, name), letsThrough));
  return {
    allowed: reaches.filter((reach) => reach === 'all').length,
    filtered: reaches.filter((reach) => reach === 'some').length,
  };
}

/** What the provenance file beside a profile says it is for. */
async function descriptionOf(file: string): Promise<string | undefined> {
  try {
    const { description } = JSON.parse(await readFile(file.replace(/\.(json|ya?ml)$/, '.provenance.json'), 'utf8')) as {
      description?: unknown;
    };
    return typeof description === 'string' ? description : undefined;
  } catch {
    return undefined;
  }
}
