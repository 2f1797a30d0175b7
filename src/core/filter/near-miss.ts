import { addTo } from '../text/multimap.js';
import { type Comparison, isMasked, isMet, isOrdered } from './comparison.js';
import { hasCoveredRule } from './covered-rules.js';
import type { PlacedComparison, StandingRule } from './filter-rules.js';
import { always, type Hazard, indices, MOST_COMPARED, type SyscallOn } from './hazard.js';
import { HALF, LOW, lowDatum, lowHalfKey, lowKey, lowMask, lowTest } from './low-half.js';

/** Beyond this many conditions in a filter near misses are not told apart. The kernel takes filters of at most 4096 instructions. */
const MOST_CONDITIONS = 4096;

/**
 * Class `near-miss`: a call meets one condition of a rule and misses one on a later argument, and it matters to the answer when a later comparison of
 * the first argument looks at a half of the second one instead. Seen only where that comparison stands on another syscall, or on an
 * architecture of another width, too, and not as the first there.
 */
export class NearMisses {
  readonly #places: readonly SyscallOn[];
  readonly #isLarge: boolean;
  #byTest: ReadonlyMap<string, readonly PlacedTest[]> | undefined;

  /** `places`: every conditional syscall that some architecture of the filter has. */
  constructor(places: readonly SyscallOn[]) {
    this.#places = places;
    let conditions = 0;
    for (const { rules } of places) for (const { comparisons } of rules) conditions += comparisons.length;
    this.#isLarge = conditions > MOST_CONDITIONS;
  }

  in(place: SyscallOn): readonly Hazard[] {
    const hazards: Hazard[] = [];
    // Nothing can be shared.
    if (this.#places.every(({ name, bits }) => name === place.name && bits === place.bits)) return hazards;
    const several = place.rules.filter(({ comparisons }) => comparisons.length > 1);
    if (several.length === 0) return hazards;
    if (this.#isLarge || place.rules.length > MOST_COMPARED) return [always('near-miss', place.rules)];
    const suspects = new Suspects(place, this.#tests);
    for (const rule of several)
      for (const met of rule.comparisons.slice(0, -1)) {
        const later = suspects.rulesAfter(met).filter((other) => other !== rule);
        if (later.length === 0) continue;
        for (const missed of rule.comparisons)
          if (missed.argument > met.argument) hazards.push(slip({ place, rule, met, missed, later }));
      }
    return hazards;
  }

  get #tests(): ReadonlyMap<string, readonly PlacedTest[]> {
    if (this.#byTest !== undefined) return this.#byTest;
    const found = new Map<string, PlacedTest[]>();
    for (const place of this.#places) {
      const made = new Set<string>();
      for (const { comparisons } of place.rules)
        for (const comparison of comparisons) {
          const key = `${comparison.operator} ${lowHalfKey(comparison)} ${comparison.upper}`;
          if (made.has(key)) continue;
          made.add(key);
          addTo(found, testKey(comparison), { place, comparison });
        }
    }
    this.#byTest = found;
    return found;
  }
}

interface PlacedTest {
  readonly place: SyscallOn;
  readonly comparison: PlacedComparison;
}

function testKey(comparison: Comparison): string {
  return `${lowTest(comparison)} ${lowHalfKey(comparison)}`;
}

/** The comparisons on one syscall that may look at another argument. */
class Suspects {
  readonly #place: SyscallOn;
  readonly #tests: ReadonlyMap<string, readonly PlacedTest[]>;
  readonly #shared = new Map<PlacedComparison, boolean>();
  readonly #own = new Map<PlacedComparison, boolean>();
  readonly #rules = new Map<string, readonly StandingRule[]>();

  constructor(place: SyscallOn, tests: ReadonlyMap<string, readonly PlacedTest[]>) {
    this.#place = place;
    this.#tests = tests;
  }

  /** The rules with a comparison that may look at another argument for a call that meets this one. */
  rulesAfter(met: PlacedComparison): readonly StandingRule[] {
    const key = `${met.key} ${met.upper}`;
    const known = this.#rules.get(key);
    if (known !== undefined) return known;
    const suspects = new Set(this.#after(met));
    const rules = this.#place.rules.filter(({ comparisons }) => comparisons.some((one) => suspects.has(one)));
    this.#rules.set(key, rules);
    return rules;
  }

  #after(met: PlacedComparison): readonly PlacedComparison[] {
    const { rules } = this.#place;
    const after = comparisonsOf(rules, met.argument).filter((one) => comesAfter(one, met));
    const isShared = (one: PlacedComparison) => this.#isShared(one);
    const isRanked = !isOrdered(met) && areComparable(rules, met.argument, (one) => isOrdered(one) && !isShared(one));
    if (!isRanked) return after.filter(isShared);
    // One after the other, by falling numbers: none goes wrong after the first that is only here and has no other conditions beside it.
    const sorted = after.filter((one) => !isOrdered(one)).sort((a, b) => (lowDatum(a) > lowDatum(b) ? -1 : 1));
    const end = sorted.findIndex((one) => this.#isOwn(one));
    return sorted.slice(0, end < 0 ? sorted.length : end);
  }

  #isOwn(one: PlacedComparison): boolean {
    const known = this.#own.get(one);
    if (known !== undefined) return known;
    const key = lowHalfKey(one);
    const made =
      !this.#isShared(one) &&
      this.#place.rules.every(
        ({ comparisons }) => comparisons.length === 1 || !comparisons.some((each) => lowHalfKey(each) === key),
      );
    this.#own.set(one, made);
    return made;
  }

  /** Whether the comparison stands elsewhere, too, and not as the first. */
  #isShared(one: PlacedComparison): boolean {
    const known = this.#shared.get(one);
    if (known !== undefined) return known;
    const { name, bits, rules } = this.#place;
    const isVaried = !areAlike(rules, one.argument);
    const made = (this.#tests.get(testKey(one)) ?? []).some(
      ({ place: other, comparison }) =>
        (other.name !== name || (other.bits !== bits && (isVaried || !sameShape(rules, other.rules)))) &&
        hasBefore(other.rules, comparison) &&
        mayEndAlike(rules, other.rules, one),
    );
    this.#shared.set(one, made);
    return made;
  }
}

function comparisonsOf(rules: readonly StandingRule[], argument: number): PlacedComparison[] {
  return rules.flatMap(({ comparisons }) => comparisons.filter((one) => one.argument === argument));
}

/** Whether both have as many conditions in each rule: of 32-bit architectures conditions go that look at the upper half only. */
function sameShape(a: readonly StandingRule[], b: readonly StandingRule[]): boolean {
  return a.length === b.length && a.every(({ comparisons }, i) => comparisons.length === b[i]?.comparisons.length);
}

/**
 * Whether an argument is only compared for equality with numbers of which all bits count, or as `isExempt` says, and no rule says what a
 * shorter one says.
 */
function areComparable(
  rules: readonly StandingRule[],
  argument: number,
  isExempt: (one: PlacedComparison) => boolean = () => false,
): boolean {
  return (
    areAlike(rules, argument) &&
    comparisonsOf(rules, argument).every(
      (one) => (lowTest(one) === 'equal' && one.operator !== 'SCMP_CMP_NE') || isExempt(one),
    ) &&
    !hasCoveredRule(rules)
  );
}

/** Whether all comparisons of an argument have one upper half of mask and number, and no two with one low half have other operators. */
const areAlike = remembered((rules, argument: number) => {
  const all = comparisonsOf(rules, argument);
  const operators = new Map(all.map((one) => [lowDatum(one), one.operator]));
  return all.every((one) => one.upper === all[0]?.upper && operators.get(lowDatum(one)) === one.operator);
}, String);

/** Whether the same comparisons come from here on, with the same ends, as far as it is known what comes. */
function mayEndAlike(a: readonly StandingRule[], b: readonly StandingRule[], from: PlacedComparison): boolean {
  const [endsOfA, endsOfB] = [endsFrom(a, from), endsFrom(b, from)];
  return endsOfA === undefined || endsOfB === undefined || endsOfA === endsOfB;
}

/** The comparisons from here on and their ends; undefined where it is not known what comes. */
const endsFrom = remembered((rules, from: PlacedComparison) => {
  const { argument } = from;
  if (!areComparable(rules, argument)) return undefined;
  const rest = rules
    .filter(({ comparisons }) =>
      comparisons.some((one) => one.argument === argument && lowDatum(one) <= lowDatum(from)),
    )
    .map(({ action, comparisons }) => `${action} ${comparisons.map((one) => `${lowKey(one)} ${lowTest(one)}`).join()}`);
  return [...new Set(rest)].sort().join('\n');
}, lowKey);

/** Asks once for the same rules and key. */
function remembered<T, Result>(
  find: (rules: readonly StandingRule[], of: T) => Result,
  keyOf: (of: T) => string,
): (rules: readonly StandingRule[], of: T) => Result {
  const results = new WeakMap<readonly StandingRule[], Map<string, { readonly result: Result }>>();
  return (rules, of) => {
    const known = results.get(rules) ?? new Map<string, { readonly result: Result }>();
    results.set(rules, known);
    const key = keyOf(of);
    const found = known.get(key) ?? { result: find(rules, of) };
    known.set(key, found);
    return found.result;
  };
}

/**
 * Whether `one` was ever seen to be looked at after `other`, on one argument: smaller masks after larger ones, then smaller numbers after
 * larger ones; of ordered comparisons nothing is known.
 */
function comesAfter(one: PlacedComparison, other: PlacedComparison): boolean {
  if (isOrdered(one) || isOrdered(other)) return true;
  if (lowMask(one) !== lowMask(other)) return lowMask(one) < lowMask(other);
  if (lowDatum(one) !== lowDatum(other)) return lowDatum(one) < lowDatum(other);
  return isMasked(one) !== isMasked(other) || one.upper !== other.upper;
}

function hasBefore(rules: readonly StandingRule[], comparison: PlacedComparison): boolean {
  const key = lowHalfKey(comparison);
  return rules.some(({ comparisons }) =>
    comparisons.some(
      (one) =>
        one !== comparison &&
        one.argument === comparison.argument &&
        (comesAfter(comparison, one) || (isMasked(one) !== isMasked(comparison) && lowHalfKey(one) === key)),
    ),
  );
}

interface Slip {
  readonly place: SyscallOn;
  readonly rule: StandingRule;
  readonly met: Comparison;
  readonly missed: Comparison;
  readonly later: readonly StandingRule[];
}

function slip({ place, rule, met, missed, later }: Slip): Hazard {
  const { rules, bits } = place;
  const mayChange = new Set(later);
  return {
    reason: 'near-miss',
    rules: indices([rule, ...later]),
    concerns(args, holding) {
      if (!isMet(met, args) || isMet(missed, args)) return false;
      const value = args[met.argument] ?? 0n;
      return wordsOf(args[missed.argument] ?? 0n, missed.mask, bits).some((word) => {
        const seen = args.with(met.argument, ((value >> HALF) << HALF) | word);
        return isUnsettled(rules, holding, (other) =>
          mayChange.has(other) ? other.comparisons.every((one) => isMet(one, seen)) : holding.includes(other),
        );
      });
    },
  };
}

/** Whether the answer may be another one when each rule may hold as it does, or as `slipped` says. */
function isUnsettled(
  rules: readonly StandingRule[],
  holding: readonly StandingRule[],
  slipped: (rule: StandingRule) => boolean,
): boolean {
  const action = holding[0]?.action;
  let mayHoldNone = true;
  for (const rule of rules) {
    const [holds, may] = [holding.includes(rule), slipped(rule)];
    if (may && rule.action !== action) return true;
    if (holds && may) mayHoldNone = false;
  }
  return holding.length > 0 && mayHoldNone;
}

/** The 32-bit halves of an argument, whole and under the mask they are compared with. */
function wordsOf(value: bigint, mask: bigint, bits: 32 | 64): readonly bigint[] {
  const low = [value & LOW, value & mask & LOW];
  return bits === 32 ? low : [...low, value >> HALF, (value & mask) >> HALF];
}
