import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { type Authority, issueAuthority } from '../certificate/issue.js';
import { splitPem } from '../certificate/material.js';

const day = 86_400_000;

/**
 * The cluster's own certificate authority, as its Secret holds it. A key is changed in two phases, and every step is one write
 * that leaves a whole state behind: `next` is announced (clients are to trust it, nothing is signed with it yet), and once
 * every webhook configuration has shown it for long enough it becomes `current`; the one before it stays trusted until the last
 * certificate it signed has ended. Times are milliseconds since 1970.
 */
export interface AuthorityState {
  /** Signs server certificates. */
  readonly current: Authority;
  readonly keyMadeAt: number;
  readonly next?: {
    readonly authority: Authority;
    readonly announcedAt: number;
    /** Since when every webhook configuration has shown it; absent while one does not. */
    readonly seenAt?: number;
  };
  /**
   * Set while `current` stands in for one that was lost (its Secret deleted or broken) and clients may not know it yet: who
   * has a server certificate of an earlier authority keeps it for now.
   */
  readonly unproven?: { readonly since: number; readonly seenAt?: number };
  /** Certificates of earlier authorities that are trusted still. */
  readonly previous: readonly { readonly cert: string; readonly until: number }[];
  /** The request for a new key that was carried out last; any other text is a new request. */
  readonly handledRequest?: string;
}

export interface RotationTimes {
  readonly authorityDays: number;
  /** A key older than this is replaced. */
  readonly keyDays: number;
  /** Life of a server certificate. */
  readonly leafDays: number;
  /** How long a replica may go on signing with an authority that it last read so long ago, milliseconds. */
  readonly staleAfter: number;
  /** From when every configuration shows `next` until it signs: API servers learn of it from a watch, milliseconds. */
  readonly settle: number;
}

export const rotationTimes: RotationTimes = {
  authorityDays: 730,
  keyDays: 365,
  leafDays: 7,
  staleAfter: 3_600_000,
  settle: 60_000,
};

/** What is true outside the Secret. */
export interface RotationFacts {
  readonly now: number;
  /** The caBundle of every webhook entry that calls us, as read back from the API server. */
  readonly published: readonly string[];
  /** Somebody's request for a new key (any text that was not handled before). */
  readonly request?: string;
}

export type RotationStep =
  | { readonly step: 'renew' | 'announce' | 'seen' | 'unseen' | 'switch' | 'prove' | 'retire'; readonly why: string }
  | { readonly step: 'none' };

/** The one step that is due, if any: write what `takeStep` makes of it, publish `bundleOf`, and ask again. */
export function nextStep(
  state: AuthorityState,
  facts: RotationFacts,
  times: RotationTimes = rotationTimes,
): RotationStep {
  const { now } = facts;
  if (state.previous.some(({ until }) => until <= now))
    return { step: 'retire', why: 'the last certificate that an earlier authority signed has ended' };
  const isOver = isLate(state.current.cert, now);
  const why = 'two thirds of the life of the authority certificate are over';
  if (isOver && commonNameOf(state.current.cert) !== undefined) return { step: 'renew', why };
  const { next, unproven } = state;
  if (unproven !== undefined)
    return awaited(unproven, state.current.cert, facts, times, {
      step: 'prove',
      why: 'every API server has had the time to learn of the authority that was made anew',
    });
  if (next !== undefined)
    return awaited(next, next.authority.cert, facts, times, {
      step: 'switch',
      why: 'every API server has had the time to learn of the next authority',
    });
  if (facts.request !== undefined && facts.request !== state.handledRequest)
    return { step: 'announce', why: `a new key was asked for (${facts.request})` };
  if (isOver) return { step: 'announce', why };
  return now - state.keyMadeAt >= times.keyDays * day
    ? { step: 'announce', why: `the key is older than ${times.keyDays} days` }
    : { step: 'none' };
}

/** The state after a step. Only `renew` and `announce` make something new (a certificate, a key). */
export async function takeStep(
  state: AuthorityState,
  step: Exclude<RotationStep, { step: 'none' }>['step'],
  facts: RotationFacts,
  times: RotationTimes = rotationTimes,
): Promise<AuthorityState> {
  const { now } = facts;
  const { next, ...rest } = state;
  const { unproven, ...proven } = rest;
  switch (step) {
    case 'retire':
      return { ...state, previous: state.previous.filter(({ until }) => until > now) };
    case 'renew':
      return { ...state, current: await renewAuthority(state.current, now, times) };
    case 'announce':
      return {
        ...rest,
        next: { authority: await makeAuthority(now, times), announcedAt: now },
        ...(facts.request === undefined ? {} : { handledRequest: facts.request }),
      };
    case 'seen':
    case 'unseen': {
      const seen = step === 'seen' ? { seenAt: now } : {};
      if (unproven !== undefined) return { ...state, unproven: { since: unproven.since, ...seen } };
      if (next === undefined) return state;
      return { ...rest, next: { authority: next.authority, announcedAt: next.announcedAt, ...seen } };
    }
    case 'prove':
      return { ...proven, ...(next === undefined ? {} : { next }) };
    case 'switch':
      return next === undefined
        ? state
        : {
            ...rest,
            current: next.authority,
            keyMadeAt: next.announcedAt,
            previous: [...state.previous, { cert: state.current.cert, until: lastLeafEnd(now, times) }],
          };
  }
}

/**
 * An authority from nothing. `trusted` are certificates that replicas may still serve under (from the broken Secret, or from the
 * caBundle of the configurations): they stay trusted for the life of a server certificate, so that nobody is cut off.
 */
export async function firstState(
  now: number,
  trusted: readonly string[] = [],
  times: RotationTimes = rotationTimes,
): Promise<AuthorityState> {
  return {
    current: await makeAuthority(now, times),
    keyMadeAt: now,
    ...(trusted.length === 0 ? {} : { unproven: { since: now } }),
    previous: trusted.map((cert) => ({ cert, until: lastLeafEnd(now, times) })),
  };
}

/** The state around an authority that somebody else put there, while replicas may still serve under `trusted`. */
export function adoptedState(
  state: AuthorityState,
  now: number,
  trusted: readonly string[],
  times: RotationTimes = rotationTimes,
): AuthorityState {
  const { unproven: _, ...rest } = state;
  const others = trusted.filter((cert) => !holds(state.current.cert, cert));
  if (others.length === 0) return rest;
  return {
    ...rest,
    unproven: { since: now },
    previous: others.map((cert) => ({ cert, until: lastLeafEnd(now, times) })),
  };
}

/** What webhook configurations have to hold as their caBundle, PEM. */
export function bundleOf(state: AuthorityState): string {
  const certs = [state.current.cert, ...(state.next === undefined ? [] : [state.next.authority.cert])];
  return [...new Set([...certs, ...state.previous.map(({ cert }) => cert)])].map(withLineEnd).join('');
}

/** Whether a PEM bundle holds this very certificate. */
export function holds(bundle: string, cert: string): boolean {
  const wanted = fingerprint(cert);
  return wanted !== undefined && splitPem(bundle).some((block) => fingerprint(block) === wanted);
}

/** Whether a bundle says the same as another, whatever the order and the text around the certificates. */
export function isSameBundle(one: string, other: string): boolean {
  const marks = (bundle: string): string => [...new Set(splitPem(bundle).map(fingerprint))].sort().join(' ');
  return marks(one) === marks(other);
}

/** Whether the certificate can sign with this key, and is not over. */
export function isUsableAuthority(authority: Authority, now: number): boolean {
  try {
    const certificate = new X509Certificate(authority.cert);
    const key = createPrivateKey(authority.key);
    return certificate.ca && isP256(key) && certificate.checkPrivateKey(key) && now < endOf(certificate);
  } catch {
    return false;
  }
}

/** When the last certificate ends that a replica may sign with an authority that was replaced `now`. */
function lastLeafEnd(now: number, times: RotationTimes): number {
  return now + times.leafDays * day + 2 * times.staleAfter;
}

type Awaited = Extract<RotationStep, { why: string }>;

function awaited(
  waiting: { readonly seenAt?: number },
  cert: string,
  { now, published }: RotationFacts,
  times: RotationTimes,
  then: Awaited,
): RotationStep {
  // Without any configuration nobody calls, and one that comes back gets the whole bundle.
  const isSeen = published.every((bundle) => holds(bundle, cert));
  if (!isSeen)
    return waiting.seenAt === undefined
      ? { step: 'none' }
      : { step: 'unseen', why: 'a webhook configuration no longer shows the new authority' };
  if (waiting.seenAt === undefined) return { step: 'seen', why: 'every webhook configuration shows the new authority' };
  return now - waiting.seenAt >= times.settle ? then : { step: 'none' };
}

/** The name carries the key's mark, so that two authorities are never taken for each other by their names. */
async function makeAuthority(now: number, times: RotationTimes): Promise<Authority> {
  const key = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const mark = createHash('sha256')
    .update(key.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  return issueAuthority({
    days: times.authorityDays,
    now: new Date(now),
    commonName: `seccomply CA ${mark.slice(0, 8)}`,
    key: key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  });
}

/** The same name and key: what the certificate before it signed stays good. */
function renewAuthority({ cert, key }: Authority, now: number, times: RotationTimes): Promise<Authority> {
  const commonName = commonNameOf(cert) ?? 'seccomply CA';
  return issueAuthority({ days: times.authorityDays, now: new Date(now), commonName, key });
}

/** The subject, where it is a common name and nothing else, as ours are. */
function commonNameOf(cert: string): string | undefined {
  return /^CN=([^\n]{1,64})$/.exec(new X509Certificate(cert).subject)?.[1];
}

function isP256(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
}

function isLate(cert: string, now: number): boolean {
  const certificate = new X509Certificate(cert);
  const begins = Date.parse(certificate.validFrom);
  return now >= begins + ((endOf(certificate) - begins) * 2) / 3;
}

function endOf(certificate: X509Certificate): number {
  return Date.parse(certificate.validTo);
}

function fingerprint(cert: string): string | undefined {
  try {
    return new X509Certificate(cert).fingerprint256;
  } catch {
    return undefined;
  }
}

function withLineEnd(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
