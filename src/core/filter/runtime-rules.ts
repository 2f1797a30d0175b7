import { filterAction, isRefused } from '../profile/filter-action.js';
import type { Profile, Rule } from '../profile/model.js';
import type { Architecture } from '../syscalls/architectures.js';
import { isKnownTo } from '../syscalls/syscall-table.js';
import { type Comparison, comparisonOf } from './comparison.js';

/** `libseccomp`: rules are added as runc adds them, but without runc's stub in front of the filter. */
export type EvaluationRuntime = 'libseccomp' | 'runc' | 'crun';

/** One rule on one syscall. Its conditions are ANDed. */
export interface RuntimeRule {
  /** Index of the profile's rule. */
  readonly index: number;
  readonly name: string;
  /** What the filter returns (SECCOMP_RET_…). */
  readonly action: number;
  readonly comparisons: readonly Comparison[];
}

/**
 * The rules as a runtime hands them to libseccomp, one by one: names it does not know and rules that do what the
 * default does are left out, as are those with an errno that libseccomp refuses; a rule that names an argument twice becomes one rule for each of its conditions. `index` is that of
 * the profile's rule.
 */
export function runtimeRules(
  profile: Profile,
  runtime: EvaluationRuntime,
  libseccomp: string,
  native: Architecture = 'SCMP_ARCH_X86_64',
): readonly RuntimeRule[] {
  const defaultAction = filterAction(profile.defaultAction, profile.defaultErrnoRet);
  const rules: RuntimeRule[] = [];
  for (const [index, rule] of profile.rules.entries()) {
    const action = filterAction(rule.action, rule.errnoRet);
    if (action === defaultAction || isRefused(action)) continue;
    const alternatives = alternativesOf(rule, runtime);
    for (const name of rule.names) {
      if (!isKnownTo(libseccomp, name)) continue;
      const meant = meantBy(name, native);
      for (const comparisons of alternatives) rules.push({ index, name: meant, action, comparisons });
    }
  }
  return rules;
}

/** Outside ppc64le two of its syscalls have one pseudo number in libseccomp, and the rules for either go to the first. */
function meantBy(name: string, native: Architecture): string {
  return name === 'sys_debug_setcontext' && native !== 'SCMP_ARCH_PPC64LE' ? 'switch_endian' : name;
}

/** Whether every runtime hands the same rules to libseccomp. */
export function areTakenAlike(rules: readonly Rule[]): boolean {
  return rules.every(({ args }) => args.length <= MOST_FOR_CRUN);
}

/** crun looks at the first conditions of a rule only. */
const MOST_FOR_CRUN = 6;

function alternativesOf(rule: Rule, runtime: EvaluationRuntime): readonly (readonly Comparison[])[] {
  const args = runtime === 'crun' ? rule.args.slice(0, MOST_FOR_CRUN) : rule.args;
  const comparisons = args.map(comparisonOf);
  const twice = new Set(args.map((arg) => arg.index)).size < args.length;
  return twice ? comparisons.map((comparison) => [comparison]) : [comparisons];
}
