import { compiledArchitectures } from '../compile/architectures.js';
import { classVerdicts } from '../compile/class-verdicts.js';
import { outcomeOf, type VerdictTable, verdictsOf } from '../compile/verdicts.js';
import { normalCapabilities, resolveConditions } from '../profile/conditions.js';
import type { Profile, Rule } from '../profile/model.js';
import type { Architecture } from '../syscalls/architectures.js';
import type { SyscallClass } from './syscall-classes.js';

/** What these rules of a profile come to in one class; undefined where they contradict each other. */
export function classTable(
  profile: Profile,
  rules: readonly Rule[],
  host: Architecture,
  { capabilities, kernel }: SyscallClass,
): VerdictTable | undefined {
  const circumstances = { architecture: host, capabilities: normalCapabilities(capabilities), kernel };
  const defaultOutcome = outcomeOf(profile.defaultAction, profile.defaultErrnoRet);
  const verdicts = verdictsOf(resolveConditions({ ...profile, rules }, circumstances), defaultOutcome);
  if (verdicts.conflicts.length > 0) return undefined;
  const architectures = compiledArchitectures(profile, host).names;
  const { byName } = classVerdicts(verdicts.byName, defaultOutcome, architectures, { architecture: host });
  return { defaultOutcome, byName, architectures };
}
