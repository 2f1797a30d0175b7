import type { Profile } from '../profile/model.js';
import type { Architecture } from '../syscalls/architectures.js';
import { ARCHITECTURES } from '../syscalls/architectures.js';
import { isSyscallName, syscallNumber } from '../syscalls/syscall-table.js';

/** The ABIs that a 64-bit kernel also takes calls through. One that is not in the filter is killed with SIGSYS, even in logging stages. */
const SUB_ARCHITECTURES: Readonly<Record<Architecture, readonly string[]>> = {
  SCMP_ARCH_X86_64: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  SCMP_ARCH_X86: [],
  SCMP_ARCH_X32: [],
  SCMP_ARCH_AARCH64: ['SCMP_ARCH_ARM'],
  SCMP_ARCH_ARM: [],
  SCMP_ARCH_PPC64LE: [],
  SCMP_ARCH_S390X: ['SCMP_ARCH_S390'],
  SCMP_ARCH_RISCV64: [],
};

export interface CompiledArchitectures {
  /** The native one first, then its sub-architectures. */
  readonly names: readonly string[];
  /** Sub-architectures that the profile itself does not list. */
  readonly added: readonly string[];
  /** Whether the profile lists architectures and the native one is not among them. */
  readonly nativeMissing: boolean;
}

/**
 * What goes into `architectures` on a node. An `archMap` entry for the native architecture is taken at its word: it says which
 * sub-architectures the author wants, so leaving one out there is how a profile closes it. Anything else is completed, since a
 * plain list mostly forgets them. Architectures of other machines are left out: of another byte order they stop the container.
 */
export function compiledArchitectures(profile: Profile, native: Architecture): CompiledArchitectures {
  const mapped = profile.archMap?.find((entry) => entry.architecture === native);
  if (mapped !== undefined) {
    const known = SUB_ARCHITECTURES[native];
    return {
      names: [native, ...known.filter((name) => mapped.subArchitectures.includes(name))],
      added: [],
      nativeMissing: false,
    };
  }
  const listed = (profile.architectures ?? []).map((name) => (name === 'SCMP_ARCH_NATIVE' ? native : name));
  const names = [native, ...SUB_ARCHITECTURES[native]];
  return {
    names,
    added: names.slice(1).filter((name) => !listed.includes(name)),
    nativeMissing: listed.length > 0 && !listed.includes(native),
  };
}

/**
 * Whether the syscall is one of other architectures only. Rules on it can make libseccomp pass over rules on others (`foreign-name`),
 * so such names have no place in a compiled profile. False for names that no table knows: they may be newer than the tables.
 */
export function existsNowhere(name: string, architectures: readonly string[]): boolean {
  return (
    isSyscallName(name) &&
    architectures.every((listed) => {
      const architecture = ARCHITECTURES.find((known) => known === listed);
      return architecture !== undefined && syscallNumber(architecture, name) === undefined;
    })
  );
}
