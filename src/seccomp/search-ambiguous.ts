import type { AmbiguityReason } from './ambiguity.js';
import { findCall, type Search } from './compare-calls.js';
import type { AmbiguousCall, Evaluator } from './evaluate.js';
import { FILTER_ARCHITECTURES } from './filter-architecture.js';
import type { StandingRule } from './filter-rules.js';

const MOST_CALLS = 4_000;

/**
 * For every syscall and class of hazard one call with an ambiguous answer, where one is found: for `overlap` wherever there is one, for the
 * others among calls at the edges of the conditions.
 */
export function* searchAmbiguous(evaluator: Evaluator): Generator<AmbiguousCall> {
  for (const { architecture, name } of evaluator.syscalls()) {
    const hazards = evaluator.hazards(architecture, name);
    if (hazards.length === 0) continue;
    const found = evaluator.rules.of(architecture, name);
    const rules = found?.kind === 'when' ? found.rules : [];
    const wanted = new Set(hazards.map(({ reason }) => reason));
    const { bits } = FILTER_ARCHITECTURES[architecture];
    for (const args of calls(rules, bits, wanted)) {
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
): Generator<readonly bigint[]> {
  if (wanted.has('overlap'))
    for (const search of callsOfTwoActions(rules, bits)) {
      if (search.kind === 'found') yield search.args;
      if (!wanted.has('overlap')) break;
    }
  if ([...wanted].some((reason) => reason !== 'overlap')) yield* edgeCalls(rules);
}

/** For every two rules with different actions that a call may meet: such a call, or that the search for one was given up. */
export function* callsOfTwoActions(
  rules: readonly StandingRule[],
  bits: 32 | 64,
): Generator<Exclude<Search, { readonly kind: 'none' }>> {
  for (const [i, one] of rules.entries())
    for (const other of rules.slice(i + 1)) {
      if (one.action === other.action) continue;
      const search = findCall([{ must: [...one.comparisons, ...other.comparisons], avoid: [] }], bits);
      if (search.kind !== 'none') yield search;
    }
}

/** Calls whose arguments are at and beside the numbers that rules compare with, and at those of the other arguments. */
function* edgeCalls(rules: readonly StandingRule[]): Generator<readonly bigint[]> {
  const values = new Map<number, Set<bigint>>();
  for (const { comparisons } of rules)
    for (const { argument, mask, datum } of comparisons) {
      const known = values.get(argument) ?? new Set([0n]);
      values.set(argument, known);
      for (const value of [datum, datum + 1n, datum - 1n, datum ^ (mask & -mask), datum ^ (1n << 32n)])
        known.add(BigInt.asUintN(64, value));
    }
  // A half of one argument can be taken for one of another argument.
  const halves = [...values.values()].flatMap((known) =>
    [...known].flatMap((value) => [value & 0xffff_ffffn, value >> 32n]),
  );
  const choices = [...values].map(([argument, known]) => ({ argument, values: [...new Set([...known, ...halves])] }));
  const total = choices.reduce((product, { values: all }) => Math.min(product * all.length, MOST_CALLS), 1);
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
