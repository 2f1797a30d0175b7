import type { Profile } from './model.js';

/** Whether the profile says everything in OCI's terms: no conditions on rules, no `archMap`, no base profile. */
export function isPlain(profile: Profile): boolean {
  return (
    profile.archMap === undefined &&
    profile.baseProfileName === undefined &&
    !(profile.architectures ?? []).includes('SCMP_ARCH_NATIVE') &&
    profile.rules.every((rule) => rule.includes === undefined && rule.excludes === undefined)
  );
}
