import { compiledArchitectures } from '../compile/architectures.js';
import { normalCapabilities, resolveConditions } from '../profile/conditions.js';
import { isPlain } from '../profile/is-plain.js';
import type { Profile } from '../profile/model.js';
import type { Architecture } from '../syscalls/architectures.js';
import { ARCHITECTURES } from '../syscalls/architectures.js';
import { hasTable } from '../syscalls/filter-architecture.js';

/** The node and the container that conditions are resolved for. */
export interface NodeTarget {
  /** The node's own. */
  readonly architecture: Architecture;
  /** The container's added capabilities. */
  readonly capabilities: readonly string[];
  readonly kernel: string;
}

export const DEFAULT_KERNEL = '6.18';

/** The node that a profile is meant for when nobody says: x86_64, unless it lists only others. */
export function nativeOf(profile: Profile): Architecture {
  const listed = [...(profile.architectures ?? []), ...(profile.archMap ?? []).map((entry) => entry.architecture)];
  if (listed.length === 0 || listed.some((name) => HOSTS[name] === 'SCMP_ARCH_X86_64' || name === 'SCMP_ARCH_NATIVE'))
    return 'SCMP_ARCH_X86_64';
  const known = ARCHITECTURES.find((name) => listed.includes(name));
  return known === undefined ? 'SCMP_ARCH_X86_64' : hostOf(known);
}

/** The architecture of the kernel that takes calls of this one. */
export function hostOf(architecture: Architecture): Architecture {
  return HOSTS[architecture] ?? architecture;
}

const HOSTS: Readonly<Partial<Record<string, Architecture>>> = {
  SCMP_ARCH_X86_64: 'SCMP_ARCH_X86_64',
  SCMP_ARCH_X86: 'SCMP_ARCH_X86_64',
  SCMP_ARCH_X32: 'SCMP_ARCH_X86_64',
  SCMP_ARCH_ARM: 'SCMP_ARCH_AARCH64',
};

/** Without conditions, and with the architectures that a filter on this node has. Nothing is added that the profile does not say. */
export function plainProfile(profile: Profile, setting: NodeTarget): Profile {
  if (isPlain(profile)) return profile;
  const { archMap, architectures, ...rest } = profile;
  const mapped = archMap?.some((entry) => entry.architecture === setting.architecture);
  const names = mapped
    ? compiledArchitectures(profile, setting.architecture).names
    : architectures?.map((name) => (name === 'SCMP_ARCH_NATIVE' ? setting.architecture : name));
  return {
    ...rest,
    ...(names === undefined ? {} : { architectures: names }),
    rules: resolveConditions(profile, { ...setting, capabilities: normalCapabilities(setting.capabilities) }),
  };
}

/**
 * The architectures of a plain profile's filter that calls can come from on this kind of node: its own, always, and
 * those of its family that the profile lists.
 */
export function filterArchitecturesOf(profile: Profile, native: Architecture): readonly Architecture[] {
  const listed = (profile.architectures ?? []).filter(hasTable).filter((name) => hostOf(name) === native);
  return [...new Set([native, ...listed])];
}
