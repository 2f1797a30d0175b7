import type { Catalogue } from '../../profile/catalogue.js';
import type { DocumentReference } from '../load/loaded-document.js';
import {
  coversProfile,
  isLoggingStage,
  type ProfilePattern,
  type ProfileReference,
  type ProfileSubject,
  parseProfilePattern,
  parseProfileReference,
} from '../match/profile-reference.js';
import type { PolicyMode, PolicyRequirement, RequirementSeverity } from '../schema/policy-schema.js';
import { BUILT_IN } from '../values/built-in.js';
import { ALL_TYPES, type ContainerTypeSet, containerTypeSet } from '../values/container-type.js';

/** A `require`, or the built-in requirement, ready to judge by. */
export interface Requirement {
  readonly policy: DocumentReference;
  readonly mode: PolicyMode;
  readonly types: ContainerTypeSet;
  /** Undefined: it does not say which profiles are allowed. */
  readonly profiles: readonly ProfilePattern[] | undefined;
  readonly ceiling: ProfileReference | undefined;
  readonly hostAccess: RequirementSeverity;
  readonly privileged: RequirementSeverity;
  readonly templates: RequirementSeverity;
  /** What it allows, in words: `RuntimeDefault, *`. */
  readonly allows: string;
}

/** What every container must keep to, whatever the policies say. */
export const DEFAULT_BASELINE: readonly string[] = ['RuntimeDefault', '*', 'Localhost/**', 'Unset'];

/** Where the built-in requirement stands in records: it is not in any document. */
const NO_DOCUMENT = '0'.repeat(64);

export const builtInReference: DocumentReference = { name: BUILT_IN, contentSha256: NO_DOCUMENT };

export function compileRequirement(
  policy: DocumentReference,
  mode: PolicyMode,
  require: PolicyRequirement,
): Requirement {
  const { profiles, ceiling, containerTypes, hostAccess, privileged, templates } = require;
  const reference = ceiling === undefined ? undefined : parseProfileReference(ceiling);
  const allowed = profiles?.join(', ');
  const below = ceiling === undefined ? undefined : `nothing that ${ceiling} refuses`;
  return {
    policy,
    mode,
    types: containerTypeSet(containerTypes),
    profiles: profiles === undefined ? undefined : patternsOf(profiles),
    ceiling: reference?.ok ? reference.value : undefined,
    hostAccess,
    privileged,
    templates,
    allows: allowed !== undefined && below !== undefined ? `${allowed}; ${below}` : (allowed ?? below ?? 'any profile'),
  };
}

/** `baseline` is the list of the setting; entries that are no profile patterns allow nothing. */
export function builtInRequirement(baseline: readonly string[] | 'off'): Requirement | undefined {
  if (baseline === 'off') return undefined;
  return {
    policy: builtInReference,
    mode: 'Enforce',
    types: ALL_TYPES,
    profiles: patternsOf(baseline),
    ceiling: undefined,
    hostAccess: 'Ignore',
    privileged: 'Ignore',
    templates: 'Warn',
    allows: baseline.join(', '),
  };
}

export type RequirementVerdict = 'satisfied' | 'not-allowed' | 'over-ceiling';

/** Judges a profile that is known, by name and by what it allows. */
export function judgeProfile(
  { profiles, ceiling }: Requirement,
  subject: ProfileSubject,
  catalogue: Catalogue,
): RequirementVerdict {
  if (profiles !== undefined && !coveredBySome(profiles, subject)) return 'not-allowed';
  return ceiling === undefined || isUnderCeiling(ceiling, subject, catalogue) ? 'satisfied' : 'over-ceiling';
}

/** Whether it says anything about profiles at all. */
export function judgesProfiles({ profiles, ceiling }: Requirement): boolean {
  return profiles !== undefined || ceiling !== undefined;
}

export function coveredBySome(patterns: readonly ProfilePattern[], subject: ProfileSubject): boolean {
  for (const pattern of patterns) if (coversProfile(pattern, subject)) return true;
  return false;
}

export function patternsOf(texts: readonly string[]): readonly ProfilePattern[] {
  const patterns: ProfilePattern[] = [];
  for (const text of texts) {
    const parsed = parseProfilePattern(text);
    if (parsed.ok) patterns.push(parsed.value);
  }
  return patterns;
}

/**
 * Only what is known counts: RuntimeDefault is under itself alone, as are the logging stages, which are made from it, and a file of
 * unknown content is under nothing.
 */
export function isUnderCeiling(ceiling: ProfileReference, subject: ProfileSubject, catalogue: Catalogue): boolean {
  if (ceiling.kind === 'RuntimeDefault') {
    if (subject.kind === 'RuntimeDefault' || isLoggingStage(subject)) return true;
    return subject.kind === 'Catalogue' && catalogue.get(subject.name)?.withinRuntimeDefault === true;
  }
  if (ceiling.kind !== 'Catalogue' || subject.kind !== 'Catalogue' || isLoggingStage(subject)) return false;
  return ceiling.name === subject.name || catalogue.within(subject.name, ceiling.name);
}
