import { stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { compileProfile } from '../../core/compile/compile.js';
import { startProblems } from '../../core/lint/compiled-start.js';
import type { Stage } from '../../core/profile/catalogue.js';
import { capabilityClass, isCatalogueName, logicalDigest, profilePath } from '../../core/profile/logical-name.js';
import { printOci } from '../../core/profile/print/print-oci.js';
import { type ContainerRuntime, runtimeDefaultByFamily } from '../../core/profile/runtime-default.js';
import type { Architecture } from '../../core/syscalls/architectures.js';
import { CliError } from '../output/exit.js';
import { writeOut } from '../output/write.js';
import { addConditionOptions, architectureOption, type ConditionOptions, settingOf } from './node-target-options.js';
import { type LoadedProfile, loadProfile, type SourceOptions } from './profile-source.js';
import { reportProblems } from './report-problems.js';
import { runtimeDefaultOption } from './runtime-default-option.js';
import { writeResult } from './write-result.js';

const help = `
The result is plain OCI JSON that means the same under runc and crun: conditions decided, sub-architectures complete, what the
runtime itself needs allowed, ENOSYS for syscalls newer than the profile. The same input gives the same bytes. What changes
on the way is said on standard error (docs/explanation/profiles.md lists the codes).

The logging stages stay within the default of the node's runtime: on CRI-O nodes, --runtime-default crio.

Without --runtime and --allow-privilege-escalation the file fits all of them: one path serves nodes of different kinds.

Examples:
  $ seccomply profile compile web-static --out web-static.json
  $ seccomply profile compile docker-default.json --cap SYS_PTRACE --kernel 5.15 --arch arm64
  $ seccomply profile compile web-static --stage complain --path
  seccomply/web-static.0123456789abcdef0123456789abcdef.json
  $ sudo seccomply profile compile web-static --out /var/lib/kubelet/seccomp

Exit code: 0 when it is compiled, 1 when the profile cannot be, 2 for bad usage or a file that is no profile.`;

interface CompileCommandOptions extends ConditionOptions, SourceOptions {
  readonly runtimeDefault: ContainerRuntime;
  readonly arch: Architecture;
  readonly runtime?: 'runc' | 'crun';
  readonly runtimeVersion?: string;
  readonly allowPrivilegeEscalation?: boolean;
  readonly stage: Stage;
  readonly out?: string;
  readonly name?: string;
  readonly path?: true;
  readonly quiet?: true;
}

const STAGES: Readonly<Record<string, Stage>> = { record: 'Record', complain: 'Complain', enforce: 'Enforce' };

export function command(): Command {
  return addConditionOptions(
    new Command('compile')
      .description('make the file that goes onto a node out of a profile')
      .argument('<profile>', 'file, catalogue name, RuntimeDefault, or - for standard input')
      .addOption(architectureOption("the node's architecture").default('SCMP_ARCH_X86_64')),
  )
    .addOption(new Option('--runtime <runtime>', 'for this runtime only (default: both)').choices(['runc', 'crun']))
    .option('--runtime-version <version>', 'for this version only, e.g. 1.1.15 (default: all that are known)')
    .addOption(
      new Option(
        '--allow-privilege-escalation <bool>',
        'for this value of the container field only (default: both)',
      ).argParser(trueOrFalse),
    )
    .addOption(
      new Option('--stage <stage>', 'record: log all; complain: log what would be refused; enforce: refuse it')
        .default('Enforce', 'enforce')
        .argParser(parseStage),
    )
    .addOption(runtimeDefaultOption())
    .option(
      '--out <file>',
      "where to write it; in a folder (a path without an ending like .json), such as the kubelet's seccomp folder, under its path",
    )
    .option(
      '--name <name>',
      "the name in the path (default: the catalogue name, or the file's); of a file with several profiles, which one",
    )
    .option('--path', 'print the path only that pods name the profile by')
    .option('-q, --quiet', 'errors only')
    .option('--catalogue <folder>', 'where catalogue names are looked up (default: the shipped profiles)')
    .addHelpText('after', help)
    .action((word: string, options: CompileCommandOptions) => compile(word, options));
}

async function compile(word: string, options: CompileCommandOptions): Promise<void> {
  if (options.runtimeVersion !== undefined && options.runtime === undefined)
    throw new CliError('--runtime-version needs --runtime: whose version is it?');
  const loaded = await loadProfile(word, { ...options, isNewName: true });
  const path = () =>
    profilePath(
      nameFor(loaded, options.name),
      logicalDigest(loaded.profile),
      options.stage,
      capabilityClass(loaded.profile, options.cap),
    );
  if (options.path === true) {
    await writeOut(`${path()}\n`);
    return;
  }
  const nodes = {
    ...settingOf(options.arch, options),
    ...(options.runtime === undefined ? {} : { runtime: options.runtime }),
    ...(options.runtimeVersion === undefined ? {} : { runtimeVersion: options.runtimeVersion }),
    ...(options.allowPrivilegeEscalation === undefined
      ? {}
      : { allowPrivilegeEscalation: options.allowPrivilegeEscalation }),
  };
  const { profile, problems } = compileProfile(loaded.profile, {
    ...nodes,
    stage: options.stage,
    runtimeDefault: runtimeDefaultByFamily(options.runtimeDefault),
  });
  reportProblems(
    profile === undefined ? problems : [...problems, ...startProblems(profile, nodes)],
    `${loaded.name} cannot be compiled`,
    options.quiet === true ? ['warning', 'info'] : [],
  );
  if (profile === undefined) throw new Error('a profile without errors was not compiled');
  const isFolder = options.out !== undefined && (await namesFolder(options.out));
  const file = isFolder && options.out !== undefined ? join(options.out, path()) : options.out;
  await writeResult(printOci(profile), file);
  if (isFolder && file !== undefined) await writeOut(`${file}\n`);
}

function nameFor(loaded: LoadedProfile, given: string | undefined): string {
  const name = given ?? (loaded.origin === 'runtime-default' ? 'runtime-default' : loaded.name);
  if (isCatalogueName(name) && (given !== undefined || loaded.origin !== 'stdin')) return name;
  throw new CliError(
    given === undefined && loaded.origin === 'stdin'
      ? 'a profile from standard input needs --name for its path'
      : `${JSON.stringify(name)} cannot be a name in a path: use --name with lower case letters, digits and "-", at most 63`,
  );
}

/** A folder, or what is to be one: a node without profiles has no seccomp folder yet, and a file in its place would be in the way. */
async function namesFolder(path: string): Promise<boolean> {
  if (path === '-') return false;
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return path.endsWith('/') || extname(path) === '';
  }
}

function parseStage(word: string): Stage {
  const stage = STAGES[word.toLowerCase()];
  if (stage === undefined) throw new InvalidArgumentError('Write record, complain or enforce.');
  return stage;
}

function trueOrFalse(word: string): boolean {
  if (word !== 'true' && word !== 'false') throw new InvalidArgumentError('Write true or false.');
  return word === 'true';
}
