import { isPlain } from '../is-plain.js';
import type { Profile } from '../model.js';
import { exactJson, type PrintOptions } from './exact-json.js';
import { ociRule, ociSettings } from './oci-object.js';

/**
 * OCI runtime-spec JSON, the same bytes for the same profile. Throws a TypeError for a profile that is not plain: leaving
 * its conditions out would make it wider. Comments are left out.
 */
export function printOci(profile: Profile, options: PrintOptions = {}): string {
  if (!isPlain(profile)) throw new TypeError('this profile has conditions: compile it before printing it as OCI JSON');
  return exactJson({ ...ociSettings(profile), syscalls: profile.rules.map(ociRule) }, options);
}
