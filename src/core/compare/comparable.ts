import { type TableOptions, verdictTable } from '../compile/verdict-table.js';
import type { VerdictTable } from '../compile/verdicts.js';
import { askedArchitectures } from '../profile/conditions.js';
import type { Profile, Rule } from '../profile/model.js';
import type { Architecture } from '../syscalls/architectures.js';
import { hasTable } from '../syscalls/filter-architecture.js';
import { addTo } from '../text/multimap.js';
import { NO_CONDITIONS, unitOf } from './syscall-classes.js';

/** A profile with what comparing it needs, made once; undefined when it cannot be compiled. */
export type ComparableProfile = Comparable | undefined;

export interface Comparable {
  readonly profile: Profile;
  /** The kinds of nodes that it is compared on: those that most clusters have, and every one that it speaks of. */
  readonly hosts: readonly Architecture[];
  /** Its rules by the unit of the syscalls that they name, each with the names of that unit only. */
  readonly units: ReadonlyMap<string, readonly Rule[]>;
  /** As compiled without added capabilities; undefined when it cannot be compiled for that architecture. */
  tableOn(host: Architecture): VerdictTable | undefined;
}

/** Profiles have to be compiled for these. */
const EVERYWHERE: readonly Architecture[] = ['SCMP_ARCH_X86_64', 'SCMP_ARCH_AARCH64'];

/** Listed, they are what programs on x86_64 nodes may be made for; as nodes of their own only a condition means them. */
const OF_X86_64: ReadonlySet<Architecture> = new Set(['SCMP_ARCH_X86', 'SCMP_ARCH_X32']);

export function comparable(profile: Profile): ComparableProfile {
  const tables = new Map<Architecture, VerdictTable | undefined>();
  let units: ReadonlyMap<string, readonly Rule[]> | undefined;
  const made: Comparable = {
    profile,
    hosts: hostsOf(profile),
    get units() {
      units ??= unitsOf(profile);
      return units;
    },
    tableOn: (host) => {
      if (!tables.has(host)) {
        const options: TableOptions = { architecture: host, ...NO_CONDITIONS };
        tables.set(host, verdictTable(profile, options).table);
      }
      return tables.get(host);
    },
  };
  return EVERYWHERE.every((host) => made.tableOn(host) !== undefined) ? made : undefined;
}

/** The kinds of nodes that a profile is judged on. */
export function hostsOf(profile: Profile): readonly Architecture[] {
  const listed = [
    ...(profile.architectures ?? []),
    ...(profile.archMap ?? []).flatMap((entry) => [entry.architecture, ...entry.subArchitectures]),
  ];
  const mentioned = listed.filter(hasTable).filter((name) => !OF_X86_64.has(name));
  return [...new Set([...EVERYWHERE, ...mentioned, ...askedArchitectures(profile)])];
}

function unitsOf({ rules }: Profile): ReadonlyMap<string, readonly Rule[]> {
  const units = new Map<string, Rule[]>();
  for (const rule of rules) {
    const byUnit = new Map<string, string[]>();
    for (const name of rule.names) addTo(byUnit, unitOf(name), name);
    for (const [unit, names] of byUnit) addTo(units, unit, { ...rule, names });
  }
  return units;
}
