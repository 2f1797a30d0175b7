import { addTo } from '../text/multimap.js';
import { comparisonKey, isMasked, isMet, oppositeOf } from './comparison.js';
import type { PlacedComparison, StandingRule } from './filter-rules.js';
import { always, type Hazard, indices, MOST_COMPARED, type SyscallOn } from './hazard.js';

/**
 * Class `opposite`: a rule has `argN == V` beside other conditions, another rule is `argN != V` alone. It concerns calls that meet the first
 * one, where both have one action, or where an architecture compares 32 bits and the rule with NE stands first.
 */
export function opposites({ rules, bits }: SyscallOn): readonly Hazard[] {
  const hazards: Hazard[] = [];
  const alone = rulesOfOne(rules);
  for (const [at, rule] of rules.entries()) {
    if (rule.comparisons.length === 1) continue;
    for (const condition of rule.comparisons) {
      const opposite = condition.operator === 'SCMP_CMP_EQ' ? oppositeOf(condition) : undefined;
      if (opposite === undefined) continue;
      for (const other of alone.get(comparisonKey(opposite)) ?? [])
        if (rule.action === other.rule.action || (bits === 32 && other.at < at))
          hazards.push({
            reason: 'opposite',
            rules: indices([rule, other.rule]),
            concerns: (_, met) => met.includes(rule),
          });
    }
  }
  return hazards;
}

/**
 * Class `covered-rule`: what a rule says is said by a later and shorter one, too. It concerns calls that meet all its conditions but that of
 * the shorter one, and instead meet a rule before that with a like condition on another part of the same argument.
 */
export function coveredRules({ rules }: SyscallOn): readonly Hazard[] {
  const pairs = [...coveredPairs(rules)].filter((pair) => !pair.isAloneFirst);
  if (pairs.length > 0 && rules.length > MOST_COMPARED)
    return [
      always(
        'covered-rule',
        pairs.flatMap(({ rule, alone }) => [rule, alone]),
      ),
    ];
  return pairs.flatMap(({ rule, condition, alone }) => {
    const keys = new Set(rule.comparisons.map(({ key }) => key));
    const others = rules
      .slice(0, rules.indexOf(alone))
      .filter(
        (other) =>
          other !== rule &&
          other.comparisons.length > 1 &&
          other.comparisons.some(({ key }) => keys.has(key)) &&
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
          rule.comparisons.every((one) => (one === condition) !== isMet(one, args)),
      },
    ] satisfies Hazard[];
  });
}

/** Whether a rule with several conditions says what a rule with one of them says, too. */
export function hasCoveredRule(rules: readonly StandingRule[]): boolean {
  const known = coveredRuleIn.get(rules);
  if (known !== undefined) return known;
  const made = coveredPairs(rules).next().done !== true;
  coveredRuleIn.set(rules, made);
  return made;
}

const coveredRuleIn = new WeakMap<readonly StandingRule[], boolean>();

interface CoveredPair {
  /** A rule with several conditions, and one of them. */
  readonly rule: StandingRule;
  readonly condition: PlacedComparison;
  /** The rule with this condition alone, and the same action. */
  readonly alone: StandingRule;
  readonly isAloneFirst: boolean;
}

function* coveredPairs(rules: readonly StandingRule[]): Generator<CoveredPair> {
  const alone = rulesOfOne(rules);
  for (const [at, rule] of rules.entries())
    if (rule.comparisons.length > 1)
      for (const condition of rule.comparisons)
        for (const other of alone.get(condition.key) ?? [])
          if (other.rule.action === rule.action)
            yield { rule, condition, alone: other.rule, isAloneFirst: other.at < at };
}

interface PlacedRule {
  readonly rule: StandingRule;
  readonly at: number;
}

/** The rules with one condition, by that; none where all have one. */
function rulesOfOne(rules: readonly StandingRule[]): ReadonlyMap<string, readonly PlacedRule[]> {
  const found = new Map<string, PlacedRule[]>();
  if (rules.every(({ comparisons }) => comparisons.length === 1)) return found;
  for (const [at, rule] of rules.entries()) {
    const [only, ...others] = rule.comparisons;
    if (only === undefined || others.length > 0) continue;
    addTo(found, only.key, { rule, at });
  }
  return found;
}
