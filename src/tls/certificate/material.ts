import { X509Certificate } from 'node:crypto';
import type { CertificateMaterial } from './cert-source.js';

/** PEM text of a key, its certificate chain and, where known, the authorities that clients trust. */
export interface CertificatePem {
  readonly key: string;
  readonly cert: string;
  readonly ca?: string;
}

/**
 * Reads what is in the leaf of a PEM chain.
 * @throws what node:crypto throws when the first certificate does not parse
 */
export function materialOf(pem: CertificatePem): CertificateMaterial {
  const leaf = new X509Certificate(pem.cert);
  return {
    ...pem,
    fingerprint256: leaf.fingerprint256,
    notBefore: new Date(leaf.validFrom),
    notAfter: new Date(leaf.validTo),
    names: namesOf(leaf),
  };
}

/** DNS names and IP addresses of the subject alternative names; the common name does not count, as for every current client. */
export function namesOf(certificate: X509Certificate): readonly string[] {
  return (certificate.subjectAltName ?? '')
    .split(', ')
    .filter((part) => part.startsWith('DNS:') || part.startsWith('IP Address:'))
    .map((part) => part.slice(part.indexOf(':') + 1));
}

/** Each certificate of a PEM bundle, in order; text between the blocks is left out. */
export function splitPem(bundle: string): readonly string[] {
  return bundle.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}
