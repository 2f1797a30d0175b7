import { evaluatorOf } from '../compile/ambiguous-syscalls.js';
import { compiledArchitectures, existsNowhere } from '../compile/architectures.js';
import type { SearchBudget } from '../filter/call-set.js';
import type { Rule } from '../profile/model.js';
import { ARCHITECTURES, type Architecture } from '../syscalls/architectures.js';
import { addTo } from '../text/multimap.js';
import { classTable } from './class-table.js';
import type { Comparable, ComparableProfile } from './comparable.js';
import { classesKey, classesOf, NO_CONDITIONS, type SyscallClass } from './syscall-classes.js';
import { ANY_OTHER_SYSCALL, widerInTable, widerSyscall } from './table-within.js';

/** Rules that are looked at, over all classes: profiles are compared while a pod waits. */
const MOST_STEPS = 200_000;
/** What comparing arguments may take in all classes together. */
const MOST_SEARCH = 200_000;
/** What a class costs beside its rules: the runtime's base. */
const STEPS_OF_CLASS = 50;
/** The same where a filter has to be made to see whether its rules contradict each other. */
const STEPS_OF_FILTER = 500;

/** Where a profile allows more than another. */
export interface Wider {
  readonly host: Architecture;
  readonly syscall: string;
  readonly class: SyscallClass;
}

/**
 * Whether nothing that `b` refuses is allowed by `a`, whatever a container adds and whatever the kernel is: each syscall is compared in every
 * class that the rules on it tell apart (kernels older than clusters have only where `a` asks about them), and on x86_64, aarch64 and every architecture that `a` mentions.
 * Yes is certain; no can also mean that there is too much to compare.
 */
export function isComparableWithin(a: ComparableProfile, b: ComparableProfile): boolean {
  return widerThan(a, b) === undefined;
}

/** The first place where `a` is not within `b`. */
export function widerThan(a: ComparableProfile, b: ComparableProfile): Wider | 'not comparable' | undefined {
  return a === undefined || b === undefined ? 'not comparable' : new Comparison(a, b).wider();
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

  wider(): Wider | 'not comparable' | undefined {
    const units = [...new Set([...this.#a.units.keys(), ...this.#b.units.keys()])];
    const groups = this.#groupsOf(units);
    for (const host of this.#a.hosts) {
      const table = this.#a.tableOn(host);
      // No node of this kind can have it.
      if (table === undefined) continue;
      const other = this.#b.tableOn(host);
      if (other === undefined) return 'not comparable';
      const syscall = widerInTable(table, other);
      if (syscall !== undefined) return { host, syscall, class: NO_CONDITIONS };
      for (const group of groups) {
        const wider = group.classes === ONE ? undefined : this.#widerInGroup(group, host);
        if (wider !== undefined) return wider;
      }
    }
    return this.#widerElsewhere(groups);
  }

  /** Of syscalls of other architectures alone, on those. */
  #widerElsewhere(groups: readonly Group[]): Wider | 'not comparable' | undefined {
    const { hosts, profile } = this.#a;
    const compared = hosts.flatMap((host) => compiledArchitectures(profile, host).names);
    const foreign = groups.flatMap((group) => {
      const names = new Set([...group.names].filter((name) => existsNowhere(name, compared)));
      return names.size === 0 ? [] : [{ ...group, names }];
    });
    for (const host of ARCHITECTURES)
      for (const group of hosts.includes(host) ? [] : foreign) {
        const wider = this.#widerInGroup(group, host);
        if (wider !== undefined) return wider;
      }
    return undefined;
  }

  #groupsOf(units: readonly string[]): readonly Group[] {
    const byKey = new Map<string, string[]>();
    for (const unit of units) addTo(byKey, classesKey(rulesOn(this.#a, [unit]), rulesOn(this.#b, [unit])), unit);
    return [...byKey].map(([key, members]) => {
      const a = rulesOn(this.#a, members);
      const b = rulesOn(this.#b, members);
      const names = new Set([...a, ...b].flatMap((rule) => rule.names));
      return { names, a, b, classes: key === '' ? ONE : classesOf(a, b) };
    });
  }

  #widerInGroup({ names, a, b, classes }: Group, host: Architecture): Wider | 'not comparable' | undefined {
    if (classes === undefined) return 'not comparable';
    const mayContradict = b.some((rule) => rule.args.length > 0);
    this.#steps -= classes.length * (a.length + b.length + (mayContradict ? STEPS_OF_FILTER : STEPS_OF_CLASS));
    if (this.#steps < 0) return 'not comparable';
    for (const one of classes) {
      const table = classTable(this.#a.profile, a, host, one);
      // A profile that contradicts itself is on no node.
      if (table === undefined || [...names].every((name) => existsNowhere(name, table.architectures))) continue;
      const other = classTable(this.#b.profile, b, host, one);
      if (other === undefined || (mayContradict && evaluatorOf(other, host).conflicts.length > 0))
        return 'not comparable';
      const isOpenAbi = table.architectures.some((name) => !other.architectures.includes(name));
      const syscall = isOpenAbi ? ANY_OTHER_SYSCALL : widerSyscall(names, table, other, this.#search);
      if (syscall !== undefined) return { host, syscall, class: one };
    }
    return undefined;
  }
}

function rulesOn({ units }: Comparable, names: readonly string[]): readonly Rule[] {
  return names.flatMap((name) => units.get(name) ?? []);
}

/** Of rules that ask about nothing but architectures: the tables of the whole profiles have been compared. */
const ONE: readonly SyscallClass[] = [NO_CONDITIONS];
