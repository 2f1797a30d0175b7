import type { Chain, Comparison, TreeVariant } from './argument-tree.js';
import { ArgumentTree, chainOf32, chainOf64, UndefinedBehaviour } from './argument-tree.js';
import { FILTER_ARCHITECTURES, MULTIPLEXED_CALLS } from './filter-architecture.js';
import type { Architecture } from './model.js';
import { compareVersions, syscallNumberIn } from './syscall-table.js';

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

type Key = number | string;

/** The rules of one architecture, merged as libseccomp merges them. */
export class FilterDatabase {
  readonly architecture: Architecture;
  private readonly libseccomp: string;
  private readonly variant: TreeVariant;
  /** By number; a syscall the architecture does not have is kept by name, since its rules can still conflict. */
  private readonly entries = new Map<Key, SyscallEntry>();
  private readonly history = new Map<Key, PlacedRule[]>();

  constructor(architecture: Architecture, libseccomp: string, variant: TreeVariant = variantOf(libseccomp)) {
    this.architecture = architecture;
    this.libseccomp = libseccomp;
    this.variant = variant;
  }

  /** In libseccomp's order: by number, and behind them those this architecture does not have (number undefined). */
  syscalls(): readonly { readonly number: number | undefined; readonly entry: SyscallEntry }[] {
    const all = [...this.entries].map(([key, entry]) => ({ number: typeof key === 'number' ? key : undefined, entry }));
    return all.sort((a, b) => (a.number ?? Number.POSITIVE_INFINITY) - (b.number ?? Number.POSITIVE_INFINITY) || 0);
  }

  /** The rules that were added for a syscall, in that order, those without effect among them. */
  rulesOf(number: number): readonly PlacedRule[] {
    return this.history.get(number) ?? [];
  }

  /** Syscalls, by name or number, with whose rules libseccomp would use memory it has given back, or would not come to an end. */
  lost(): readonly (number | string)[] {
    return [...this.entries].filter(([, entry]) => entry.kind === 'lost').map(([key]) => key);
  }

  /** Adds a rule, or finds that libseccomp would refuse it (EEXIST): then `undo` takes it back. */
  add(rule: FilterRule): { readonly outcome: 'added' | 'conflict'; undo(): void } {
    const touched: Key[] = [];
    const undo = (): void => {
      for (const key of touched) this.withdraw(key);
    };
    for (const { key, comparisons } of this.targets(rule)) {
      touched.push(key);
      const past = this.history.get(key) ?? [];
      past.push({ comparisons, action: rule.action, index: rule.index });
      this.history.set(key, past);
      if (this.addTo(key, comparisons, rule.action) === 'conflict') return { outcome: 'conflict', undo };
    }
    return { outcome: 'added', undo };
  }

  /** Where a rule goes: mostly to the syscall itself; calls that `socketcall` and `ipc` carry go there first, and then to their own number. */
  private targets(rule: FilterRule): readonly { readonly key: Key; readonly comparisons: readonly Comparison[] }[] {
    const { multiplexed } = FILTER_ARCHITECTURES[this.architecture];
    const comparisons = [...rule.comparisons].sort((a, b) => a.argument - b.argument);
    const number = syscallNumberIn(this.libseccomp, this.architecture, rule.name);
    const direct = { key: number ?? rule.name, comparisons };
    if (!multiplexed) return [direct];
    const inside = MULTIPLEXED_CALLS.get(rule.name);
    if (inside === undefined) return number === undefined ? [] : [direct];
    const entry = syscallNumberIn(this.libseccomp, this.architecture, inside.entry);
    if (entry === undefined) return [direct];
    const call: Comparison = { argument: 0, operator: 'SCMP_CMP_EQ', mask: U64_MAX, datum: inside.call };
    return [{ key: entry, comparisons: [call, ...comparisons.filter((other) => other.argument !== 0)] }, direct];
  }

  private addTo(key: Key, comparisons: readonly Comparison[], action: number): 'added' | 'conflict' {
    const existing = this.entries.get(key);
    if (existing?.kind === 'always' || existing?.kind === 'lost') return 'added';
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

  /** Makes an entry again from all of its rules but the last, as libseccomp does after a refused rule. */
  private withdraw(key: Key): void {
    const past = this.history.get(key) ?? [];
    past.pop();
    this.entries.delete(key);
    for (const { comparisons, action } of past) this.addTo(key, comparisons, action);
  }
}

/** How a version merges rules. */
export function variantOf(libseccomp: string): TreeVariant {
  return compareVersions(libseccomp, '2.6.1') < 0 ? '2.5' : '2.6.1';
}

const U64_MAX = 0xffff_ffff_ffff_ffffn;
