import { FILTER_ARCHITECTURES } from '../syscalls/filter-architecture.js';
import { addTo } from '../text/multimap.js';
import { findCall, type Search } from './call-set.js';
import { type Comparison, widest } from './comparison.js';
import type { AmbiguousCall, Evaluator } from './evaluator.js';
import type { StandingRule } from './filter-rules.js';
import type { AmbiguityReason } from './hazard.js';
import { HALF, LOW } from './low-half.js';

/** Calls tried for one syscall on one architecture; fewer where each takes long, for its many rules. */
const MOST_CALLS = 4_000;
/** Rules asked about calls, for one syscall on one architecture and in all. */
const MOST_ASKED = 400_000;
const MOST_ASKED_IN_ALL = 5_000_000;
/** Pairs of rules on one syscall that are looked at, and those of them for which a call is searched, before the search is given up. */
const MOST_PAIRS = 10_000_000;
const MOST_SEARCHES = 200_000;

/**
 * For every syscall and class of hazard one call with an ambiguous answer, where one is found: for `overlap` wherever there is one, for the
 * others among calls at the edges of the conditions.
 */
export function* searchAmbiguous(evaluator: Evaluator): Generator<AmbiguousCall> {
  let left = MOST_ASKED_IN_ALL;
  for (const { architecture, name } of evaluator.syscalls()) {
    const hazards = evaluator.hazards(architecture, name);
    if (hazards.length === 0) continue;
    const found = evaluator.rules.of(architecture, name);
    const rules = found?.kind === 'when' ? found.rules : [];
    const wanted = new Set(hazards.map(({ reason }) => reason));
    const { bits } = FILTER_ARCHITECTURES[architecture];
    const cost = rules.length + hazards.length;
    const most = Math.min(MOST_CALLS, Math.ceil(Math.min(MOST_ASKED, left) / cost));
    for (const args of calls(rules, bits, wanted, most)) {
      left = Math.max(0, left - cost);
      const { ambiguous, reason } = evaluator.evaluate(architecture, name, args) ?? {};
      if (ambiguous === undefined || reason === undefined || !wanted.delete(reason)) continue;
      yield { architecture, name, args, reason, rules: ambiguous.filter((rule) => typeof rule === 'number') };
      if (wanted.size === 0) break;
    }
  }
}

/** `wanted` shrinks as answers are found. */
function* calls(
  rules: readonly StandingRule[],
  bits: 32 | 64,
  wanted: ReadonlySet<AmbiguityReason>,
  most: number,
): Generator<readonly bigint[]> {
  if (wanted.has('overlap'))
    for (const search of callsOfTwoActions(rules, bits)) {
      if (search.kind === 'found') yield search.args;
      if (!wanted.has('overlap')) break;
    }
  if ([...wanted].some((reason) => reason !== 'overlap')) yield* edgeCalls(rules, most);
}

/**
 * For every two rules with different actions that a call may meet: such a call, or that the search for one was given up, be it for these two
 * or for all that are left.
 */
export function* callsOfTwoActions(
  rules: readonly StandingRule[],
  bits: 32 | 64,
): Generator<Exclude<Search, { readonly kind: 'none' }>> {
  const later = new PairFinder(rules, bits);
  let [pairs, searches] = [0, 0];
  for (const [i, one] of rules.entries())
    for (const j of later.than(i)) {
      pairs += 1;
      const other = rules[j];
      if (other !== undefined && one.action !== other.action) {
        const search = findCall([{ must: [...one.comparisons, ...other.comparisons], avoid: [] }], bits);
        if (search.kind !== 'none') yield search;
        searches += 1;
      }
      if (pairs > MOST_PAIRS || searches > MOST_SEARCHES) {
        yield { kind: 'unknown' };
        return;
      }
    }
}

/** Finds the rules that a call may meet beside another one, by the arguments that both compare for equality. */
class PairFinder {
  readonly #rules: readonly StandingRule[];
  readonly #bits: 32 | 64;
  readonly #arguments = new Map<number, { readonly byNumber: Map<bigint, number[]>; readonly others: number[] }>();

  constructor(rules: readonly StandingRule[], bits: 32 | 64) {
    this.#rules = rules;
    this.#bits = bits;
    for (const { comparisons } of rules)
      for (const one of comparisons)
        if (this.#isExact(one)) this.#arguments.set(one.argument, { byNumber: new Map(), others: [] });
    for (const [argument, { byNumber, others }] of this.#arguments)
      for (const [at, { comparisons }] of rules.entries()) {
        const exact = comparisons.find((one) => one.argument === argument && this.#isExact(one));
        if (exact === undefined) others.push(at);
        else {
          addTo(byNumber, exact.datum, at);
        }
      }
  }

  /** Places of rules after that one which may hold together with it, ascending: all but those that want another number in one argument. */
  *than(at: number): Generator<number> {
    let best: readonly (readonly number[])[] | undefined;
    for (const one of this.#rules[at]?.comparisons ?? []) {
      const known = this.#isExact(one) ? this.#arguments.get(one.argument) : undefined;
      if (known === undefined) continue;
      const lists = [known.byNumber.get(one.datum) ?? [], known.others];
      if (best === undefined || size(lists) < size(best)) best = lists;
    }
    if (best === undefined) for (let next = at + 1; next < this.#rules.length; next += 1) yield next;
    else
      yield* best
        .flat()
        .filter((next) => next > at)
        .sort((a, b) => a - b);
  }

  /** Whether the comparison asks for one number. */
  #isExact({ operator, mask }: Comparison): boolean {
    return operator === 'SCMP_CMP_EQ' || (operator === 'SCMP_CMP_MASKED_EQ' && mask === widest(this.#bits));
  }
}

function size(lists: readonly (readonly number[])[]): number {
  return lists.reduce((sum, { length }) => sum + length, 0);
}

/** Calls whose arguments are at and beside the numbers that rules compare with, and at those of the other arguments; `most` of them. */
function* edgeCalls(rules: readonly StandingRule[], most: number): Generator<readonly bigint[]> {
  const values = new Map<number, Set<bigint>>();
  for (const { comparisons } of rules)
    for (const { argument, mask, datum } of comparisons) {
      const known = values.get(argument) ?? new Set([0n]);
      values.set(argument, known);
      for (const value of [datum, datum + 1n, datum - 1n, datum ^ (mask & -mask), datum ^ (1n << 32n)])
        known.add(BigInt.asUintN(64, value));
    }
  // A half of one argument can be taken for one of another argument.
  const halves = [...values.values()].flatMap((known) => [...known].flatMap((value) => [value & LOW, value >> HALF]));
  const choices = [...values].map(([argument, known]) => ({ argument, values: [...new Set([...known, ...halves])] }));
  const total = choices.reduce((product, { values: all }) => Math.min(product * all.length, most), 1);
  // Steps through the product in an order that changes every argument early.
  for (let i = 0; i < total; i += 1) {
    const args = [0n, 0n, 0n, 0n, 0n, 0n];
    let rest = i;
    for (const [at, { argument, values: all }] of choices.entries()) {
      args[argument] = all[(rest + at * i) % all.length] ?? 0n;
      rest = Math.floor(rest / all.length);
    }
    yield args;
  }
}
