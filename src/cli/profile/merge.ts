import { Command } from 'commander';
import { mergeProfiles } from '../../core/compare/merge.js';
import { nativeOf } from '../../core/outcomes/node-target.js';
import { printOci } from '../../core/profile/print/print-oci.js';
import { runtimeDefaultByFamily } from '../../core/profile/runtime-default.js';
import type { Architecture } from '../../core/syscalls/architectures.js';
import { CliError } from '../output/exit.js';
import { baseProblems } from './base-problems.js';
import { profileNamesOption } from './chosen-profile.js';
import { addConditionOptions, architectureOption, type ConditionOptions, settingOf } from './node-target-options.js';
import { loadProfiles, type SourcesOptions } from './profile-source.js';
import { reportProblems } from './report-problems.js';
import { runtimeDefaultOption } from './runtime-default-option.js';
import { writeResult } from './write-result.js';

const help = `
The result allows exactly what some of the profiles allow (--union), or what all of them do (--intersection), whatever the arguments; it is checked
before it is written, and what cannot be said in a profile is refused, never rounded. Conditions of Docker's format are decided first, for --arch,
--cap and --kernel. A SeccompProfile object with a baseProfileName is merged together with that base, with --union.
RuntimeDefault counts with the socket families that Linux has, compared in the 32 bits that the kernel looks at.

Examples:
  $ seccomply profile merge web-static cache --union --out web-and-cache.json
  $ seccomply profile merge recorded.json RuntimeDefault --intersection

Exit code: 0 when there is a result, 1 when it cannot be said in a profile, 2 for bad usage or a file that is no profile.`;

interface MergeOptions extends ConditionOptions, SourcesOptions {
  readonly union?: true;
  readonly intersection?: true;
  readonly arch?: Architecture;
  readonly out?: string;
}

export function command(): Command {
  return addConditionOptions(
    new Command('merge')
      .description('make one profile of several')
      .argument('<profiles...>', 'files, catalogue names, RuntimeDefault, or - for standard input')
      .option('--union', 'allow what any of them allows')
      .option('--intersection', 'allow what all of them allow')
      .addOption(architectureOption("the node's architecture (default: x86_64, unless the first lists only others)")),
  )
    .option('--out <file>', 'where to write it (default: standard output)')
    .addOption(runtimeDefaultOption())
    .addOption(profileNamesOption())
    .option('--catalogue <folder>', 'where catalogue names are looked up (default: the shipped profiles)')
    .addHelpText('after', help)
    .action((words: readonly string[], options: MergeOptions) => merge(words, options));
}

async function merge(words: readonly string[], options: MergeOptions): Promise<void> {
  if ((options.union === true) === (options.intersection === true))
    throw new CliError(
      'say which: --union allows what any of the profiles allows, --intersection what all of them allow',
    );
  if (words.length < 2) throw new CliError('merge needs two profiles or more');
  if (words.filter((word) => word === '-').length > 1)
    throw new CliError('standard input can be one of the profiles only');
  const loaded = await loadProfiles(words, options);
  const profiles = loaded.map(({ origin, profile }) =>
    origin === 'runtime-default' ? runtimeDefaultByFamily(options.runtimeDefault ?? 'containerd') : profile,
  );
  const [first] = profiles;
  if (first === undefined) throw new CliError('merge needs two profiles or more');
  const setting = settingOf(options.arch ?? nativeOf(first), options);
  const mode = options.union === true ? 'union' : 'intersection';
  const refusal = `${loaded.map(({ name }) => name).join(' and ')} cannot be merged`;
  reportProblems(baseProblems(loaded, mode), refusal);
  const { profile, problems } = mergeProfiles(profiles, mode, setting);
  reportProblems(problems, refusal);
  if (profile === undefined) throw new Error('profiles without errors were not merged');
  await writeResult(printOci(profile), options.out);
}
