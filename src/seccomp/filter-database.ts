import type { AddOutcome, Chain, Comparison, TreeVariant } from './argument-tree.js';
import { ArgumentTree, chainOf32, chainOf64, UndefinedBehaviour } from './argument-tree.js';
import { FILTER_ARCHITECTURES, MULTIPLEXED_CALLS } from './filter-architecture.js';
import type { Architecture } from './model.js';
import { compareVersions, syscallName, syscallNumbersIn } from './syscall-table.js';

/** A rule as libseccomp's API takes it: one syscall, an action as the filter returns it, at most one comparison per argument. */
export interface FilterRule {
  readonly name: string;
  readonly action: number;
  readonly comparisons: readonly Comparison[];
  /** Whatever the caller wants to know the rule by. */
  readonly index: number;
}

/** A rule in its place: what it comes to for one syscall of one architecture. */
export interface PlacedRule {
  readonly action: number;
  readonly comparisons: readonly Comparison[];
  readonly index: number;
}

/** What is known of one syscall of one architecture. */
export type SyscallEntry =
  | { readonly kind: 'always'; readonly action: number }
  | { readonly kind: 'tree'; readonly tree: ArgumentTree }
  /** libseccomp would use memory it has given back, or would not come to an end. */
  | { readonly kind: 'lost' };

export interface DatabaseLayout {
  /** Syscalls with conditions, by number. */
  readonly trees: readonly { readonly number: number; readonly entry: SyscallEntry }[];
  /** The fewest comparisons that a syscall of this architecture has, 0 without conditions; undefined when there is no rule on any. */
  readonly leastOwn: number | undefined;
  /** The same of syscalls that only other architectures have. */
  readonly leastForeign: number | undefined;
}

/** By name the rules on syscalls that have none with conditions, on which every version and architecture agrees: the first one decides. */
export type PlainRules = ReadonlyMap<string, readonly PlacedRule[]>;

type Key = number | string;

/** The rules of one architecture, merged as libseccomp merges them. */
export class FilterDatabase {
  readonly architecture: Architecture;
  private readonly libseccomp: string;
  private readonly numberOf: ReadonlyMap<string, number>;
  private readonly variant: TreeVariant;
  private readonly plain: PlainRules;
  /** By number; a syscall the architecture does not have is kept by name, since its rules can still conflict. */
  private entries = new Map<Key, SyscallEntry>();
  private history = new Map<Key, PlacedRule[]>();
  private readonly touched: Key[] = [];
  private inOrder: ReturnType<FilterDatabase['ordered']> | undefined;
  private laidOut: DatabaseLayout | undefined;

  /** `plain` need not be added; syscalls that a multiplexer carries are never plain where there is one. */
  constructor(
    architecture: Architecture,
    libseccomp: string,
    variant: TreeVariant = variantOf(libseccomp),
    plain: PlainRules = NO_RULES,
  ) {
    this.architecture = architecture;
    this.libseccomp = libseccomp;
    this.numberOf = syscallNumbersIn(libseccomp, architecture);
    this.variant = variant;
    this.plain = plain;
  }

  /** Those added. In libseccomp's order: by number, and behind them those this architecture does not have (number undefined). */
  syscalls(): readonly { readonly number: number | undefined; readonly entry: SyscallEntry }[] {
    this.inOrder ??= this.ordered();
    return this.inOrder;
  }

  /** What matters for the layout of the filter. */
  layout(): DatabaseLayout {
    this.laidOut ??= this.layoutNow();
    return this.laidOut;
  }

  /** The action of a syscall whatever its arguments; undefined where it depends on them, or there is no rule. */
  always(number: number): number | undefined {
    const entry = this.entries.get(number);
    if (entry === undefined) return this.plainRulesOf(number)?.[0]?.action;
    return entry.kind === 'always' ? entry.action : undefined;
  }

  private layoutNow(): DatabaseLayout {
    const trees: { number: number; entry: SyscallEntry }[] = [];
    let [leastOwn, leastForeign]: [number | undefined, number | undefined] = [undefined, undefined];
    for (const [key, entry] of this.entries) {
      const nodes = entry.kind === 'tree' ? entry.tree.nodes : 0;
      if (typeof key === 'number') {
        leastOwn = Math.min(leastOwn ?? nodes, nodes);
        if (entry.kind !== 'always') trees.push({ number: key, entry });
      } else leastForeign = Math.min(leastForeign ?? nodes, nodes);
    }
    const { multiplexed } = FILTER_ARCHITECTURES[this.architecture];
    for (const name of this.plain.keys()) {
      if (this.numberOf.has(name)) leastOwn = 0;
      else if (!multiplexed) leastForeign = 0;
      if (leastOwn === 0 && (multiplexed || leastForeign === 0)) break;
    }
    return { trees: trees.sort((a, b) => a.number - b.number), leastOwn, leastForeign };
  }

  private plainRulesOf(number: number): readonly PlacedRule[] | undefined {
    const name = syscallName(this.architecture, number);
    return name !== undefined && this.numberOf.has(name) ? this.plain.get(name) : undefined;
  }

  private ordered(): readonly { readonly number: number | undefined; readonly entry: SyscallEntry }[] {
    const all = [...this.entries].map(([key, entry]) => ({ number: typeof key === 'number' ? key : undefined, entry }));
    return all.sort((a, b) => (a.number ?? Number.POSITIVE_INFINITY) - (b.number ?? Number.POSITIVE_INFINITY) || 0);
  }

  /** The rules that were added for a syscall, in that order, those without effect among them. */
  rulesOf(number: number): readonly PlacedRule[] {
    return this.history.get(number) ?? this.plainRulesOf(number) ?? [];
  }

  /** The syscalls of the architecture that have rules; only those that were added, where the others are not asked for. */
  *numbers(withPlain: boolean): Iterable<number> {
    for (const key of this.history.keys()) if (typeof key === 'number') yield key;
    if (!withPlain) return;
    for (const name of this.plain.keys()) {
      const number = this.numberOf.get(name);
      if (number !== undefined) yield number;
    }
  }

  /** Syscalls, by name or number, with whose rules libseccomp would use memory it has given back, or would not come to an end. */
  lost(): readonly (number | string)[] {
    return [...this.entries].filter(([, entry]) => entry.kind === 'lost').map(([key]) => key);
  }

  /** Adds a rule, or finds that libseccomp would refuse it (EEXIST): then `takeBack` undoes it. */
  add(rule: FilterRule): AddOutcome {
    this.inOrder = undefined;
    this.laidOut = undefined;
    this.touched.length = 0;
    for (const { key, comparisons } of this.targets(rule)) {
      this.touched.push(key);
      const past = this.history.get(key);
      const placed = { comparisons, action: rule.action, index: rule.index };
      if (past === undefined) this.history.set(key, [placed]);
      else past.push(placed);
      if (this.addTo(key, comparisons, rule.action) === 'conflict') return 'conflict';
    }
    return 'added';
  }

  /** Undoes the last `add`. */
  takeBack(): void {
    this.inOrder = undefined;
    this.laidOut = undefined;
    for (const key of this.touched) this.withdraw(key);
    this.touched.length = 0;
  }

  /** Whether rules come to the same here and there, but for the numbers of syscalls. */
  isLike(other: FilterDatabase): boolean {
    const [own, others] = [FILTER_ARCHITECTURES[this.architecture], FILTER_ARCHITECTURES[other.architecture]];
    return own.bits === others.bits && !own.multiplexed && !others.multiplexed;
  }

  /** Takes over what the rules came to in a database that is like this one. Nothing may be added to either afterwards. */
  follow(leader: FilterDatabase): void {
    const keyOf = (key: Key): Key => {
      const name = typeof key === 'number' ? (syscallName(leader.architecture, key) ?? '') : key;
      return this.numberOf.get(name) ?? name;
    };
    this.entries = new Map([...leader.entries].map(([key, entry]) => [keyOf(key), entry]));
    this.history = new Map([...leader.history].map(([key, placed]) => [keyOf(key), placed]));
    this.inOrder = undefined;
    this.laidOut = undefined;
  }

  /** The same rules, those on the given syscalls left out, as another version merges them. */
  without(names: ReadonlySet<string>, variant: TreeVariant): FilterDatabase {
    const copy = new FilterDatabase(this.architecture, this.libseccomp, variant, this.plain);
    const left = new Set([...names].map((name): Key => this.numberOf.get(name) ?? name));
    copy.entries = new Map(this.entries);
    copy.history = new Map(this.history);
    for (const key of left) {
      copy.entries.delete(key);
      copy.history.delete(key);
    }
    return copy;
  }

  /** Where a rule goes: mostly to the syscall itself; calls that `socketcall` and `ipc` carry go there first, and then to their own number. */
  private targets(rule: FilterRule): readonly { readonly key: Key; readonly comparisons: readonly Comparison[] }[] {
    const { multiplexed } = FILTER_ARCHITECTURES[this.architecture];
    const comparisons =
      rule.comparisons.length < 2 ? rule.comparisons : [...rule.comparisons].sort((a, b) => a.argument - b.argument);
    const number = this.numberOf.get(rule.name);
    const direct = { key: number ?? rule.name, comparisons };
    if (!multiplexed) return [direct];
    const inside = MULTIPLEXED_CALLS.get(rule.name);
    if (inside === undefined) return number === undefined ? [] : [direct];
    const entry = this.numberOf.get(inside.entry);
    if (entry === undefined) return [direct];
    const call: Comparison = { argument: 0, operator: 'SCMP_CMP_EQ', mask: U64_MAX, datum: inside.call };
    return [{ key: entry, comparisons: [call, ...comparisons.filter((other) => other.argument !== 0)] }, direct];
  }

  private addTo(key: Key, comparisons: readonly Comparison[], action: number): 'added' | 'conflict' {
    const existing = this.entries.get(key);
    if (existing?.kind === 'always' || existing?.kind === 'lost') return 'added';
    if (comparisons.length === 0) {
      this.entries.set(key, { kind: 'always', action });
      return 'added';
    }
    const chain = this.chain(comparisons, action);
    if (chain.root.node === undefined) {
      this.entries.set(key, { kind: 'always', action });
      return 'added';
    }
    if (existing !== undefined) {
      try {
        return existing.tree.add(chain, action);
      } catch (error) {
        if (!(error instanceof UndefinedBehaviour)) throw error;
        this.entries.set(key, { kind: 'lost' });
        return 'added';
      }
    }
    this.entries.set(key, { kind: 'tree', tree: new ArgumentTree(chain, this.variant) });
    return 'added';
  }

  private chain(comparisons: readonly Comparison[], action: number): Chain {
    return FILTER_ARCHITECTURES[this.architecture].bits === 64
      ? chainOf64(comparisons, action)
      : chainOf32(comparisons, action);
  }

  /**
   * Makes an entry again from all of its rules but the last, as libseccomp does after a refused rule. It first adds that rule to every
   * architecture: where it loses itself there, no refusal by another one saves it.
   */
  private withdraw(key: Key): void {
    const past = this.history.get(key) ?? [];
    past.pop();
    if (this.entries.get(key)?.kind === 'lost') return;
    this.entries.delete(key);
    for (const { comparisons, action } of past) this.addTo(key, comparisons, action);
  }
}

/** How a version merges rules. */
export function variantOf(libseccomp: string): TreeVariant {
  return compareVersions(libseccomp, '2.6.1') < 0 ? '2.5' : '2.6.1';
}

const NO_RULES: PlainRules = new Map();
const U64_MAX = 0xffff_ffff_ffff_ffffn;
