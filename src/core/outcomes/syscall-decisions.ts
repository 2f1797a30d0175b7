import type { ActionOutcome } from '../compile/verdicts.js';
import { isLetThrough } from '../compile/verdicts.js';
import type { CallSet } from '../filter/call-set.js';
import { EVERY_CALL } from '../filter/call-set.js';
import type { Comparison } from '../filter/comparison.js';
import { compileEvaluator } from '../filter/evaluate.js';
import type { Evaluator } from '../filter/evaluator.js';
import { actionOf, filterAction } from '../profile/filter-action.js';
import type { Profile } from '../profile/model.js';
import type { Architecture } from '../syscalls/architectures.js';
import { FILTER_ARCHITECTURES } from '../syscalls/filter-architecture.js';
import { syscallNumber } from '../syscalls/syscall-table.js';
import { hostOf } from './node-target.js';

export interface ConditionalOutcome {
  readonly when: readonly Comparison[];
  readonly outcome: ActionOutcome;
  /** Index of the profile's rule. */
  readonly rule: number;
}

/** What a filter does with one syscall. */
export type SyscallDecision =
  | { readonly kind: 'always'; readonly outcome: ActionOutcome; readonly rule: number | 'default' }
  | {
      readonly kind: 'when';
      readonly rules: readonly ConditionalOutcome[];
      readonly otherwise: ActionOutcome;
      /** False where libseccomp may make something else of these rules than they say (ambiguity.ts); calls that meet several rules aside. */
      readonly certain: boolean;
    };

/** The filter of one profile on one architecture, by syscall; a syscall that is not in the map gets `otherwise`. */
export interface SyscallDecisions {
  readonly architecture: Architecture;
  readonly bits: 32 | 64;
  readonly otherwise: ActionOutcome;
  readonly byName: ReadonlyMap<string, SyscallDecision>;
  /** libseccomp refuses some rule: a container with this profile does not start. */
  readonly contradictory: boolean;
}

/**
 * What a plain profile comes to on one architecture, multiplexers included (`socketcall` where there is a rule on `socket`). Conditions
 * of Docker's format are ignored: resolve them first.
 */
export function decisionsOf(profile: Profile, architecture: Architecture): SyscallDecisions {
  return decisionsIn(
    compileEvaluator(profile, { runtime: 'libseccomp', native: hostOf(architecture) }),
    profile,
    architecture,
  );
}

/** The same where there is an evaluator of the profile. */
export function decisionsIn(evaluator: Evaluator, profile: Profile, architecture: Architecture): SyscallDecisions {
  const otherwise = asOutcome(filterAction(profile.defaultAction, profile.defaultErrnoRet));
  const byName = new Map<string, SyscallDecision>();
  const outcomes = new Map<number, ActionOutcome>();
  const outcomeFor = (returned: number): ActionOutcome => {
    const known = outcomes.get(returned) ?? asOutcome(returned);
    outcomes.set(returned, known);
    return known;
  };
  for (const name of evaluator.rules.names(architecture)) {
    if (syscallNumber(architecture, name) === undefined) continue;
    const found = evaluator.rules.of(architecture, name);
    if (found === undefined) continue;
    const certain = evaluator.hazards(architecture, name).every(({ reason }) => reason === 'overlap');
    if (found.kind === 'always' && certain) {
      byName.set(name, { kind: 'always', outcome: outcomeFor(found.action), rule: found.index });
      continue;
    }
    const standing = found.kind === 'always' ? [{ ...found, comparisons: [] }] : found.rules;
    const rules = standing.map(({ comparisons, action, index }) => ({
      when: comparisons,
      outcome: outcomeFor(action),
      rule: index,
    }));
    byName.set(name, { kind: 'when', rules, otherwise, certain });
  }
  const contradictory = evaluator.conflicts.length > 0;
  return { architecture, bits: FILTER_ARCHITECTURES[architecture].bits, otherwise, byName, contradictory };
}

function asOutcome(returned: number): ActionOutcome {
  const { action, errno } = actionOf(returned);
  return errno === null ? { action } : { action, errno };
}

export function decisionFor(decisions: SyscallDecisions, name: string): SyscallDecision {
  return decisions.byName.get(name) ?? { kind: 'always', outcome: decisions.otherwise, rule: 'default' };
}

/** Whether the call may get there: a tracer or a listener can let it through. Without either it gets ENOSYS. */
export function mayBeLetThrough(outcome: ActionOutcome): boolean {
  return isLetThrough(outcome) || outcome.action === 'SCMP_ACT_TRACE' || outcome.action === 'SCMP_ACT_NOTIFY';
}

/** The calls for which some rule, or the default, has such an outcome: all of them and, where rules overlap, more. */
export function callsWith(decision: SyscallDecision, wanted: (outcome: ActionOutcome) => boolean): readonly CallSet[] {
  if (decision.kind === 'always') return wanted(decision.outcome) ? [EVERY_CALL] : [];
  const rules = decision.rules.filter((rule) => wanted(rule.outcome));
  if (!decision.certain) return rules.length > 0 || wanted(decision.otherwise) ? [EVERY_CALL] : [];
  const sets: CallSet[] = rules.map(({ when }) => ({ must: when, avoid: [] }));
  if (wanted(decision.otherwise)) {
    const others = decision.rules.filter((rule) => !wanted(rule.outcome));
    sets.push({ must: [], avoid: others.map(({ when }) => when) });
  }
  return sets;
}

/** The whole syscall lets through, or refuses, whatever its arguments; or it depends on them. */
export function reachOf(
  decision: SyscallDecision,
  letsThrough: (outcome: ActionOutcome) => boolean = isLetThrough,
): 'all' | 'some' | 'none' {
  if (decision.kind === 'always') return letsThrough(decision.outcome) ? 'all' : 'none';
  const outcomes = [...decision.rules.map((rule) => rule.outcome), decision.otherwise];
  if (outcomes.every(letsThrough)) return 'all';
  return outcomes.some(letsThrough) ? 'some' : 'none';
}
