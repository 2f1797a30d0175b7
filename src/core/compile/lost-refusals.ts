import { findCall } from '../filter/call-set.js';
import { comparisonOf } from '../filter/comparison.js';
import type { Argument, Rule } from '../profile/model.js';
import { addTo } from '../text/multimap.js';
import { type ActionOutcome, alternativesOf, isLetThrough, outcomeOf, sameOutcome } from './verdicts.js';

/**
 * A rule that refuses as the default does. Runtimes skip it, and calls that it was to refuse are let through by another rule. Beside a
 * refusal of the whole syscall a rule with conditions is the exception to it, as it reads: nothing is lost.
 */
export interface LostRefusal {
  /** The position of the rule among those given. */
  readonly rule: number;
  /** The positions of the names for which it is lost. */
  readonly names: readonly number[];
  /** The position of the rule that lets calls through. */
  readonly by: number;
  /** Whether that rule has no conditions. */
  readonly always: boolean;
}

/** Beyond this many comparisons of two rules, further ones are not compared. */
const MOST_PAIRS = 20_000;

/** For each such rule, by the rules that let its calls through. */
export function lostRefusals(rules: readonly Rule[], defaultOutcome: ActionOutcome): readonly LostRefusal[] {
  if (isLetThrough(defaultOutcome)) return [];
  const outcomes = rules.map(({ action, errnoRet }) => outcomeOf(action, errnoRet));
  const passing = new Map<string, number[]>();
  const winners = new Map<string, number>();
  for (const [i, outcome] of outcomes.entries()) {
    if (sameOutcome(outcome, defaultOutcome)) continue;
    const { names = [], args = [] } = rules[i] ?? {};
    for (const name of new Set(names)) {
      if (isLetThrough(outcome)) addTo(passing, name, i);
      if (holdsAlways(args) && !winners.has(name)) winners.set(name, i);
    }
  }
  let pairs = 0;
  const meets = (a: readonly Argument[], b: readonly Argument[]) => {
    pairs += 1;
    return pairs <= MOST_PAIRS && canMeet(a, b);
  };
  return rules.flatMap(({ names, args }, rule) => {
    const outcome = outcomes[rule];
    if (outcome === undefined || !sameOutcome(outcome, defaultOutcome)) return [];
    const lost = new Map<number, number[]>();
    for (const [i, name] of names.entries()) {
      const winner = winners.get(name);
      const others = passing.get(name) ?? [];
      const by =
        winner !== undefined
          ? others.find((each) => each === winner)
          : holdsAlways(args)
            ? undefined
            : others.find((each) => meets(args, rules[each]?.args ?? []));
      if (by !== undefined) addTo(lost, by, i);
    }
    return [...lost].map(([by, names]) => ({ rule, names, by, always: holdsAlways(rules[by]?.args ?? []) }));
  });
}

function canMeet(a: readonly Argument[], b: readonly Argument[]): boolean {
  return alternativesOf(a).some((one) =>
    alternativesOf(b).some(
      (other) => findCall([{ must: [...one, ...other].map(comparisonOf), avoid: [] }], 64).kind !== 'none',
    ),
  );
}

/** A mask of 0 asks nothing. */
export function holdsAlways(args: readonly Argument[]): boolean {
  return alternativesOf(args).some((each) => each.length === 0);
}
