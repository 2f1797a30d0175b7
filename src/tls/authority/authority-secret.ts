import { createPrivateKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { SecretData } from '../../kubernetes/secret-data.js';
import type { Authority } from '../certificate/issue.js';
import { splitPem } from '../certificate/material.js';
import { type AuthorityState, isUsableAuthority, rotationTimes } from './rotation.js';

/** Annotation of the Secret: any new text asks for a new key. */
export const rotateAnnotation = 'seccomply.dev/rotate-ca';

export type ReadAuthority =
  /** `recorded` is false where a key and a certificate were put there by somebody else, without a state of ours. */
  | { readonly is: 'state'; readonly state: AuthorityState; readonly recorded: boolean }
  /** Nothing there yet: a Secret that was just applied. */
  | { readonly is: 'empty' }
  /** Something there that cannot sign. `trusted`: certificates in it that can be trusted still. */
  | { readonly is: 'broken'; readonly why: string; readonly trusted: readonly string[] };

const stateSchema = z.object({
  version: z.literal(1),
  keyMadeAt: z.number(),
  handledRequest: z.string().optional(),
  unproven: z.object({ since: z.number(), seenAt: z.number().optional() }).optional(),
  next: z.object({ announcedAt: z.number(), seenAt: z.number().optional() }).optional(),
  previous: z.array(z.object({ fingerprint256: z.string(), until: z.number() })).default([]),
});

/**
 * Reads the authority out of a Secret; never throws, whatever a person has put in there. `published` are caBundles: what the
 * Secret should hold beside its authority and lost is looked for there.
 */
export function readAuthority(
  data: SecretData | undefined,
  now: number,
  published: readonly string[] = [],
): ReadAuthority {
  const text = (key: string): string | undefined => {
    const value = data?.[key];
    return value === undefined || value === '' ? undefined : Buffer.from(value, 'base64').toString('utf8');
  };
  const cert = text('ca.crt');
  const key = text('ca.key');
  const previous = splitPem(text('previous.crt') ?? '');
  if (cert === undefined && key === undefined) return { is: 'empty' };
  const trusted = [...splitPem(cert ?? ''), ...previous].filter((one) => isTrustworthy(one, now));
  const broken = (why: string): ReadAuthority => ({ is: 'broken', why, trusted });
  if (cert === undefined || key === undefined) return broken(`${cert === undefined ? 'ca.crt' : 'ca.key'} is missing`);
  const current = { cert, key };
  if (!isUsableAuthority(current, now)) return broken(whyUnusable(cert, key, now));
  const kept = readState(text('state.json'));
  const nextCert = text('next.crt');
  const nextKey = text('next.key');
  const next = nextCert === undefined || nextKey === undefined ? undefined : { cert: nextCert, key: nextKey };
  const begins = Date.parse(new X509Certificate(cert).validFrom);
  return {
    is: 'state',
    recorded: kept !== undefined,
    state: {
      current,
      keyMadeAt: kept?.keyMadeAt ?? begins,
      ...(kept?.handledRequest === undefined ? {} : { handledRequest: kept.handledRequest }),
      // Nobody knows what clients have been told of an authority that came without a state.
      ...unprovenOf(kept === undefined ? { since: begins } : kept.unproven),
      ...nextOf(next, kept?.next, now),
      previous: previousOf(previous, published, kept?.previous ?? [], now),
    },
  };
}

function unprovenOf(kept: KeptState['unproven']): Pick<AuthorityState, 'unproven'> {
  if (kept === undefined) return {};
  return { unproven: { since: kept.since, ...(kept.seenAt === undefined ? {} : { seenAt: kept.seenAt }) } };
}

function nextOf(next: Authority | undefined, kept: KeptState['next'], now: number): Pick<AuthorityState, 'next'> {
  if (next === undefined || !isUsableAuthority(next, now)) return {};
  const seen = kept?.seenAt === undefined ? {} : { seenAt: kept.seenAt };
  return { next: { authority: next, announcedAt: kept?.announcedAt ?? now, ...seen } };
}

function previousOf(
  stored: readonly string[],
  published: readonly string[],
  kept: KeptState['previous'],
  now: number,
): AuthorityState['previous'] {
  const ends = new Map(kept.map(({ fingerprint256, until }) => [fingerprint256, until]));
  const found = new Map<string, string>();
  for (const cert of published.flatMap(splitPem))
    if (isTrustworthy(cert, now) && ends.has(fingerprintOf(cert))) found.set(fingerprintOf(cert), cert);
  for (const cert of stored) if (isTrustworthy(cert, now)) found.set(fingerprintOf(cert), cert);
  return [...found].map(([fingerprint, cert]) => ({
    cert,
    until: ends.get(fingerprint) ?? now + rotationTimes.leafDays * 86_400_000,
  }));
}

function fingerprintOf(cert: string): string {
  return new X509Certificate(cert).fingerprint256;
}

/** The whole `data` of the Secret, to be written at once. */
export function authoritySecretData(state: AuthorityState): SecretData {
  const encode = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
  const { next, previous } = state;
  const kept = {
    version: 1,
    keyMadeAt: state.keyMadeAt,
    ...(state.handledRequest === undefined ? {} : { handledRequest: state.handledRequest }),
    ...(state.unproven === undefined ? {} : { unproven: state.unproven }),
    ...(next === undefined
      ? {}
      : { next: { announcedAt: next.announcedAt, ...(next.seenAt === undefined ? {} : { seenAt: next.seenAt }) } }),
    previous: previous.map(({ cert, until }) => ({ fingerprint256: fingerprintOf(cert), until })),
  };
  return {
    'ca.crt': encode(state.current.cert),
    'ca.key': encode(state.current.key),
    ...(next === undefined ? {} : { 'next.crt': encode(next.authority.cert), 'next.key': encode(next.authority.key) }),
    ...(previous.length === 0 ? {} : { 'previous.crt': encode(previous.map(({ cert }) => lineEnded(cert)).join('')) }),
    'state.json': encode(JSON.stringify(kept)),
  };
}

type KeptState = z.infer<typeof stateSchema>;

function readState(text: string | undefined): KeptState | undefined {
  try {
    return text === undefined ? undefined : stateSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function isTrustworthy(cert: string, now: number): boolean {
  try {
    const certificate = new X509Certificate(cert);
    return certificate.ca && now < Date.parse(certificate.validTo);
  } catch {
    return false;
  }
}

function whyUnusable(cert: string, key: string, now: number): string {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(cert);
  } catch {
    return 'ca.crt is no certificate';
  }
  try {
    if (!certificate.checkPrivateKey(createPrivateKey(key))) return 'ca.key is not the key of ca.crt';
  } catch {
    return 'ca.key is no private key';
  }
  if (!certificate.ca) return 'ca.crt is not a certificate authority';
  return now >= Date.parse(certificate.validTo)
    ? `ca.crt ended on ${new Date(certificate.validTo).toISOString()}`
    : 'ca.crt cannot sign';
}

function lineEnded(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
