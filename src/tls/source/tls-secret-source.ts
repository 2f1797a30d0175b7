import type { SecretData } from '../../kubernetes/secret-data.js';
import { messageOf } from '../../system/errno.js';
import type { CertSource } from '../certificate/cert-source.js';
import type { LoadedCertificate } from './loaded-source.js';
import { loadedCertificate, loadedSource } from './loaded-source.js';

export interface SecretCertificatesOptions {
  /** One read of the Secret; undefined: there is none. */
  readonly readSecret: () => Promise<SecretData | undefined>;
  /** `namespace/name`, for messages. */
  readonly secretName: string;
  /** Names the certificate has to be good for. */
  readonly names?: readonly string[];
  readonly now?: () => Date;
  /** Milliseconds between looks. Default 10 s. */
  readonly poll?: number;
}

/**
 * A certificate out of a Secret of type kubernetes.io/tls (`tls.crt`, `tls.key`, and `ca.crt` where there is one), as cert-manager
 * and others write it; taken over when it changes and is good.
 * @throws CertificateError when there is none, or none that can be served, at the start; later ones only show in `problems`
 */
export async function openSecretCertificates(options: SecretCertificatesOptions): Promise<CertSource> {
  const clock = options.now ?? (() => new Date());
  return loadedSource(() => load(options, clock()), options.poll ?? 10_000);
}

async function load(
  { readSecret, secretName, names }: SecretCertificatesOptions,
  now: Date,
): Promise<LoadedCertificate> {
  const refuse = (contentHash: string, message: string, advice: string): LoadedCertificate => ({
    contentHash,
    refused: [{ code: 'tls-secret', severity: 'error', message, advice }],
  });
  let data: SecretData | undefined;
  try {
    data = await readSecret();
  } catch (error) {
    return refuse(
      'unread',
      `the Secret ${secretName} cannot be read: ${messageOf(error)}`,
      'Check that the API server can be reached and that the ServiceAccount may get this Secret.',
    );
  }
  if (data === undefined)
    return refuse(
      'none',
      `there is no Secret ${secretName}`,
      'Check --tls-secret NAMESPACE/NAME, and that whoever issues the certificate has done so.',
    );
  const text = (key: string): string => Buffer.from(data?.[key] ?? '', 'base64').toString('utf8');
  const [cert, key, ca] = [text('tls.crt'), text('tls.key'), text('ca.crt')];
  return loadedCertificate(
    { cert, key, ...(ca === '' ? {} : { ca }) },
    {
      now,
      certFile: `tls.crt of the Secret ${secretName}`,
      keyFile: `tls.key of the Secret ${secretName}`,
      ...(names === undefined ? {} : { names }),
    },
  );
}
