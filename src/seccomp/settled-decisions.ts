import type { Comparison } from './argument-tree.js';
import { type Decision, type Decisions, decisionsOf } from './compare-decisions.js';
import { hostOf } from './compare-plain.js';
import { comparisonHolds } from './comparison-holds.js';
import { compileEvaluator, type Evaluator } from './evaluate.js';
import { filterAction } from './filter-action.js';
import type { Architecture, Profile } from './model.js';

/**
 * What a plain profile comes to on one architecture, as `decisionsOf` says it; comparisons with an order are certain where every version
 * of libseccomp makes of them what they say. The three rules on socket of containerd's default are such rules.
 */
export function settledDecisionsOf(profile: Profile, architecture: Architecture): Decisions {
  return settled(decisionsOf(profile, architecture), () =>
    compileEvaluator(profile, { runtime: 'libseccomp', native: hostOf(architecture) }),
  );
}

/** The evaluator is that of the profile that the decisions are of; it is asked for only when something is not certain. */
export function settled(decisions: Decisions, evaluator: () => Evaluator): Decisions {
  const { architecture, bits } = decisions;
  const byName = new Map(decisions.byName);
  for (const [name, decision] of byName)
    if (decision.kind === 'when' && !decision.certain && isAsWritten(name, decision, architecture, bits, evaluator()))
      byName.set(name, { ...decision, certain: true });
  return { ...decisions, byName };
}

type Conditional = Extract<Decision, { readonly kind: 'when' }>;

/** The filter looks at arguments through comparisons of these words only, so one call for each way they can turn out tells all calls. */
function isAsWritten(
  name: string,
  { rules, otherwise }: Conditional,
  architecture: Architecture,
  bits: 32 | 64,
  evaluator: Evaluator,
): boolean {
  for (const args of edges(
    rules.flatMap(({ when }) => when),
    bits,
  )) {
    if (args === undefined) return false;
    const answer = evaluator.evaluate(architecture, name, args);
    if (answer === undefined || answer.ambiguous !== undefined) return false;
    const met = rules.filter(({ when }) => when.every((comparison) => comparisonHolds(comparison, args, bits)));
    const wanted = met.length === 0 ? [otherwise] : met.map(({ outcome }) => outcome);
    const returned = filterAction(answer.action, answer.errno ?? undefined);
    if (!wanted.some(({ action, errno }) => filterAction(action, errno) === returned)) return false;
  }
  return true;
}

const MOST_CALLS = 5_000;
const LAST_WORD = 0xffff_ffffn;

/** Calls for every way in which the comparisons can turn out; `undefined` where these are too many, or bits are masked out. */
function* edges(comparisons: readonly Comparison[], bits: 32 | 64): Generator<readonly bigint[] | undefined> {
  const byArgument = new Map<number, bigint[]>();
  for (const { argument, operator, mask, datum } of comparisons) {
    if (operator === 'SCMP_CMP_MASKED_EQ' && halvesOf(mask, bits).some((half) => half !== 0n && half !== LAST_WORD)) {
      yield undefined;
      return;
    }
    byArgument.set(argument, [...(byArgument.get(argument) ?? []), datum]);
  }
  const choices = [...byArgument].map(([argument, data]) => ({ argument, values: valuesAround(data, bits) }));
  if (choices.reduce((product, { values }) => product * values.length, 1) > MOST_CALLS) {
    yield undefined;
    return;
  }
  let calls: readonly (readonly bigint[])[] = [[0n, 0n, 0n, 0n, 0n, 0n]];
  for (const { argument, values } of choices)
    calls = calls.flatMap((call) => values.map((value) => call.with(argument, value)));
  yield* calls;
}

/** Values whose halves are, each, smaller than, equal to and greater than every half of the data. */
function valuesAround(data: readonly bigint[], bits: 32 | 64): readonly bigint[] {
  const halves = data.flatMap((datum) => halvesOf(datum, bits));
  const words = [...new Set([0n, LAST_WORD, ...halves.flatMap((half) => [half - 1n, half, half + 1n])])].filter(
    (word) => word >= 0n && word <= LAST_WORD,
  );
  return bits === 64 ? words.flatMap((high) => words.map((low) => (high << 32n) | low)) : words;
}

function halvesOf(value: bigint, bits: 32 | 64): readonly bigint[] {
  return bits === 64 ? [value & LAST_WORD, value >> 32n] : [value & LAST_WORD];
}
