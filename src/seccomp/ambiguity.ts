import { type Comparison, holdsOf, isOpposite, isOrdered, sameComparison } from './comparison.js';
import { FILTER_ARCHITECTURES } from './filter-architecture.js';
import {
  type FilterRules,
  isWild,
  type PlacedComparison,
  type StandingRule,
  type SyscallRules,
} from './filter-rules.js';
import type { Architecture } from './model.js';

/**
 * Why it is not known what libseccomp makes of a call. Each but `stub` is a class of rules and calls that was found by asking libseccomp
 * (2.5.1 to 2.6.1) from outside; docs/explanation/ambiguous-answers.md describes them with examples.
 */
export type AmbiguityReason =
  | 'overlap'
  | 'mixed-conditions'
  | 'upper-halves'
  | 'opposite'
  | 'covered-rule'
  | 'shared-number'
  | 'near-miss'
  | 'foreign-name'
  | 'unforetold-rule'
  | 'stub';

export interface Ambiguity {
  readonly reason: AmbiguityReason;
  /** Indices of the profile's rules concerned, ascending. */
  readonly rules: readonly number[];
}

/** A class that rules of a syscall fall into, and the calls of which libseccomp may make something else than the rules say. */
export interface Hazard extends Ambiguity {
  /** The arguments must be within the width of the architecture. `met`: the rules that hold for them. */
  concerns(args: readonly bigint[], met: readonly StandingRule[]): boolean;
}

export interface FilterShape {
  readonly rules: FilterRules;
  readonly architectures: readonly Architecture[];
  /** Whether the syscall has a number on the architecture, in every version of libseccomp that is asked about. */
  exists(architecture: Architecture, name: string): boolean;
  /** Whether some version of libseccomp that is asked about knows the name, but not on this architecture. */
  isForeign(architecture: Architecture, name: string): boolean;
}

type Conditional = Extract<SyscallRules, { kind: 'when' }>;

/** The syscalls of a filter with conditional rules, and what is hazardous about each. */
export class Hazards {
  private places: readonly Place[] | undefined;
  private readonly foreign = new Map<Architecture, boolean>();
  private readonly found = new Map<string, readonly Hazard[]>();

  private readonly shape: FilterShape;

  constructor(shape: FilterShape) {
    this.shape = shape;
  }

  /** Empty where libseccomp makes of every call what the rules say. Only the first class that concerns a call need be looked at. */
  of(architecture: Architecture, name: string): readonly Hazard[] {
    const rules = this.shape.rules.of(architecture, name);
    if (rules === undefined || (rules.kind === 'always' && !rules.isEmpty)) return [];
    const key = `${architecture} ${name}`;
    const known = this.found.get(key);
    if (known !== undefined) return known;
    const made = this.find(architecture, name, rules);
    this.found.set(key, made);
    return made;
  }

  private find(architecture: Architecture, name: string, found: SyscallRules): readonly Hazard[] {
    if (found.kind === 'always') return this.hasOnlyForeignStart(architecture) ? [always('foreign-name', [found])] : [];
    const place = placeOf(architecture, name, found);
    const forEvery = [
      ...unforetold(found),
      ...mixedConditions(found),
      ...(this.hasOnlyForeignStart(architecture) ? [always('foreign-name', found.rules)] : []),
    ];
    // These concern every call: no other class is looked for.
    if (forEvery.length > 0) return [...overlaps(found), ...forEvery];
    return [
      ...overlaps(found),
      ...upperHalves(found),
      ...opposites(place),
      ...coveredRules(place),
      ...this.sharedNumbers(place),
      ...this.nearMisses(place),
    ];
  }

  /** Every conditional syscall that some architecture of the filter has. */
  private get conditional(): readonly Place[] {
    this.places ??= this.shape.architectures.flatMap((architecture) => {
      const found: Place[] = [];
      for (const name of this.shape.rules.names(architecture)) {
        const rules = this.shape.rules.of(architecture, name);
        if (
          rules?.kind === 'when' &&
          (this.shape.exists(architecture, name) || !this.shape.isForeign(architecture, name))
        )
          found.push(placeOf(architecture, name, rules));
      }
      return found;
    });
    return this.places;
  }

  /**
   * Class `foreign-name`: the architecture has no rule without conditions on a syscall of its own, and there are rules on names that are
   * those of other architectures only. It then can happen that no rule holds there.
   */
  private hasOnlyForeignStart(architecture: Architecture): boolean {
    const known = this.foreign.get(architecture);
    if (known !== undefined) return known;
    let [isForeign, isAnchored] = [false, false];
    for (const name of this.shape.rules.names(architecture)) {
      isForeign ||= this.shape.isForeign(architecture, name);
      const rules = this.shape.rules.of(architecture, name);
      isAnchored ||= rules?.kind === 'always' && !rules.isEmpty && this.shape.exists(architecture, name);
    }
    this.foreign.set(architecture, isForeign && !isAnchored);
    return isForeign && !isAnchored;
  }

  /**
   * Class `shared-number`: another syscall, or this one on another architecture, is of the classes `mixed-conditions` or `upper-halves`, and
   * both have an ordered comparison of the same argument with a number of the same low half.
   */
  private sharedNumbers({ architecture, name, rules }: Place): readonly Hazard[] {
    const numbers = new Set(rules.flatMap((rule) => rule.comparisons.filter(isOrdered).map(lowKey)));
    const isShared =
      numbers.size > 0 &&
      this.conditional.some(
        (other) =>
          (other.name !== name || other.architecture !== architecture) &&
          isWild(other.found) &&
          other.rules.some((rule) => rule.comparisons.some((one) => isOrdered(one) && numbers.has(lowKey(one)))),
      );
    return isShared ? [always('shared-number', rules)] : [];
  }

  /**
   * Class `near-miss`: a call meets one condition of a rule and misses one on a later argument, and it matters to the answer when a later comparison of
   * the first argument looks at a half of the second one instead. Seen only where that comparison stands on another syscall, or on an
   * architecture of another width, too, and not as the first there.
   */
  private nearMisses(place: Place): readonly Hazard[] {
    const hazards: Hazard[] = [];
    // Nothing can be shared.
    if (this.conditional.every(({ name, bits }) => name === place.name && bits === place.bits)) return hazards;
    if (place.rules.length > MOST_COMPARED) return [always('near-miss', place.rules)];
    const suspectsOf = new Map<string, readonly PlacedComparison[]>();
    for (const rule of place.rules) {
      if (rule.comparisons.length < 2) continue;
      for (const met of rule.comparisons.slice(0, -1)) {
        const key = `${met.argument} ${met.operator} ${met.mask} ${met.datum} ${met.upper}`;
        const suspects = suspectsOf.get(key) ?? this.suspectsAfter(place, met);
        suspectsOf.set(key, suspects);
        if (suspects.length === 0) continue;
        const later = place.rules.filter(
          (other) => other !== rule && other.comparisons.some((one) => suspects.includes(one)),
        );
        if (later.length === 0) continue;
        for (const missed of rule.comparisons)
          if (missed.argument > met.argument) hazards.push(slip({ place, rule, met, missed, later }));
      }
    }
    return hazards;
  }

  /** The comparisons of the same argument that may look at another one. */
  private suspectsAfter(place: Place, met: PlacedComparison): readonly PlacedComparison[] {
    const after = comparisonsOf(place.rules, met.argument).filter((one) => comesAfter(one, met));
    const isShared = (one: PlacedComparison) => this.isElsewhere(one, place);
    const isRanked =
      areComparable(place.rules, met.argument, (one) => isOrdered(one) && !isShared(one)) && !isOrdered(met);
    if (!isRanked) return after.filter(isShared);
    // One after the other, by falling numbers: none goes wrong after the first that is only here and has no other conditions beside it.
    const sorted = after.filter((one) => !isOrdered(one)).sort((a, b) => (lowDatum(a) > lowDatum(b) ? -1 : 1));
    const isOwn = (one: PlacedComparison) =>
      !isShared(one) &&
      place.rules.every(
        ({ comparisons }) => comparisons.length === 1 || !comparisons.some((each) => sameLowHalf(each, one)),
      );
    const end = sorted.findIndex(isOwn);
    return sorted.slice(0, end < 0 ? sorted.length : end);
  }

  private isElsewhere(comparison: PlacedComparison, place: Place): boolean {
    const { name, bits, rules } = place;
    const isVaried = !areAlike(rules, comparison.argument);
    return this.conditional.some(
      (other) =>
        (other.name !== name || (other.bits !== bits && (isVaried || !sameShape(rules, other.rules)))) &&
        comparisonsOf(other.rules, comparison.argument).some(
          (one) =>
            testOf(one) === testOf(comparison) &&
            sameLowHalf(one, comparison) &&
            hasBefore(other.rules, one) &&
            mayEndAlike(rules, other.rules, comparison),
        ),
    );
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
    comparisonsOf(rules, argument).every(
      (one) => (testOf(one) === 'equal' && one.operator !== 'SCMP_CMP_NE') || isExempt(one),
    ) &&
    areAlike(rules, argument) &&
    !hasCoveredRule(rules)
  );
}

/** Whether a rule with several conditions says what a rule with one of them says, too. */
function hasCoveredRule(rules: readonly StandingRule[]): boolean {
  const known = coveredRuleIn.get(rules);
  if (known !== undefined) return known;
  let made = false;
  for (const pair of pairsOf(rules)) made ||= isCovered(pair);
  coveredRuleIn.set(rules, made);
  return made;
}

const coveredRuleIn = new WeakMap<readonly StandingRule[], boolean>();

/** Whether the same comparisons come from here on, with the same ends, as far as it is known what comes. */
function mayEndAlike(a: readonly StandingRule[], b: readonly StandingRule[], from: PlacedComparison): boolean {
  const { argument } = from;
  if (!areComparable(a, argument) || !areComparable(b, argument)) return true;
  const rest = (rules: readonly StandingRule[]) =>
    rules
      .filter(({ comparisons }) =>
        comparisons.some((one) => one.argument === argument && lowDatum(one) <= lowDatum(from)),
      )
      .map(
        ({ action, comparisons }) => `${action} ${comparisons.map((one) => `${lowKey(one)} ${testOf(one)}`).join()}`,
      );
  return [...new Set(rest(a))].sort().join('\n') === [...new Set(rest(b))].sort().join('\n');
}

/** Beyond this many rules on one syscall near misses are not told apart. */
const MOST_COMPARED = 200;

interface Place {
  readonly architecture: Architecture;
  readonly name: string;
  readonly bits: 32 | 64;
  readonly found: Conditional;
  readonly rules: readonly StandingRule[];
}

function placeOf(architecture: Architecture, name: string, found: Conditional): Place {
  return { architecture, name, bits: FILTER_ARCHITECTURES[architecture].bits, found, rules: found.rules };
}

function always(reason: AmbiguityReason, rules: readonly Pick<StandingRule, 'index'>[]): Hazard {
  return { reason, rules: indices(rules), concerns: () => true };
}

/** Ascending, each once. */
export function indices(rules: readonly Pick<StandingRule, 'index'>[]): readonly number[] {
  return [...new Set(rules.map(({ index }) => index))].sort((a, b) => a - b);
}

/** Class `unforetold-rule`: whether libseccomp refuses a rule is not known, so neither is what stands. */
function unforetold({ rules, unforetold: doubtful }: Conditional): readonly Hazard[] {
  return doubtful.length === 0 ? [] : [always('unforetold-rule', rules)];
}

/** Class `overlap`: rules with different actions hold for one call. */
function overlaps({ rules }: Conditional): readonly Hazard[] {
  const [first] = rules;
  if (rules.every(({ action }) => action === first?.action)) return [];
  return [
    {
      reason: 'overlap',
      rules: indices(rules),
      concerns: (_, met) => met.some(({ action }) => action !== met[0]?.action),
    },
  ];
}

/** Class `mixed-conditions`: a syscall with several rules, one of which has several conditions that are not all EQ or MASKED_EQ. */
function mixedConditions({ rules, isMixed }: Conditional): readonly Hazard[] {
  return isMixed ? [always('mixed-conditions', rules)] : [];
}

/**
 * Class `upper-halves`: several rules, and LT, LE, GE or GT on one argument with numbers whose upper 32 bits differ; it concerns calls
 * in which that argument has the upper 32 bits of one of them.
 */
function upperHalves({ rules, orderedHalves }: Conditional): readonly Hazard[] {
  return [...orderedHalves]
    .filter(([, halves]) => halves.size > 1)
    .map(([argument, halves]) => ({
      reason: 'upper-halves',
      rules: indices(
        rules.filter(({ comparisons }) => comparisons.some((one) => one.argument === argument && isOrdered(one))),
      ),
      concerns: (args) => halves.has((args[argument] ?? 0n) >> HALF),
    }));
}

/**
 * Class `opposite`: a rule has `argN == V` beside other conditions, another rule is `argN != V` alone. It concerns calls that meet the first
 * one, where both have one action, or where an architecture compares 32 bits and the rule with NE stands first.
 */
function opposites({ rules, bits }: Place): readonly Hazard[] {
  return [...pairsOf(rules)].flatMap(({ rule, condition, alone, isAloneFirst }) => {
    const isPair = condition.operator === 'SCMP_CMP_EQ' && alone.comparisons.some((one) => isOpposite(one, condition));
    if (!isPair || !(rule.action === alone.action || (bits === 32 && isAloneFirst))) return [];
    return [
      { reason: 'opposite', rules: indices([rule, alone]), concerns: (_: unknown, met) => met.includes(rule) },
    ] satisfies Hazard[];
  });
}

/**
 * Class `covered-rule`: what a rule says is said by a later and shorter one, too. It concerns calls that meet all its conditions but that of
 * the shorter one, and instead meet a rule before that with a like condition on another part of the same argument.
 */
function coveredRules({ rules, bits }: Place): readonly Hazard[] {
  return [...pairsOf(rules)].flatMap((pair) => {
    const { rule, condition, alone, isAloneFirst } = pair;
    if (isAloneFirst || !isCovered(pair)) return [];
    const others = rules
      .slice(0, rules.indexOf(alone))
      .filter(
        (other) =>
          other !== rule &&
          other.comparisons.length > 1 &&
          other.comparisons.some((one) => rule.comparisons.some((each) => sameComparison(one, each))) &&
          other.comparisons.some(
            (one) => one.argument === condition.argument && (isMasked(one) || isMasked(condition)),
          ),
      );
    if (others.length === 0) return [];
    return [
      {
        reason: 'covered-rule',
        rules: indices([rule, alone, ...others]),
        concerns: (args, met) =>
          others.some((other) => met.includes(other)) &&
          rule.comparisons.every((one) => (one === condition) !== holdsIn(one, args, bits)),
      },
    ] satisfies Hazard[];
  });
}

interface Pair {
  /** A rule with several conditions, and one of them. */
  readonly rule: StandingRule;
  readonly condition: PlacedComparison;
  /** A rule with one condition on the same argument, and with the same number. */
  readonly alone: StandingRule;
  readonly isAloneFirst: boolean;
}

function* pairsOf(rules: readonly StandingRule[]): Generator<Pair> {
  const keyOf = ({ argument, datum }: Comparison) => `${argument} ${datum}`;
  const single = new Map<string, { readonly alone: StandingRule; readonly at: number }[]>();
  for (const [at, alone] of rules.entries()) {
    const [only, ...others] = alone.comparisons;
    if (only === undefined || others.length > 0) continue;
    const known = single.get(keyOf(only));
    if (known === undefined) single.set(keyOf(only), [{ alone, at }]);
    else known.push({ alone, at });
  }
  for (const [at, rule] of rules.entries())
    if (rule.comparisons.length > 1)
      for (const condition of rule.comparisons)
        for (const found of single.get(keyOf(condition)) ?? [])
          yield { rule, condition, alone: found.alone, isAloneFirst: found.at < at };
}

/** Whether the rule with one condition says what the other one says, too. */
function isCovered({ rule, condition, alone }: Pair): boolean {
  return rule.action === alone.action && alone.comparisons.every((only) => sameComparison(only, condition));
}

function isMasked({ operator }: Comparison): boolean {
  return operator === 'SCMP_CMP_MASKED_EQ';
}

function holdsIn(comparison: Comparison, args: readonly bigint[], bits: 32 | 64): boolean {
  const value = args[comparison.argument] ?? 0n;
  return holdsOf(comparison, bits === 64 ? value : value & LOW);
}

interface Slip {
  readonly place: Place;
  readonly rule: StandingRule;
  readonly met: Comparison;
  readonly missed: Comparison;
  readonly later: readonly StandingRule[];
}

function slip({ place, rule, met, missed, later }: Slip): Hazard {
  const { rules, bits } = place;
  return {
    reason: 'near-miss',
    rules: indices([rule, ...later]),
    concerns(args, holding) {
      if (!holdsIn(met, args, bits) || holdsIn(missed, args, bits)) return false;
      const value = args[met.argument] ?? 0n;
      return wordsOf(args[missed.argument] ?? 0n, missed.mask, bits).some((word) => {
        const seen = args.with(met.argument, ((value >> HALF) << HALF) | word);
        return isUnsettled(rules, holding, (other) =>
          later.includes(other) ? other.comparisons.every((one) => holdsIn(one, seen, bits)) : holding.includes(other),
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

/** Comparisons that make the same test of the low half of a number, and only go on from it in another way. */
function testOf(comparison: Comparison): 'equal' | 'less' | 'greater' | 'masked' {
  switch (comparison.operator) {
    case 'SCMP_CMP_EQ':
    case 'SCMP_CMP_NE':
      return 'equal';
    case 'SCMP_CMP_LT':
    case 'SCMP_CMP_GE':
      return 'less';
    case 'SCMP_CMP_GT':
    case 'SCMP_CMP_LE':
      return 'greater';
    case 'SCMP_CMP_MASKED_EQ':
      return lowMask(comparison) === LOW ? 'equal' : 'masked';
  }
}

const HALF = 32n;
const LOW = 0xffff_ffffn;

/** The low halves of mask and number; all but MASKED_EQ look at every bit. */
function lowMask(comparison: Comparison): bigint {
  return isMasked(comparison) ? comparison.mask & LOW : LOW;
}

function lowDatum({ datum }: Comparison): bigint {
  return datum & LOW;
}

function lowKey(comparison: Comparison): string {
  return `${comparison.argument} ${lowDatum(comparison)}`;
}

function sameLowHalf(a: Comparison, b: Comparison): boolean {
  return a.argument === b.argument && lowMask(a) === lowMask(b) && lowDatum(a) === lowDatum(b);
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
  return rules.some(({ comparisons }) =>
    comparisons.some(
      (one) =>
        one !== comparison &&
        one.argument === comparison.argument &&
        (comesAfter(comparison, one) || (sameLowHalf(one, comparison) && isMasked(one) !== isMasked(comparison))),
    ),
  );
}

/** Whether all comparisons of an argument have one upper half of mask and number, and no two with one low half have other operators. */
function areAlike(rules: readonly StandingRule[], argument: number): boolean {
  const known = alikeIn.get(rules) ?? new Map<number, boolean>();
  alikeIn.set(rules, known);
  let alike = known.get(argument);
  if (alike === undefined) {
    const all = comparisonsOf(rules, argument);
    const operators = new Map(all.map((one) => [lowDatum(one), one.operator]));
    alike = all.every((one) => one.upper === all[0]?.upper && operators.get(lowDatum(one)) === one.operator);
    known.set(argument, alike);
  }
  return alike;
}

const alikeIn = new WeakMap<readonly StandingRule[], Map<number, boolean>>();
