import type { Architecture } from '../syscalls/architectures.js';
import { isOrdered } from './comparison.js';
import { coveredRules, opposites } from './covered-rules.js';
import { type FilterRules, isWild, type SyscallRules } from './filter-rules.js';
import { always, type Conditional, type Hazard, indices, placeOf, type SyscallOn } from './hazard.js';
import { HALF, lowKey } from './low-half.js';
import { NearMisses } from './near-miss.js';

export interface FilterShape {
  readonly rules: FilterRules;
  readonly architectures: readonly Architecture[];
  /** Whether the syscall has a number on the architecture, in every version of libseccomp that is asked about. */
  exists(architecture: Architecture, name: string): boolean;
  /** Whether some version of libseccomp that is asked about knows the name, but not on this architecture. */
  isForeign(architecture: Architecture, name: string): boolean;
}

/** The syscalls of a filter with conditional rules, and what is hazardous about each. */
export class Hazards {
  private places: readonly SyscallOn[] | undefined;
  private numbers: ReadonlyMap<string, ReadonlySet<string>> | undefined;
  private misses: NearMisses | undefined;
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
    const key = placeKey(architecture, name);
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
      ...this.nearMisses.in(place),
    ];
  }

  /** Every conditional syscall that some architecture of the filter has. */
  private get conditional(): readonly SyscallOn[] {
    this.places ??= this.shape.architectures.flatMap((architecture) => {
      const found: SyscallOn[] = [];
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
  private sharedNumbers({ architecture, name, rules }: SyscallOn): readonly Hazard[] {
    const here = placeKey(architecture, name);
    const isShared = rules.some(({ comparisons }) =>
      comparisons.some((one) => {
        const places = isOrdered(one) ? this.wildNumbers.get(lowKey(one)) : undefined;
        return places !== undefined && places.size > (places.has(here) ? 1 : 0);
      }),
    );
    return isShared ? [always('shared-number', rules)] : [];
  }

  /** By the low half of the numbers in ordered comparisons: which syscalls of the classes `mixed-conditions` and `upper-halves` have them. */
  private get wildNumbers(): ReadonlyMap<string, ReadonlySet<string>> {
    if (this.numbers !== undefined) return this.numbers;
    const found = new Map<string, Set<string>>();
    for (const { architecture, name, rules, found: each } of this.conditional) {
      if (!isWild(each)) continue;
      for (const { comparisons } of rules)
        for (const one of comparisons) {
          if (!isOrdered(one)) continue;
          const places = found.get(lowKey(one)) ?? new Set();
          found.set(lowKey(one), places.add(placeKey(architecture, name)));
        }
    }
    this.numbers = found;
    return found;
  }

  private get nearMisses(): NearMisses {
    this.misses ??= new NearMisses(this.conditional);
    return this.misses;
  }
}

function placeKey(architecture: Architecture, name: string): string {
  return `${architecture} ${name}`;
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
