import { Option } from 'commander';
import { type NodeTarget, plainProfile } from '../../core/outcomes/node-target.js';
import { asCrioReads } from '../../core/profile/as-crio-reads.js';
import { asRuntimesRead } from '../../core/profile/as-runtimes-read.js';
import { normalCapabilities, resolveConditions } from '../../core/profile/conditions.js';
import { isPlain } from '../../core/profile/is-plain.js';
import type { Profile } from '../../core/profile/model.js';
import type { ContainerRuntime } from '../../core/profile/runtime-default.js';
import { CliError } from '../output/exit.js';
import type { LoadedProfile } from './profile-source.js';

/**
 * How a profile is taken: `raw` as containerd, runc and crun read the file, which pass over what is not plain OCI JSON; `crio` as CRI-O reads it;
 * `resolved` with its conditions decided for one node and container; `compiled` as Seccomply puts it on a node.
 */
const READINGS = ['raw', 'crio', 'resolved', 'compiled'] as const;
export type ProfileReading = (typeof READINGS)[number];

export interface ReadProfile {
  readonly profile: Profile;
  /** For each rule of `profile` its index in the document; undefined where compile has made the rules anew. */
  readonly ruleIndexes: readonly number[] | undefined;
}

export function readingOption(byDefault: string): Option {
  return new Option(
    '--reading <how>',
    `raw: as containerd, runc and crun read the file; crio: as CRI-O does; resolved: conditions decided; compiled: as on a node (default: ${byDefault})`,
  ).choices([...READINGS]);
}

/** Files are taken as the container runtime takes them; what Seccomply or the runtime itself brings to the node has its conditions decided. */
export function defaultReading(loaded: LoadedProfile, runtime: ContainerRuntime): ProfileReading {
  if (loaded.origin !== 'file' && loaded.origin !== 'stdin') return 'resolved';
  return runtime === 'crio' ? 'crio' : 'raw';
}

export async function takeProfile(
  loaded: LoadedProfile,
  asked: ProfileReading,
  setting: NodeTarget,
): Promise<ReadProfile> {
  const { profile } = loaded;
  // The runtime decides the conditions of its own default: there is no file of it that could be read raw.
  const reading = loaded.origin === 'runtime-default' && asked !== 'compiled' ? 'resolved' : asked;
  const inDocument = profile.rules.map((_, i) => i);
  if (reading === 'raw') return { profile: asRuntimesRead(profile), ruleIndexes: inDocument };
  if (reading === 'crio') return { profile: asCrioReads(profile, setting), ruleIndexes: inDocument };
  if (reading === 'resolved' && isPlain(profile)) return { profile, ruleIndexes: inDocument };
  if (reading === 'resolved') {
    const circumstances = { ...setting, capabilities: normalCapabilities(setting.capabilities) };
    const ruleIndexes = profile.rules.flatMap((rule, index) =>
      resolveConditions({ ...profile, rules: [rule] }, circumstances).length === 0 ? [] : [index],
    );
    return { profile: plainProfile(profile, setting), ruleIndexes };
  }
  const { compileProfile } = await import('../../core/compile/compile.js');
  const { problemText } = await import('../output/problems.js');
  const { stderrPaint } = await import('../output/write.js');
  const compiled = compileProfile(profile, setting);
  if (compiled.profile !== undefined) return { profile: compiled.profile, ruleIndexes: undefined };
  for (const problem of compiled.problems)
    if (problem.severity === 'error') process.stderr.write(`${problemText(problem, stderrPaint())}\n`);
  throw new CliError(`${loaded.name} cannot be compiled`);
}
