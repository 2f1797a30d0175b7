import { Command, Option } from 'commander';
import { conditionsPassedOver } from '../../core/profile/as-runtimes-read.js';
import { isPlain } from '../../core/profile/is-plain.js';
import type { Profile } from '../../core/profile/model.js';
import { printDocker } from '../../core/profile/print/print-docker.js';
import { printOci } from '../../core/profile/print/print-oci.js';
import { printSpo } from '../../core/profile/print/yaml/print-spo.js';
import { CliError, EXIT } from '../output/exit.js';
import { loadProfile, type SourceOptions } from './profile-source.js';
import { reportProblems } from './report-problems.js';
import { runtimeDefaultOption } from './runtime-default-option.js';
import { writeResult } from './write-result.js';

const help = `
Read are OCI, Docker's and containers/common's JSON, and SeccompProfile objects of the security-profiles-operator; which one it is, is seen.
Numbers of 64 bits survive. What the other format cannot say is refused: OCI and SeccompProfile have no conditions on rules.

Examples:
  $ seccomply profile convert profile.yaml --to oci
  $ seccomply profile convert web-static --to spo --namespace shop | kubectl apply -f -

Exit code: 0 when it is written, 1 when the format cannot say it, 2 for bad usage or a file that is no profile.`;

interface ConvertOptions extends SourceOptions {
  readonly to: 'oci' | 'docker' | 'spo';
  readonly name?: string;
  readonly namespace?: string;
  readonly out?: string;
}

export function command(): Command {
  return new Command('convert')
    .description('write a profile in another format')
    .argument('<profile>', 'file, catalogue name, RuntimeDefault, or - for standard input')
    .addOption(
      new Option('--to <format>', 'the format to write').choices(['oci', 'docker', 'spo']).makeOptionMandatory(),
    )
    .option(
      '--name <name>',
      "name of the SeccompProfile object (default: the profile's); of a file with several, which one",
    )
    .option('--namespace <namespace>', 'namespace of the SeccompProfile object')
    .option('--out <file>', 'where to write it (default: standard output)')
    .addOption(runtimeDefaultOption())
    .option('--catalogue <folder>', 'where catalogue names are looked up (default: the shipped profiles)')
    .addHelpText('after', help)
    .action((word: string, options: ConvertOptions) => convert(word, options));
}

async function convert(word: string, options: ConvertOptions): Promise<void> {
  const loaded = await loadProfile(word, { ...options, isNewName: true });
  await writeResult(
    printed(loaded.profile, loaded.parsed?.name ?? nameOf(loaded.name), options, loaded.name),
    options.out,
  );
}

function printed(profile: Profile, name: string, options: ConvertOptions, shown: string): string {
  if (options.to === 'spo') {
    const metadata = {
      name: options.name ?? name,
      ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
    };
    if (!/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(metadata.name))
      throw new CliError(`${JSON.stringify(metadata.name)} cannot be the name of an object: give another with --name`);
    const { text, problems } = printSpo(profile, metadata);
    reportProblems(problems, `${shown} cannot be a SeccompProfile object`);
    if (text === undefined) throw new Error('a profile without problems was not printed');
    return text;
  }
  if (profile.baseProfileName !== undefined)
    throw new CliError(
      `${shown} stands on the base profile ${profile.baseProfileName}, which ${options.to === 'oci' ? 'OCI' : "Docker's"} profiles do not have: merge the two (seccomply profile merge --union)`,
      EXIT.findings,
    );
  if (options.to === 'docker') return printDocker(profile);
  if (!isPlain(profile)) throw new CliError(`${shown} ${notInOci(profile)}`, EXIT.findings);
  return printOci(profile);
}

/** What such a profile has and OCI profiles do not. */
function notInOci(profile: Profile): string {
  const conditions = conditionsPassedOver(profile);
  const what = conditions.length === 0 ? 'names SCMP_ARCH_NATIVE' : `has conditions (${conditions.join(', ')})`;
  return `${what}, which OCI profiles do not have: compile it for a node and a container (seccomply profile compile)`;
}

function nameOf(name: string): string {
  return name.startsWith('RuntimeDefault') ? 'runtime-default' : name;
}
