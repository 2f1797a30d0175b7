import { evaluatorOf } from '../compile/ambiguous-syscalls.js';
import { compiledArchitectures, existsNowhere } from '../compile/architectures.js';
import type { SearchBudget } from '../filter/call-set.js';
import type { Rule } from '../profile/model.js';
import { ARCHITECTURES, type Architecture } from '../syscalls/architectures.js';
import { addTo } from '../text/multimap.js';
import { classTable } from './class-table.js';
import type { Comparable, ComparableProfile } from './comparable.js';
import { classesKey, classesOf, NO_CONDITIONS, type SyscallClass } from './syscall-classes.js';
import { areSyscallsWithin, isTableWithin } from './table-within.js';

/** Rules that are looked at, over all classes: profiles are compared while a pod waits. */
const MOST_STEPS = 200_000;
/** What comparing arguments may take in all classes together. */
const MOST_SEARCH = 200_000;
/** What a class costs beside its rules: the runtime's base. */
const STEPS_OF_CLASS = 50;
/** The same where a filter has to be made to see whether its rules contradict each other. */
const STEPS_OF_FILTER = 500;

/**
 * Whether nothing that `b` refuses is allowed by `a`, whatever a container adds and whatever the kernel is: each syscall is compared in every
 * class that the rules on it, in either profile, tell apart, and on x86_64, aarch64 and every architecture that `a` mentions.
 * Yes is certain; no can also mean that there is too much to compare.
 */
export function isComparableWithin(a: ComparableProfile, b: ComparableProfile): boolean {
  return a !== undefined && b !== undefined && new Comparison(a, b).isWithin();
}

/** Syscalls whose rules, in both profiles, ask about the same. */
interface Group {
  readonly names: ReadonlySet<string>;
  readonly a: readonly Rule[];
  readonly b: readonly Rule[];
  /** Undefined: too many to compare. */
  readonly classes: readonly SyscallClass[] | undefined;
}

class Comparison {
  readonly #a: Comparable;
  readonly #b: Comparable;
  readonly #search: SearchBudget = { steps: MOST_SEARCH };
  #steps = MOST_STEPS;

  constructor(a: Comparable, b: Comparable) {
    this.#a = a;
    this.#b = b;
  }

  isWithin(): boolean {
    const units = [...new Set([...this.#a.units.keys(), ...this.#b.units.keys()])];
    const groups = this.#groupsOf(units);
    for (const host of this.#a.hosts) {
      const table = this.#a.tableOn(host);
      // No node of this kind can have it.
      if (table === undefined) continue;
      const other = this.#b.tableOn(host);
      if (other === undefined || !isTableWithin(table, other)) return false;
      if (!groups.every((group) => group.classes === ONE || this.#isGroupWithin(group, host))) return false;
    }
    return this.#areForeignWithin(groups);
  }

  /** Syscalls of other architectures alone, on those. */
  #areForeignWithin(groups: readonly Group[]): boolean {
    const { hosts, profile } = this.#a;
    const compared = hosts.flatMap((host) => compiledArchitectures(profile, host).names);
    const foreign = groups.flatMap((group) => {
      const names = new Set([...group.names].filter((name) => existsNowhere(name, compared)));
      return names.size === 0 ? [] : [{ ...group, names }];
    });
    if (foreign.length === 0) return true;
    return ARCHITECTURES.filter((host) => !hosts.includes(host)).every((host) =>
      foreign.every((group) => this.#isGroupWithin(group, host)),
    );
  }

  #groupsOf(units: readonly string[]): readonly Group[] {
    const byKey = new Map<string, string[]>();
    for (const unit of units)
      addTo(byKey, classesKey([...rulesOn(this.#a, [unit]), ...rulesOn(this.#b, [unit])]), unit);
    return [...byKey].map(([key, members]) => {
      const a = rulesOn(this.#a, members);
      const b = rulesOn(this.#b, members);
      const names = new Set([...a, ...b].flatMap((rule) => rule.names));
      return { names, a, b, classes: key === '' ? ONE : classesOf([...a, ...b]) };
    });
  }

  #isGroupWithin({ names, a, b, classes }: Group, host: Architecture): boolean {
    if (classes === undefined) return false;
    const mayContradict = b.some((rule) => rule.args.length > 0);
    this.#steps -= classes.length * (a.length + b.length + (mayContradict ? STEPS_OF_FILTER : STEPS_OF_CLASS));
    if (this.#steps < 0) return false;
    return classes.every((one) => {
      const table = classTable(this.#a.profile, a, host, one);
      // A profile that contradicts itself is on no node.
      if (table === undefined || [...names].every((name) => existsNowhere(name, table.architectures))) return true;
      const other = classTable(this.#b.profile, b, host, one);
      return (
        other !== undefined &&
        table.architectures.every((name) => other.architectures.includes(name)) &&
        !(mayContradict && evaluatorOf(other, host).conflicts.length > 0) &&
        areSyscallsWithin(names, table, other, this.#search)
      );
    });
  }
}

function rulesOn({ units }: Comparable, names: readonly string[]): readonly Rule[] {
  return names.flatMap((name) => units.get(name) ?? []);
}

/** Of rules that ask about nothing but architectures: the tables of the whole profiles have been compared. */
const ONE: readonly SyscallClass[] = [NO_CONDITIONS];
