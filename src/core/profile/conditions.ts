import { ARCHITECTURES, type Architecture } from '../syscalls/architectures.js';
import type { Condition, Profile, Rule } from './model.js';

/** What Docker's conditions are resolved against: the machine and the container. */
export interface Circumstances {
  readonly architecture: Architecture;
  /** The container's bounding set, normalised by `normalCapabilities`. */
  readonly capabilities: ReadonlySet<string>;
  /** `<major>.<minor>` and whatever follows, as `uname -r` says it. */
  readonly kernel: string;
}

/** The names that `arches` uses: Go's GOARCH, where libseccomp knows one architecture more (x32), and `x86` for 386. */
export const GOARCH: Readonly<Record<Architecture, string>> = {
  SCMP_ARCH_X86_64: 'amd64',
  SCMP_ARCH_X86: 'x86',
  SCMP_ARCH_X32: 'x32',
  SCMP_ARCH_AARCH64: 'arm64',
  SCMP_ARCH_ARM: 'arm',
  SCMP_ARCH_PPC64LE: 'ppc64le',
  SCMP_ARCH_S390X: 's390x',
  SCMP_ARCH_RISCV64: 'riscv64',
};

const ARCHITECTURE_OF: ReadonlyMap<string, Architecture> = new Map(
  ARCHITECTURES.map((architecture) => [GOARCH[architecture], architecture]),
);

/** The architectures that the profile's conditions speak of, as far as there are tables for them: what `excludes` names leaves all others. */
export function askedArchitectures({ rules }: Profile): readonly Architecture[] {
  if (rules.some(({ excludes }) => (excludes?.arches ?? []).length > 0)) return ARCHITECTURES;
  const asked = new Set(rules.flatMap(({ includes }) => includes?.arches ?? []));
  return [...asked].flatMap((name) => ARCHITECTURE_OF.get(name) ?? []);
}

/**
 * The rules that hold, without their conditions: all that `includes` asks for must be so, and nothing of what `excludes` names
 * (Docker's profile format; of `minKernel` major and minor count).
 */
export function resolveConditions(profile: Profile, circumstances: Circumstances): readonly Rule[] {
  return profile.rules
    .filter((rule) => holds(rule, circumstances))
    .map(({ includes: _, excludes: __, comment: ___, ...rule }) => rule);
}

/** The same list is asked about again and again: a container's, for each rule and each profile. */
const known = new WeakMap<readonly string[], ReadonlySet<string>>();

/** Upper case with the `CAP_` prefix; `ALL` stays, and counts as every capability. The list must not change afterwards. */
export function normalCapabilities(capabilities: readonly string[]): ReadonlySet<string> {
  let normal = known.get(capabilities);
  if (normal === undefined) {
    normal = new Set(capabilities.map(normalCapability));
    known.set(capabilities, normal);
  }
  return normal;
}

function normalCapability(capability: string): string {
  const upper = capability.trim().toUpperCase();
  if (upper === 'ALL' || upper === 'CAP_ALL') return 'ALL';
  return upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
}

/** Every capability that some condition of the profile asks about, sorted. */
export function mentionedCapabilities(profile: Profile): readonly string[] {
  const mentioned = new Set<string>();
  for (const rule of profile.rules) {
    for (const condition of [rule.includes, rule.excludes]) {
      for (const capability of normalCapabilities(condition?.caps ?? [])) mentioned.add(capability);
    }
  }
  return [...mentioned].sort();
}

function holds({ includes, excludes }: Rule, circumstances: Circumstances): boolean {
  return asked(includes, circumstances).every(Boolean) && !asked(excludes, circumstances).some(Boolean);
}

/** Whether it is so, for each thing that a condition names. */
function asked(
  condition: Condition | undefined,
  { architecture, capabilities, kernel }: Circumstances,
): readonly boolean[] {
  const { arches = [], caps = [], minKernel } = condition ?? {};
  return [
    ...caps.map((capability) => has(capabilities, capability)),
    ...(arches.length > 0 ? [arches.includes(GOARCH[architecture])] : []),
    ...(minKernel === undefined ? [] : [isAtLeast(kernel, minKernel)]),
  ];
}

function has(capabilities: ReadonlySet<string>, capability: string): boolean {
  if (capabilities.has('ALL')) return true;
  return capabilities.has(normalCapability(capability));
}

/** Of a kernel only major and minor count. */
export function isAtLeast(kernel: string, wanted: string): boolean {
  const [major, minor] = versionOf(kernel);
  const [wantedMajor, wantedMinor] = versionOf(wanted);
  return major !== wantedMajor ? major > wantedMajor : minor >= wantedMinor;
}

/** Major and minor only: Docker's format gives no more. */
export function versionOf(kernel: string): readonly [number, number] {
  const match = /^\D*(\d+)(?:\.(\d+))?/.exec(kernel);
  return [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
}
