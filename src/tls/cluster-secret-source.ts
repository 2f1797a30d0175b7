import { createHash } from 'node:crypto';
import type { Problem } from '../core/problem/problem.js';
import { messageOf } from '../system/errno.js';
import type { CertificateMaterial, CertSource } from './cert-source.js';
import { checkServerCertificate } from './check.js';
import { CertificateError } from './file-source.js';
import { materialOf } from './material.js';
import type { SecretData } from './rotation-secret.js';

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
  const listeners = new Set<(material: CertificateMaterial) => void>();
  const first = await load(options, clock());
  if ('refused' in first) throw new CertificateError(first.refused);
  let { material, notes: problems } = first;
  let seen = first.contentHash;
  let looking = false;

  const look = async (): Promise<void> => {
    const next = await load(options, clock());
    const before = JSON.stringify(problems);
    const isNew = next.contentHash !== seen;
    seen = next.contentHash;
    if ('refused' in next) problems = next.refused;
    else {
      problems = next.notes;
      if (isNew) material = next.material;
    }
    if (isNew || JSON.stringify(problems) !== before) for (const listener of listeners) listener(material);
  };
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void look().finally(() => {
      looking = false;
    });
  }, options.poll ?? 10_000);
  timer.unref();
  return {
    current: () => material,
    problems: () => problems,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      clearInterval(timer);
      listeners.clear();
    },
  };
}

type Loaded =
  | { readonly contentHash: string; readonly material: CertificateMaterial; readonly notes: readonly Problem[] }
  | { readonly contentHash: string; readonly refused: readonly Problem[] };

async function load({ readSecret, secretName, names }: SecretCertificatesOptions, now: Date): Promise<Loaded> {
  const refuse = (contentHash: string, message: string, advice: string): Loaded => ({
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
  const contentHash = createHash('sha256')
    .update(JSON.stringify([cert, key, ca]))
    .digest('hex');
  const pem = { cert, key, ...(ca === '' ? {} : { ca }) };
  const problems = checkServerCertificate(pem, {
    now,
    certFile: `tls.crt of the Secret ${secretName}`,
    keyFile: `tls.key of the Secret ${secretName}`,
    ...(names === undefined ? {} : { names }),
  });
  return problems.some(({ severity }) => severity === 'error')
    ? { contentHash, refused: problems }
    : { contentHash, material: materialOf(pem), notes: problems };
}
