import { didYouMean } from '../../text/did-you-mean.js';
import { bad, good, type Parsed, shown } from '../../text/parsed.js';
import {
  coversProfile,
  formatProfileReference,
  type ProfilePattern,
  type ProfileSubject,
  parseProfilePattern,
} from './profile-reference.js';

/** What an exemption may allow besides profiles. */
type BesideProfiles = { readonly kind: 'Privileged' } | { readonly kind: 'HostAccess' };

const BESIDE_PROFILES: readonly BesideProfiles[] = [{ kind: 'Privileged' }, { kind: 'HostAccess' }];
export const EXEMPTION_KEYWORDS: readonly string[] = BESIDE_PROFILES.map(({ kind }) => kind);

/** One entry of `allow`. */
export type ExemptionPattern = ProfilePattern | BesideProfiles;

/** What breaks a requirement, in the words of `allow`. */
export type ExemptionSubject = ProfileSubject | BesideProfiles;

export function parseExemptionPattern(text: string): Parsed<ExemptionPattern> {
  const keyword = BESIDE_PROFILES.find(({ kind }) => kind === text);
  if (keyword !== undefined) return good(keyword);
  const profile = parseProfilePattern(text);
  if (profile.ok) return profile;
  const meant = didYouMean(text, EXEMPTION_KEYWORDS);
  return meant === undefined
    ? profile
    : bad(`${shown(text)} is nothing that an exemption allows`, `did you mean ${meant}?`);
}

/** A privileged container runs unconfined, so what allows Unconfined allows it; not the other way round. */
export function coversSubject(pattern: ExemptionPattern, subject: ExemptionSubject): boolean {
  if (subject.kind === 'Privileged') return pattern.kind === 'Privileged' || pattern.kind === 'Unconfined';
  if (subject.kind === 'HostAccess') return pattern.kind === 'HostAccess';
  return pattern.kind !== 'Privileged' && pattern.kind !== 'HostAccess' && coversProfile(pattern, subject);
}

/** As it is written in `allow`. */
export function formatSubject(subject: ExemptionSubject): string {
  return subject.kind === 'Privileged' || subject.kind === 'HostAccess'
    ? subject.kind
    : formatProfileReference(subject);
}

/** The subjects that these entries cover, as far as they are no patterns: an exemption is looked up by them. */
export function subjectsAllowed(allow: readonly string[]): readonly string[] {
  return allow.includes('Unconfined') ? [...allow, 'Privileged'] : allow;
}
