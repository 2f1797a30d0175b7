import type { ActionOutcome } from '../compile/verdicts.js';
import { isLetThrough } from '../compile/verdicts.js';
import { type CallSet, findCall } from '../filter/call-set.js';
import { filterArchitecturesOf, hostOf, nativeOf } from '../outcomes/node-target.js';
import type { SyscallDecision, SyscallDecisions } from '../outcomes/syscall-decisions.js';
import { callsWith, decisionFor, decisionsOf, mayBeLetThrough } from '../outcomes/syscall-decisions.js';
import { isPlain } from '../profile/is-plain.js';
import type { Profile, Rule } from '../profile/model.js';
import type { Architecture } from '../syscalls/architectures.js';
import { hasTable } from '../syscalls/filter-architecture.js';
import { isSyscallName, syscallNames } from '../syscalls/syscall-table.js';

/** A call that the one profile lets through and the other refuses. */
export interface Excess {
  readonly architecture: Architecture;
  readonly syscall: string;
  /** A call that shows it; undefined where it is only that it could not be ruled out. */
  readonly args: readonly bigint[] | undefined;
}

/**
 * Whether nothing that `b` refuses is allowed by `a`, on any architecture of `a`. Both are plain profiles; they are compared on every
 * kind of node that one of them lists.
 * Yes is certain; no can also mean that the filters on some argument cannot be compared. Allowed are ALLOW and LOG; a call that
 * a tracer or listener decides (TRACE, NOTIFY) counts as allowed in `a` and as refused in `b`.
 */
export function isWithin(a: Profile, b: Profile): boolean {
  if (!isPlain(a) || !isPlain(b)) return false;
  // Without tables for them nothing can be said, and more architectures are never narrower.
  const unknown = (a.architectures ?? []).filter((name) => !hasTable(name));
  if (unknown.some((name) => !(b.architectures ?? []).includes(name))) return false;
  if (unknown.length > 0 && !sameRules(a, b)) return false;
  if (unnamedExcess(a, b)) return false;
  const listed = [...(a.architectures ?? []), ...(b.architectures ?? [])].filter(hasTable);
  const nodes = new Set(listed.length === 0 ? [nativeOf(a)] : listed.map(hostOf));
  return [...nodes].every((node) => isWithinOn(node, a, b));
}

function isWithinOn(node: Architecture, a: Profile, b: Profile): boolean {
  const ofA = filterArchitecturesOf(a, node).map((architecture) => decisionsOf(a, architecture));
  const ofB = filterArchitecturesOf(b, node).map((architecture) => decisionsOf(b, architecture));
  // A rule that one architecture refuses is taken back from all: such a filter does not come about.
  if ([...ofA, ...ofB].some((decisions) => decisions.contradictory)) return false;
  return ofA.every((decisions) => {
    const ceiling = ofB.find((each) => each.architecture === decisions.architecture);
    return excessOf(decisions, ceiling ?? closedFilter(decisions.architecture)).next().done === true;
  });
}

/** What `a` lets through and `b` may refuse, syscall by syscall in alphabetical order. */
export function* excessOf(
  a: SyscallDecisions,
  b: SyscallDecisions,
  letsThrough: (outcome: ActionOutcome) => boolean = mayBeLetThrough,
): Generator<Excess> {
  const { architecture, bits } = a;
  for (const syscall of namesIn(a, b)) {
    const search = excessIn(decisionFor(a, syscall), decisionFor(b, syscall), bits, letsThrough);
    if (search !== undefined) yield { architecture, syscall, ...search };
  }
  // Syscalls that have no name here yet.
  if (letsThrough(a.otherwise) && !isLetThrough(b.otherwise))
    yield { architecture, syscall: '(any other)', args: undefined };
}

/** A call of one syscall that `a` may let through and `b` may refuse; undefined when there is none. */
export function excessIn(
  a: SyscallDecision,
  b: SyscallDecision,
  bits: 32 | 64,
  letsThrough: (outcome: ActionOutcome) => boolean = mayBeLetThrough,
  otherLetsThrough: (outcome: ActionOutcome) => boolean = isLetThrough,
): { readonly args: readonly bigint[] | undefined } | undefined {
  if (a.kind === 'always' && b.kind === 'always')
    return letsThrough(a.outcome) && !otherLetsThrough(b.outcome) ? { args: ANY_ARGUMENTS } : undefined;
  const refused = callsWith(b, (outcome: ActionOutcome) => !otherLetsThrough(outcome));
  if (refused.length === 0) return undefined;
  const certain = (a.kind === 'always' || a.certain) && (b.kind === 'always' || b.certain);
  // Where rules of both kinds overlap, either may decide: a call that shows the difference meets those of one kind only.
  const doubtful = [...conditionsOf(a, (outcome) => !letsThrough(outcome)), ...conditionsOf(b, otherLetsThrough)];
  let undecided = false;
  for (const one of callsWith(a, letsThrough)) {
    for (const other of refused) {
      const search = findCall([one, other], bits);
      if (search.kind === 'none') continue;
      undecided = true;
      if (!certain) continue;
      const shown = findCall([one, other, { must: [], avoid: doubtful }], bits);
      if (shown.kind === 'found') return { args: shown.args };
    }
  }
  return undecided ? { args: undefined } : undefined;
}

/** The conditions of the rules with such an outcome. */
function conditionsOf(decision: SyscallDecision, wanted: (outcome: ActionOutcome) => boolean): CallSet['avoid'] {
  return decision.kind === 'always'
    ? []
    : decision.rules.filter((rule) => wanted(rule.outcome)).map(({ when }) => when);
}

const ANY_ARGUMENTS: readonly bigint[] = [0n, 0n, 0n, 0n, 0n, 0n];

/** The filter as it is for an architecture that is not in it. */
export function closedFilter(architecture: Architecture): SyscallDecisions {
  return {
    architecture,
    bits: 64,
    otherwise: { action: 'SCMP_ACT_KILL_THREAD' },
    byName: new Map(),
    contradictory: false,
  };
}

/** The names that a rule of either speaks of; where only the defaults differ, every name the architecture has. */
function namesIn(a: SyscallDecisions, b: SyscallDecisions): readonly string[] {
  const byDefault = mayBeLetThrough(a.otherwise) && !isLetThrough(b.otherwise) ? syscallNames(a.architecture) : [];
  return [...new Set([...a.byName.keys(), ...b.byName.keys(), ...byDefault])].sort();
}

/** Names that no table has: libseccomp may learn them, so what `a` would allow then, `b` must allow by the same name. */
function unnamedExcess(a: Profile, b: Profile): boolean {
  const passing = (rule: Rule) => mayBeLetThrough({ action: rule.action });
  const allowed = new Set(
    b.rules
      .filter((rule) => isLetThrough({ action: rule.action }) && rule.args.length === 0)
      .flatMap((rule) => rule.names),
  );
  const restricted = new Set(
    b.rules
      .filter((rule) => !isLetThrough({ action: rule.action }) || rule.args.length > 0)
      .flatMap((rule) => rule.names),
  );
  const defaultPasses = isLetThrough({ action: b.defaultAction });
  const unknownIn = (names: readonly string[]) => names.filter((name) => !isSyscallName(name));
  for (const rule of a.rules) {
    if (!passing(rule)) continue;
    for (const name of unknownIn(rule.names)) {
      if (restricted.has(name) || !(allowed.has(name) || defaultPasses)) return true;
    }
  }
  if (!mayBeLetThrough({ action: a.defaultAction })) return false;
  const refusedByA = new Set(
    a.rules.filter((rule) => !passing(rule) && rule.args.length === 0).flatMap((rule) => rule.names),
  );
  return unknownIn([...restricted]).some((name) => !refusedByA.has(name));
}

function sameRules(a: Profile, b: Profile): boolean {
  const text = (profile: Profile) =>
    JSON.stringify([profile.defaultAction, profile.rules], (_, value) =>
      typeof value === 'bigint' ? String(value) : value,
    );
  return text(a) === text(b);
}
