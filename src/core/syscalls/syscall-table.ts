import type { Architecture } from './architectures.js';
import { ARCHITECTURES } from './architectures.js';
import generated from './syscall-tables.generated.json' with { type: 'json' };

/** The versions of libseccomp whose tables are known here, oldest first. The newest has every name and number. */
export const LIBSECCOMP_VERSIONS: readonly string[] = generated.versions;

interface Table {
  readonly numbers: ReadonlyMap<string, number>;
  readonly names: ReadonlyMap<number, string>;
}

const tables = new Map<Architecture, Table>(
  ARCHITECTURES.map((arch) => {
    const numbers = new Map(Object.entries<number>(generated[arch]));
    return [arch, { numbers, names: new Map([...numbers].map(([name, number]) => [number, name])) }];
  }),
);
const since = new Map(Object.entries<string>(generated.since));
const numberSince = new Map(Object.entries<Readonly<Record<string, string>>>(generated.numberSince));
const oldest = generated.versions[0] ?? '';
const newest = generated.versions.at(-1) ?? '';
const allNames: ReadonlySet<string> = new Set([
  ...[...tables.values()].flatMap((table) => [...table.numbers.keys()]),
  ...generated.elsewhere,
]);

/**
 * The number a syscall is entered with on an architecture (x32: with bit 30); undefined where the architecture does not
 * have it. x86's, ppc64le's and s390x's `socket` and the like give the direct number, not that of `socketcall`.
 */
export function syscallNumber(arch: Architecture, name: string): number | undefined {
  return tables.get(arch)?.numbers.get(name);
}

export function syscallName(arch: Architecture, number: number): string | undefined {
  return tables.get(arch)?.names.get(number);
}

/** The names an architecture has, in the order of their numbers. */
export function syscallNames(arch: Architecture): readonly string[] {
  return [...(tables.get(arch)?.numbers.keys() ?? [])];
}

/** Whether some architecture has a syscall of this name. */
export function isSyscallName(name: string): boolean {
  return allNames.has(name);
}

/** Every name, sorted. */
export function allSyscallNames(): readonly string[] {
  return [...allNames].sort();
}

/**
 * The first version of libseccomp known to have the name; undefined for a name that none has. The oldest version here stands
 * for "that or an earlier one". A runtime built on an older libseccomp silently ignores rules for the name.
 */
export function knownSince(name: string): string | undefined {
  return allNames.has(name) ? (since.get(name) ?? oldest) : undefined;
}

/** Whether this libseccomp knows the name at all. */
export function isKnownTo(version: string, name: string): boolean {
  return namesOf(version).has(name);
}

const namesByVersion = new Map<string, ReadonlySet<string>>();

function namesOf(version: string): ReadonlySet<string> {
  if (version === newest) return allNames;
  const made = namesByVersion.get(version);
  if (made !== undefined) return made;
  const names = new Set([...allNames].filter((name) => compareVersions(since.get(name) ?? oldest, version) <= 0));
  namesByVersion.set(version, names);
  return names;
}

/** The number as this libseccomp has it: undefined too where it knows the name, but not yet the number. */
export function syscallNumberIn(version: string, arch: Architecture, name: string): number | undefined {
  return syscallNumbersIn(version, arch).get(name);
}

const numbersByVersion = new Map<string, Map<Architecture, ReadonlyMap<string, number>>>();

/** Every name and number that this libseccomp has for an architecture. */
function syscallNumbersIn(version: string, arch: Architecture): ReadonlyMap<string, number> {
  if (version === newest) return tables.get(arch)?.numbers ?? new Map();
  let ofVersion = numbersByVersion.get(version);
  if (ofVersion === undefined) {
    ofVersion = new Map();
    numbersByVersion.set(version, ofVersion);
  }
  const made = ofVersion.get(arch);
  if (made !== undefined) return made;
  const known = namesOf(version);
  const numbers = new Map(
    [...(tables.get(arch)?.numbers ?? [])].filter(([name]) => {
      const first = numberSince.get(name)?.[arch];
      return known.has(name) && (first === undefined || compareVersions(first, version) <= 0);
    }),
  );
  ofVersion.set(arch, numbers);
  return numbers;
}

/** Negative, zero or positive as `a` is older than, the same as or newer than `b` (digits and dots). */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
