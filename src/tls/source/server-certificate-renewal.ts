import { X509Certificate } from 'node:crypto';
import { type AuthorityState, type RotationTimes, rotationTimes } from '../authority/rotation.js';
import type { CertificateMaterial } from '../certificate/cert-source.js';

/** What a replica knows of the authority, and since when. */
export interface AuthorityView {
  readonly state: AuthorityState;
  /** When the Secret was last read. */
  readonly readAt: number;
}

export type LeafStep =
  | { readonly step: 'sign'; readonly why: string }
  | { readonly step: 'keep' }
  /** No certificate yet, and one of the authority at hand would not be trusted yet. */
  | { readonly step: 'wait'; readonly why: string };

/**
 * When a replica renews its server certificate: at two thirds of its life, or when another authority signs. `openClusterCertificates`
 * (issued-source.ts) asks every few seconds and signs; development certificates have a rule of their own (development-source.ts). It signs only with an authority that it has read a short while ago, so that
 * one that was cut off from the API server does not go on using a key that has been replaced; it serves what it has until then.
 */
export function leafStep(
  leaf: CertificateMaterial | undefined,
  view: AuthorityView,
  now: number,
  times: RotationTimes = rotationTimes,
): LeafStep {
  const { state, readAt } = view;
  if (now - readAt > times.staleAfter)
    return leaf === undefined
      ? { step: 'wait', why: 'the authority was last read too long ago to sign with it' }
      : { step: 'keep' };
  if (leaf === undefined) {
    return state.unproven === undefined
      ? { step: 'sign', why: 'there is no certificate yet' }
      : { step: 'wait', why: 'the webhook configurations do not show the authority yet' };
  }
  const life = leaf.notAfter.getTime() - leaf.notBefore.getTime();
  const isLate = now >= leaf.notBefore.getTime() + (life * 2) / 3;
  if (isSignedBy(leaf, state.current.cert))
    return isLate ? { step: 'sign', why: 'two thirds of its life are over' } : { step: 'keep' };
  // Late, or even over: a new one would not be trusted before clients know the authority, and they learn of it in a minute.
  if (state.unproven !== undefined) return { step: 'keep' };
  return { step: 'sign', why: 'another authority signs now' };
}

function isSignedBy(leaf: CertificateMaterial, authority: string): boolean {
  try {
    const issuer = new X509Certificate(authority);
    const certificate = new X509Certificate(leaf.cert);
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    return false;
  }
}
