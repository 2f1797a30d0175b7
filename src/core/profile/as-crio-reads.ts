import type { Architecture } from '../syscalls/architectures.js';
import { GOARCH, isAtLeast, normalCapabilities } from './conditions.js';
import type { Condition, Profile, Rule } from './model.js';

/** What CRI-O gives a container that does not drop it (`default_capabilities`, since 1.18; as documented, not measured). */
const DEFAULT_CAPABILITIES =
  'CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_FSETID CAP_KILL CAP_NET_BIND_SERVICE CAP_SETGID CAP_SETPCAP CAP_SETUID'.split(
    ' ',
  );

/** The node and the container that CRI-O reads a file for. */
export interface CrioTarget {
  readonly architecture: Architecture;
  /** What the container adds to what CRI-O gives it by default. */
  readonly capabilities: readonly string[];
}

/**
 * The profile as CRI-O and Podman hand it to runc or crun (containers/common, measured with Podman 4.3.1): conditions on capabilities and
 * architectures and `archMap` are decided, `name`, `errno` and `defaultErrno` count, `minKernel` is not known, SCMP_ARCH_NATIVE stays. The
 * rules keep their indexes: one whose conditions are not met names nothing.
 */
export function asCrioReads(profile: Profile, { architecture, capabilities }: CrioTarget): Profile {
  const { archMap, asOci: _, architectures, ...rest } = profile;
  const mapped = archMap?.find((entry) => entry.architecture === architecture);
  const listed = mapped === undefined ? architectures : [architecture, ...mapped.subArchitectures];
  const held = normalCapabilities([...DEFAULT_CAPABILITIES, ...capabilities]);
  const met = ({ caps = [], arches = [] }: Condition = {}): readonly boolean[] => [
    ...caps.map((capability) => held.has(capability) || (held.has('ALL') && isCrioCapability(capability))),
    ...(arches.length === 0 ? [] : [arches.includes(GOARCH[architecture])]),
  ];
  return {
    ...rest,
    ...(listed === undefined ? {} : { architectures: listed }),
    rules: profile.rules.map(({ includes, excludes, asOci: __, ...rule }): Rule => {
      const holds = met(includes).every(Boolean) && !met(excludes).some(Boolean);
      return holds ? rule : { ...rule, names: [] };
    }),
  };
}

/** Whether a condition spells a capability as containers hold them there: `CAP_SYS_ADMIN`. Others are never met. */
export function isCrioCapability(word: string): boolean {
  return /^CAP_[A-Z_]+$/.test(word);
}

/** The rules with `minKernel`, which CRI-O does not look at. */
export function rulesAskingForKernel({ rules }: Profile): readonly number[] {
  return rules.flatMap(({ includes, excludes }, index) =>
    includes?.minKernel === undefined && excludes?.minKernel === undefined ? [] : [index],
  );
}

/** Those of them that CRI-O holds to and that the kernel asked about is to keep out. */
export function rulesHeldAgainstKernel(
  profile: Profile,
  target: CrioTarget & { readonly kernel: string },
): readonly number[] {
  const read = asCrioReads(profile, target);
  return rulesAskingForKernel(profile).filter((index) => {
    const { includes, excludes } = profile.rules[index] ?? {};
    const isMet =
      (includes?.minKernel === undefined || isAtLeast(target.kernel, includes.minKernel)) &&
      (excludes?.minKernel === undefined || !isAtLeast(target.kernel, excludes.minKernel));
    return !isMet && (read.rules[index]?.names.length ?? 0) > 0;
  });
}
