import { createHash } from 'node:crypto';
import type { Problem } from '../../core/problem/problem.js';
import { ProblemsError } from '../../core/problem/user-error.js';
import type { CertificateMaterial } from '../certificate/cert-source.js';
import { type CheckOptions, checkServerCertificate } from '../certificate/check-server-certificate.js';
import { type CertificatePem, materialOf } from '../certificate/material.js';
import { type PolledSource, polledSource } from './polled-source.js';

/** The certificate given at the start cannot be served. */
export class CertificateError extends ProblemsError {
  override readonly name = 'CertificateError';
  readonly code = 'tls-certificate-refused';
}

/** What one look at somebody else's certificate found. `contentHash` tells one content from the next. */
export type LoadedCertificate =
  | { readonly contentHash: string; readonly material: CertificateMaterial; readonly notes: readonly Problem[] }
  | { readonly contentHash: string; readonly refused: readonly Problem[] };

/**
 * A source of what `load` finds, every `poll` ms: taken over when it is new and good; what is refused shows in `problems`.
 * @throws CertificateError when the first cannot be served
 */
export async function loadedSource(load: () => Promise<LoadedCertificate>, poll: number): Promise<PolledSource> {
  const first = await load();
  if ('refused' in first) throw new CertificateError(first.refused);
  let seen = first.contentHash;
  return polledSource({ material: first.material, problems: first.notes }, poll, async (served) => {
    const next = await load();
    const isNew = next.contentHash !== seen;
    seen = next.contentHash;
    const problems = 'refused' in next ? next.refused : next.notes;
    if (!isNew && JSON.stringify(problems) === JSON.stringify(served.problems)) return served;
    return { material: isNew && !('refused' in next) ? next.material : served.material, problems };
  });
}

/** A certificate as it was read: its material where it passes `checkServerCertificate`. */
export function loadedCertificate(pem: CertificatePem, options: CheckOptions): LoadedCertificate {
  const contentHash = createHash('sha256')
    .update(JSON.stringify([pem.cert, pem.key, pem.ca ?? null]))
    .digest('hex');
  const problems = checkServerCertificate(pem, options);
  return problems.some(({ severity }) => severity === 'error')
    ? { contentHash, refused: problems }
    : { contentHash, material: materialOf(pem), notes: problems };
}
