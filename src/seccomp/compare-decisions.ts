import type { Comparison } from './argument-tree.js';
import type { CallSet } from './compare-calls.js';
import { EVERY_CALL } from './compare-calls.js';
import type { Outcome } from './compile-verdicts.js';
import { actionOf, filterAction } from './filter-action.js';
import { FILTER_ARCHITECTURES } from './filter-architecture.js';
import { FilterDatabase, type PlacedRule } from './filter-database.js';
import type { Architecture, Profile } from './model.js';
import { runtimeRules } from './runtime-rules.js';
import { LIBSECCOMP_VERSIONS, syscallName } from './syscall-table.js';

export interface ConditionalOutcome {
  readonly when: readonly Comparison[];
  readonly outcome: Outcome;
  /** Index of the profile's rule. */
  readonly rule: number;
}

/** What a filter does with one syscall. */
export type Decision =
  | { readonly kind: 'always'; readonly outcome: Outcome; readonly rule: number | 'default' }
  | {
      readonly kind: 'when';
      readonly rules: readonly ConditionalOutcome[];
      readonly otherwise: Outcome;
      /** False where libseccomp is known to make something else of such rules. */
      readonly certain: boolean;
    };

/** The filter of one profile on one architecture, by syscall; a syscall that is not in the map gets `otherwise`. */
export interface Decisions {
  readonly architecture: Architecture;
  readonly bits: 32 | 64;
  readonly otherwise: Outcome;
  readonly byName: ReadonlyMap<string, Decision>;
  /** libseccomp refuses some rule: a container with this profile does not start. */
  readonly contradictory: boolean;
}

/**
 * What a plain profile comes to on one architecture, multiplexers included (`socketcall` where there is a rule on `socket`). Conditions
 * of Docker's format are ignored: resolve them first.
 */
export function decisionsOf(profile: Profile, architecture: Architecture): Decisions {
  const libseccomp = LIBSECCOMP_VERSIONS.at(-1) ?? '';
  const database = new FilterDatabase(architecture, libseccomp);
  let contradictory = false;
  let delicate = 0;
  for (const rule of runtimeRules(profile, 'libseccomp', libseccomp)) {
    if (rule.comparisons.some(isDelicate)) delicate += 1;
    if (database.add(rule) !== 'conflict') continue;
    contradictory = true;
    database.takeBack();
  }
  const otherwise = asOutcome(filterAction(profile.defaultAction, profile.defaultErrnoRet));
  const byName = new Map<string, Decision>();
  const entries = database.syscalls();
  // libseccomp forgets to load the syscall's number where a syscall of other architectures comes first: no rule applies then.
  const forgets =
    entries.some(({ number }) => number === undefined) &&
    !entries.some(({ number, entry }) => number !== undefined && entry.kind === 'always');
  for (const { number, entry } of entries) {
    const name = number === undefined ? undefined : syscallName(architecture, number);
    if (name === undefined || number === undefined) continue;
    const placed = database.rulesOf(number);
    if (entry.kind === 'always') {
      byName.set(name, { kind: 'always', outcome: asOutcome(entry.action), rule: decider(placed, entry.action) });
      continue;
    }
    const rules = placed.map(({ comparisons, action, index }) => ({
      when: comparisons,
      outcome: asOutcome(action),
      rule: index,
    }));
    const certain =
      entry.kind === 'tree' &&
      !forgets &&
      (!placed.some((rule) => rule.comparisons.some(isDelicate)) || (delicate === 1 && placed.length === 1));
    byName.set(name, { kind: 'when', rules, otherwise, certain });
  }
  return { architecture, bits: FILTER_ARCHITECTURES[architecture].bits, otherwise, byName, contradictory };
}

/** Of equality and masked equality libseccomp makes what the rules say; of anything else only where it stands alone. */
function isDelicate({ operator }: Comparison): boolean {
  return operator !== 'SCMP_CMP_EQ' && operator !== 'SCMP_CMP_MASKED_EQ';
}

function decider(placed: readonly PlacedRule[], action: number): number {
  return (
    (placed.find((rule) => rule.comparisons.length === 0) ?? placed.find((rule) => rule.action === action))?.index ?? 0
  );
}

function asOutcome(returned: number): Outcome {
  const { action, errno } = actionOf(returned);
  return errno === null ? { action } : { action, errno };
}

export function decisionFor(decisions: Decisions, name: string): Decision {
  return decisions.byName.get(name) ?? { kind: 'always', outcome: decisions.otherwise, rule: 'default' };
}

/** Whether the call gets to the kernel's code: with LOG too. */
export function isLetThrough({ action }: Outcome): boolean {
  return action === 'SCMP_ACT_ALLOW' || action === 'SCMP_ACT_LOG';
}

/** Whether the call may get there: a tracer or a listener can let it through. Without either it gets ENOSYS. */
export function mayBeLetThrough(outcome: Outcome): boolean {
  return isLetThrough(outcome) || outcome.action === 'SCMP_ACT_TRACE' || outcome.action === 'SCMP_ACT_NOTIFY';
}

/** The calls for which some rule, or the default, has such an outcome: all of them and, where rules overlap, more. */
export function callsWith(decision: Decision, wanted: (outcome: Outcome) => boolean): readonly CallSet[] {
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
export function reachOf(decision: Decision): 'all' | 'some' | 'none' {
  if (decision.kind === 'always') return isLetThrough(decision.outcome) ? 'all' : 'none';
  const outcomes = [...decision.rules.map((rule) => rule.outcome), decision.otherwise];
  if (outcomes.every(isLetThrough)) return 'all';
  return outcomes.some(isLetThrough) ? 'some' : 'none';
}
