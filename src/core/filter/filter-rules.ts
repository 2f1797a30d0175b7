import type { Architecture } from '../syscalls/architectures.js';
import { FILTER_ARCHITECTURES, MULTIPLEXED_CALLS } from '../syscalls/filter-architecture.js';
import { addTo } from '../text/multimap.js';
import { type Comparison, comparisonKey, isEquality, isOrdered, narrowed, oppositeOf, widest } from './comparison.js';
import type { RuntimeRule } from './runtime-rules.js';

/** A rule that stands for one syscall on one architecture. */
export interface StandingRule {
  /** Index of the profile's rule. */
  readonly index: number;
  readonly action: number;
  /** By argument; empty only where it is not known whether the rule is taken. */
  readonly comparisons: readonly PlacedComparison[];
}

/** As wide as the architecture. */
export interface PlacedComparison extends Comparison {
  /** The same for the same comparisons. */
  readonly key: string;
  /** The upper halves of mask and number as the profile has them, also where the architecture does not look at them. */
  readonly upper: string;
}

/** What the rules come to for one syscall on one architecture. */
export type SyscallRules =
  | {
      readonly kind: 'always';
      readonly index: number;
      readonly action: number;
      /** The rule has conditions, but the masks of all are 0 as far as the architecture looks at them. */
      readonly isEmpty: boolean;
    }
  | {
      readonly kind: 'when';
      readonly rules: readonly StandingRule[];
      /** Rules of which it is not known whether libseccomp takes or refuses them. */
      readonly unforetold: readonly number[];
      /** Several rules, one of which has several conditions that are not all equalities (class `mixed-conditions` in ambiguity.ts). */
      readonly isMixed: boolean;
      /** By argument the upper halves of the numbers that ordered comparisons have; 0 where the architecture does not look at them. */
      readonly orderedHalves: ReadonlyMap<number, ReadonlySet<bigint>>;
    };

export interface RuleConflict {
  /** Index of the profile's rule. */
  readonly rule: number;
  readonly name: string;
  /** The architectures on which the contradiction arises. */
  readonly architectures: readonly Architecture[];
}

/**
 * The rules of a filter, syscall by syscall. What is known of how libseccomp takes them in (measured from outside, 2.5.1 to 2.6.1): a rule
 * without conditions beats all others on its syscall, the first of several such wins; a rule with the conditions of an earlier one, or
 * with all of an earlier one's conditions up to its own last argument, and another action is refused (EEXIST), on every architecture as soon
 * as on one. Where x86, s390x and ppc64le have a multiplexer, a rule on a call inside is one on the multiplexer too, with the call's number
 * in the place of a condition on the first argument.
 */
export class FilterRules {
  readonly conflicts: readonly RuleConflict[];
  private readonly kinds = new Map<string, RulesOfKind>();
  private readonly byArchitecture = new Map<Architecture, RulesOfKind>();

  /** `exists`: whether the libseccomp asked about has a number for the name on the architecture. */
  constructor(
    rules: readonly RuntimeRule[],
    architectures: readonly Architecture[],
    exists: (architecture: Architecture, name: string) => boolean,
  ) {
    for (const architecture of architectures) this.kindOf(architecture).architectures.push(architecture);
    this.conflicts = addRules(rules, [...this.kinds.values()], exists);
  }

  /** Undefined where no rule speaks of the syscall. The name is one that the architecture has, or not. */
  of(architecture: Architecture, name: string): SyscallRules | undefined {
    return this.kindOf(architecture).byName.get(name);
  }

  /** Every name that some rule speaks of, multiplexers included. */
  names(architecture: Architecture): Iterable<string> {
    return this.kindOf(architecture).byName.keys();
  }

  /** The names with whose rules libseccomp may come to no end, or of which it may refuse one. */
  unforetold(architecture: Architecture): Iterable<string> {
    return this.kindOf(architecture).unforetold;
  }

  private kindOf(architecture: Architecture): RulesOfKind {
    const known = this.byArchitecture.get(architecture);
    if (known !== undefined) return known;
    const { bits, multiplexed } = FILTER_ARCHITECTURES[architecture];
    const key = `${bits} ${multiplexed}`;
    const kind = this.kinds.get(key) ?? new RulesOfKind(bits, multiplexed);
    this.kinds.set(key, kind);
    this.byArchitecture.set(architecture, kind);
    return kind;
  }
}

function addRules(
  rules: readonly RuntimeRule[],
  kinds: readonly RulesOfKind[],
  exists: (architecture: Architecture, name: string) => boolean,
): readonly RuleConflict[] {
  const conflicts: RuleConflict[] = [];
  const hasMultiplexer = kinds.some(({ multiplexed }) => multiplexed);
  for (const rule of rules) {
    if (rule.comparisons.length === 0 && !(hasMultiplexer && MULTIPLEXED_CALLS.has(rule.name))) {
      for (const kind of kinds) kind.addAlways(rule);
      continue;
    }
    const against = kinds.map((kind) => kind.contradiction(rule));
    // On a name that an architecture lacks contradictions were seen to be refused, and seen not to be.
    const refusing = kinds.filter(
      (kind, i) =>
        against[i] === 'certain' && kind.architectures.some((architecture) => exists(architecture, rule.name)),
    );
    if (refusing.length > 0)
      conflicts.push({
        rule: rule.index,
        name: rule.name,
        architectures: refusing.flatMap(({ architectures }) => architectures),
      });
    else {
      const isDoubtful = against.some((each) => each !== undefined);
      for (const kind of kinds) kind.add(rule, isDoubtful);
    }
  }
  return conflicts;
}

type Always = Extract<SyscallRules, { kind: 'always' }>;

/** The rules of one syscall while they come in, by their conditions: what a new one meets is found without a look at every earlier one. */
class Growing {
  readonly kind = 'when';
  readonly rules: StandingRule[] = [];
  readonly unforetold: number[] = [];
  isMixed = false;
  readonly orderedHalves = new Map<number, Set<bigint>>();
  #hasMixedRule = false;
  /** By all their conditions; of each list the actions differ. */
  readonly #alike = new Map<string, StandingRule[]>();
  readonly #actions = new Set<number>();
  // What follows is kept for the rules in `#place` only, the first ones: it is needed where actions differ.
  readonly #comparisons = new Set<string>();
  /** By the conditions that they begin with, and by action, those of which it is not known that nothing is left. */
  readonly #beginning = new Map<string, Map<number, StandingRule[]>>();
  readonly #place = new Map<StandingRule, number>();

  /** Nothing is added when the same was said before. */
  add(rule: StandingRule): void {
    const { action, comparisons } = rule;
    const key = keyOf(comparisons);
    const alike = this.#alike.get(key);
    if (alike?.some((other) => other.action === action)) return;
    addTo(this.#alike, key, rule);
    this.#actions.add(action);
    this.rules.push(rule);
    this.#hasMixedRule ||= comparisons.length > 1 && !comparisons.every(isEquality);
    for (const one of comparisons) {
      if (!isOrdered(one)) continue;
      const halves = this.orderedHalves.get(one.argument) ?? new Set();
      this.orderedHalves.set(one.argument, halves.add(one.datum >> 32n));
    }
    this.isMixed = this.#hasMixedRule && this.rules.length > 1;
  }

  /** See `RulesOfKind.contradiction`. */
  contradiction(action: number, comparisons: readonly PlacedComparison[]): 'certain' | 'possible' | undefined {
    if (this.#actions.size === 1 && this.#actions.has(action)) return undefined;
    this.#index();
    const begun = this.#beginning.get(keyOf(comparisons));
    if (begun === undefined || begun.size === (begun.has(action) ? 1 : 0)) return undefined;
    if (isWild(this) || this.unforetold.length > 0 || this.#hasOpposite(comparisons)) return 'possible';
    for (const [other, rules] of begun) {
      if (other === action) continue;
      for (let last = rules.at(-1); last !== undefined; last = rules.at(-1)) {
        if (!this.#isFading(last)) return 'certain';
        // Once so, always so.
        rules.pop();
      }
    }
    return 'possible';
  }

  #index(): void {
    for (const rule of this.rules.slice(this.#place.size)) {
      const { action, comparisons } = rule;
      for (let length = 1; length <= comparisons.length; length += 1) {
        const beginning = keyOf(comparisons.slice(0, length));
        const byAction = this.#beginning.get(beginning) ?? new Map<number, StandingRule[]>();
        this.#beginning.set(beginning, byAction);
        addTo(byAction, action, rule);
      }
      for (const { key } of comparisons) this.#comparisons.add(key);
      this.#place.set(rule, this.#place.size);
    }
  }

  /** Beside the opposite of a comparison contradictions were seen to be taken. */
  #hasOpposite(comparisons: readonly Comparison[]): boolean {
    return comparisons.some((one) => {
      const opposite = oppositeOf(one);
      return opposite !== undefined && this.#comparisons.has(comparisonKey(opposite));
    });
  }

  /** Nothing may be left of a rule when an earlier one, or a later one with the same action, has some of its conditions and no other. */
  #isFading(rule: StandingRule): boolean {
    const at = this.#place.get(rule) ?? 0;
    const { comparisons } = rule;
    for (let chosen = 0; chosen < 2 ** comparisons.length; chosen += 1) {
      const alike = this.#alike.get(keyOf(comparisons.filter((_, i) => (chosen & (1 << i)) !== 0)));
      const [first] = alike ?? [];
      if (first === undefined) continue;
      if ((this.#place.get(first) ?? 0) < at) return true;
      if (alike?.some((other) => other !== rule && other.action === rule.action)) return true;
    }
    return false;
  }
}

/** The same for the same conditions in the same order. */
function keyOf(comparisons: readonly PlacedComparison[]): string {
  const [first, ...others] = comparisons;
  if (others.length === 0) return first?.key ?? '';
  return comparisons.map(({ key }) => key).join();
}

/** The rules as all architectures of one width, with or without multiplexers, see them. */
class RulesOfKind {
  readonly byName = new Map<string, Always | Growing>();
  readonly unforetold = new Set<string>();
  readonly architectures: Architecture[] = [];
  private readonly placedBefore = new Map<readonly Comparison[], readonly PlacedComparison[]>();

  readonly bits: 32 | 64;
  readonly multiplexed: boolean;

  constructor(bits: 32 | 64, multiplexed: boolean) {
    this.bits = bits;
    this.multiplexed = multiplexed;
  }

  /**
   * Whether an earlier rule stands against this one; `possible` where nothing may be left of the earlier one, or where comparisons beside
   * it are of a kind that libseccomp gets wrong.
   */
  contradiction(rule: RuntimeRule): 'certain' | 'possible' | undefined {
    let found: 'possible' | undefined;
    for (const [name, comparisons] of this.places(rule)) {
      const known = this.byName.get(name);
      if (known === undefined || known.kind === 'always' || comparisons.length === 0) continue;
      const against = known.contradiction(rule.action, comparisons);
      if (against === 'certain') return against;
      found ??= against;
    }
    return found;
  }

  /** A rule without conditions on a syscall that no multiplexer carries: nothing stands against it. */
  addAlways(rule: RuntimeRule): void {
    if (this.byName.has(rule.name)) this.add(rule, false);
    else this.byName.set(rule.name, { kind: 'always', index: rule.index, action: rule.action, isEmpty: false });
  }

  /** `isDoubtful`: libseccomp may refuse it, for this architecture or another one. */
  add(rule: RuntimeRule, isDoubtful: boolean): void {
    for (const [name, comparisons] of this.places(rule)) {
      const known = this.byName.get(name);
      if (known?.kind === 'always') continue;
      if (isDoubtful) this.unforetold.add(name);
      if (comparisons.length === 0 && !isDoubtful && (known === undefined || known.unforetold.length === 0)) {
        const isEmpty = rule.comparisons.length > 0;
        this.byName.set(name, { kind: 'always', index: rule.index, action: rule.action, isEmpty });
        continue;
      }
      this.addConditional(name, known, { index: rule.index, action: rule.action, comparisons }, isDoubtful);
    }
  }

  private addConditional(name: string, known: Growing | undefined, rule: StandingRule, isDoubtful: boolean): void {
    const entry = known ?? new Growing();
    if (known === undefined) this.byName.set(name, entry);
    if (isDoubtful) entry.unforetold.push(rule.index);
    entry.add(rule);
    if (entry.isMixed) this.unforetold.add(name);
  }

  /** The names under which a rule counts, and its conditions there. */
  private places({ name, comparisons }: RuntimeRule): readonly (readonly [string, readonly PlacedComparison[]])[] {
    const own = this.ordered(comparisons);
    const inside = this.multiplexed ? MULTIPLEXED_CALLS.get(name) : undefined;
    if (inside === undefined) return [[name, own]];
    const call = this.placed({
      argument: 0,
      operator: 'SCMP_CMP_EQ',
      mask: widest(64),
      datum: inside.call,
    });
    return [
      [name, own],
      [inside.entry, [call, ...own.filter(({ argument }) => argument !== 0)]],
    ];
  }

  /** The same list for the same one: the names of a rule share theirs. */
  private ordered(comparisons: readonly Comparison[]): readonly PlacedComparison[] {
    if (comparisons.length === 0) return [];
    const known = this.placedBefore.get(comparisons);
    if (known !== undefined) return known;
    const made = comparisons
      .map((comparison) => this.placed(comparison))
      .filter(({ mask }) => mask !== 0n)
      .sort((a, b) => a.argument - b.argument);
    this.placedBefore.set(comparisons, made);
    return made;
  }

  private placed(comparison: Comparison): PlacedComparison {
    const { mask, datum } = comparison;
    const seen = narrowed(comparison, this.bits);
    return { ...seen, key: comparisonKey(seen), upper: `${mask >> 32n} ${(datum & mask) >> 32n}` };
  }
}

/** Whether the rules are of a class in which comparisons go wrong by themselves: `mixed-conditions` or `upper-halves` in ambiguity.ts. */
export function isWild({ isMixed, orderedHalves }: Extract<SyscallRules, { kind: 'when' }>): boolean {
  if (isMixed) return true;
  for (const halves of orderedHalves.values()) if (halves.size > 1) return true;
  return false;
}
