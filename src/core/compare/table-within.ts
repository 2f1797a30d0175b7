import { existsNowhere } from '../compile/architectures.js';
import { alwaysPasses } from '../compile/verdict-table.js';
import type { VerdictTable } from '../compile/verdicts.js';
import {
  type ActionOutcome,
  type ConditionalRule,
  conditionsKey,
  isLetThrough,
  type Verdict,
} from '../compile/verdicts.js';
import { findCall, type SearchBudget, searchBudget } from '../filter/call-set.js';
import { comparisonOf } from '../filter/comparison.js';
import { mayBeLetThrough } from '../outcomes/syscall-decisions.js';
import type { Argument } from '../profile/model.js';
import { FILTER_ARCHITECTURES, hasTable, MULTIPLEXED_CALLS } from '../syscalls/filter-architecture.js';

export const ANY_OTHER_SYSCALL = '(any other)';

/**
 * A syscall of which `a` allows what `b` refuses, on some architecture of `a`; undefined when there is none, and that is certain. It can also
 * be one where the filters on some argument cannot be compared. A call that a tracer or a listener may let through counts as allowed in
 * `a` and as refused in `b`. A syscall of an ABI that `b` does not have counts as `(any other)`.
 */
export function widerInTable(a: VerdictTable, b: VerdictTable): string | undefined {
  if (a.architectures.some((architecture) => !b.architectures.includes(architecture))) return ANY_OTHER_SYSCALL;
  const budget = searchBudget();
  const names = new Set([...a.byName.keys(), ...b.byName.keys()]);
  const named = widerSyscall(names, a, b, budget);
  if (named !== undefined) return named;
  const unnamed = { kind: 'always', outcome: a.defaultOutcome } as const;
  const unnamedB = { kind: 'always', outcome: b.defaultOutcome } as const;
  return isVerdictWithin(unnamed, a.defaultOutcome, unnamedB, b.defaultOutcome, budget) ? undefined : ANY_OTHER_SYSCALL;
}

/** The first of these syscalls that is not so, of those that the architectures of `a` have. */
export function widerSyscall(
  names: Iterable<string>,
  a: VerdictTable,
  b: VerdictTable,
  budget: SearchBudget,
): string | undefined {
  for (const name of names) {
    if (existsNowhere(name, a.architectures)) continue;
    const inA = a.byName.get(name) ?? { kind: 'always', outcome: a.defaultOutcome };
    const inB = b.byName.get(name) ?? { kind: 'always', outcome: b.defaultOutcome };
    if (!isVerdictWithin(inA, a.defaultOutcome, inB, b.defaultOutcome, budget)) return name;
    const multiplexer = MULTIPLEXED_CALLS.get(name)?.entry;
    if (multiplexer !== undefined && opensMultiplexer(multiplexer, inA, a, b)) return multiplexer;
  }
  return undefined;
}

/** Whether the rules on a call inside a multiplexer open that, too, where `b` closes it by a rule of its own. */
function opensMultiplexer(multiplexer: string, call: Verdict, a: VerdictTable, b: VerdictTable): boolean {
  const own = a.byName.get(multiplexer);
  const isClosed = own?.kind === 'always' && !mayBeLetThrough(own.outcome);
  if (isClosed || !b.byName.has(multiplexer) || alwaysPasses(b.byName.get(multiplexer), b.defaultOutcome)) return false;
  if (!a.architectures.some((name) => hasTable(name) && FILTER_ARCHITECTURES[name].multiplexed)) return false;
  return call.kind === 'always'
    ? mayBeLetThrough(call.outcome)
    : call.rules.some(({ outcome }) => mayBeLetThrough(outcome));
}

function isVerdictWithin(
  a: Verdict,
  defaultA: ActionOutcome,
  b: Verdict,
  defaultB: ActionOutcome,
  budget: SearchBudget,
): boolean {
  if (alwaysPasses(b, defaultB)) return true;
  if (a.kind === 'always') return !mayBeLetThrough(a.outcome);
  if (mayBeLetThrough(defaultA))
    return b.kind === 'when' && sameRules(a.rules, b.rules) && alwaysPasses(undefined, defaultB);
  const passing = a.rules.filter((rule) => mayBeLetThrough(rule.outcome));
  if (b.kind === 'always') return passing.length === 0;
  if (sameRules(a.rules, b.rules)) return true;
  if (passing.length > MAX_RULES || b.rules.length > MAX_RULES) return false;
  return passing.every((rule) => areLetThrough(rule.args, b.rules, budget));
}

/**
 * Whether every call that meets these conditions meets a rule that lets it through, and none that does not. Yes is certain; no can also
 * mean that the conditions are too many to be compared.
 */
export function areLetThrough(
  args: readonly Argument[],
  rules: readonly ConditionalRule[],
  budget?: SearchBudget,
): boolean {
  const must = args.map(comparisonOf);
  const passing = rules.filter(({ outcome }) => isLetThrough(outcome)).map((rule) => rule.args.map(comparisonOf));
  const others = rules.filter(({ outcome }) => !isLetThrough(outcome)).map((rule) => rule.args.map(comparisonOf));
  return WIDTHS.every(
    (bits) =>
      findCall([{ must, avoid: passing }], bits, budget).kind === 'none' &&
      others.every((other) => findCall([{ must: [...must, ...other], avoid: [] }], bits, budget).kind === 'none'),
  );
}

/** Rules of one syscall; profiles have a handful. They are compared while a pod waits for its answer. */
const MAX_RULES = 128;

/** Of arguments on 64-bit and on 32-bit architectures: a table is for both. */
const WIDTHS = [64, 32] as const;

function sameRules(a: readonly ConditionalRule[], b: readonly ConditionalRule[]): boolean {
  const keys = (rules: readonly ConditionalRule[]) =>
    rules.map((rule) => `${conditionsKey(rule.args)} -> ${rule.outcome.action} ${rule.outcome.errno ?? ''}`).join('\n');
  return keys(a) === keys(b);
}
