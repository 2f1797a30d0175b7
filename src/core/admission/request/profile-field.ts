import { isAbsent, membersOf } from '../../document/members.js';
import { normalizeLocalhostPath } from '../../policy/match/profile-reference.js';
import { quoted } from '../../text/quoted.js';
import type { InputPath } from './input-path.js';

/** What a `seccompProfile` field says. */
export type ProfileField =
  | { readonly kind: 'Unset' | 'RuntimeDefault' | 'Unconfined' }
  /** `path` is as written, and normal. */
  | { readonly kind: 'Localhost'; readonly path: string }
  /** No runtime could make sense of it, or two readers would not read the same: `shown` is what was found, `why` a clause. */
  | { readonly kind: 'malformed'; readonly shown: string; readonly why: string };

export const UNSET: ProfileField = { kind: 'Unset' };
export const RUNTIME_DEFAULT: ProfileField = { kind: 'RuntimeDefault' };
export const UNCONFINED: ProfileField = { kind: 'Unconfined' };

/** Of a `securityContext`. */
export const PROFILE_INPUTS: readonly InputPath[] = ['seccompProfile.type', 'seccompProfile.localhostProfile'];

/** Reads the `seccompProfile` of a `securityContext`, whatever either of them is. */
export function readProfileField(securityContext: unknown): ProfileField {
  if (isAbsent(securityContext)) return UNSET;
  const context = membersOf(securityContext);
  if (context === undefined) return malformed(shapeOf(securityContext), 'its securityContext is not an object');
  const field = context.seccompProfile;
  if (isAbsent(field)) return UNSET;
  const profile = membersOf(field);
  if (profile === undefined) return malformed(shapeOf(field), 'it is not an object');
  switch (profile.type) {
    case 'RuntimeDefault':
      return RUNTIME_DEFAULT;
    case 'Unconfined':
      return UNCONFINED;
    case 'Localhost':
      return localhost(profile.localhostProfile);
    default:
      return typeof profile.type === 'string'
        ? malformed(quoted(profile.type), 'it has an unknown type')
        : malformed(isAbsent(profile.type) ? '{}' : shapeOf(profile.type), 'it has no type');
  }
}

export function sameField(a: ProfileField, b: ProfileField): boolean {
  return a.kind === b.kind && (a.kind !== 'Localhost' || (b.kind === 'Localhost' && a.path === b.path));
}

/** `Unset`, `Unconfined`, `RuntimeDefault`, `Localhost/…`, or what was found instead. */
export function fieldText(field: ProfileField): string {
  switch (field.kind) {
    case 'Localhost':
      return `Localhost/${field.path}`;
    case 'malformed':
      return field.shown;
    default:
      return field.kind;
  }
}

/** As the kernel has it (PATH_MAX). Each pattern of each policy would have to go through a longer one. */
const LONGEST_PATH = 4_096;

function localhost(value: unknown): ProfileField {
  if (typeof value === 'string' && value.length > LONGEST_PATH)
    return malformed(`Localhost/${value}`, `its path has more than ${LONGEST_PATH} characters`);
  const normal = normalizeLocalhostPath(value);
  if (normal === undefined) {
    const shown = typeof value === 'string' ? `Localhost/${value}` : 'Localhost';
    if (isAbsent(value) || value === '') return malformed(shown, 'it names no file');
    return malformed(shown, "its path does not stay below the kubelet's seccomp folder");
  }
  if (!normal.normal) return malformed(`Localhost/${String(value)}`, 'its path has an empty or "." part');
  return { kind: 'Localhost', path: normal.path };
}

function malformed(shown: string, why: string): ProfileField {
  return { kind: 'malformed', shown, why };
}

function shapeOf(value: unknown): string {
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}
