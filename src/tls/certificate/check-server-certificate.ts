import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { Problem } from '../../core/problem/problem.js';
import { type CertificatePem, namesOf, splitPem } from './material.js';

const serverAuth = '1.3.6.1.5.5.7.3.1';
const anyUsage = '2.5.29.37.0';

export interface CheckOptions {
  /** Names and addresses the certificate has to be good for. */
  readonly names?: readonly string[];
  readonly now: Date;
  /** Called in messages; `the certificate` without. */
  readonly certFile?: string;
  readonly keyFile?: string;
}

/**
 * Everything that would make clients refuse a server certificate, before it is put to use: key and certificate belong together
 * (an EC key with an RSA certificate passes `setSecureContext` and then breaks every handshake), dates, names, usage, chain.
 * Errors mean that it must not be served; warnings are for a person.
 */
export function checkServerCertificate(pem: CertificatePem, options: CheckOptions): readonly Problem[] {
  const problems: Problem[] = [];
  const certName = options.certFile ?? 'the certificate';
  const keyName = options.keyFile ?? 'the private key';
  const add = (
    severity: Problem['severity'],
    code: string,
    message: string,
    advice: string,
    file = options.certFile,
  ): void => {
    problems.push({ code, severity, message, advice, ...(file === undefined ? {} : { place: { file } }) });
  };

  const chain = readChain(pem.cert);
  const leaf = chain[0];
  if (leaf === undefined) {
    add(
      'error',
      'tls-certificate-unreadable',
      `${certName} holds no certificate that can be read`,
      'Give a PEM file: -----BEGIN CERTIFICATE----- … with the server certificate first.',
    );
  }
  const key = readKey(pem.key);
  if (key === undefined) {
    add(
      'error',
      'tls-key-unreadable',
      `${keyName} holds no private key that can be read`,
      'Give an unencrypted PEM key: -----BEGIN PRIVATE KEY----- or -----BEGIN EC PRIVATE KEY-----.',
      options.keyFile,
    );
  }
  if (leaf === undefined) return problems;

  if (key !== undefined && !leaf.checkPrivateKey(key)) {
    const other = chain.findIndex((certificate) => certificate.checkPrivateKey(key));
    add(
      'error',
      'tls-key-mismatch',
      `${keyName} is not the key of ${certName}`,
      other > 0
        ? `It belongs to certificate ${other + 1} of the file: put the server certificate first.`
        : 'Replace both files together; a key and a certificate from different renewals do not fit.',
    );
  }
  checkDates(leaf, options.now, certName, add);
  checkUsage(leaf, certName, add);
  checkNames(leaf, options.names ?? [], certName, add);
  checkChain(chain, pem.ca, options.now, certName, add);
  return problems;
}

type Add = (severity: Problem['severity'], code: string, message: string, advice: string) => void;

function readChain(text: string): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  for (const block of splitPem(text)) {
    try {
      chain.push(new X509Certificate(block));
    } catch {
      return chain;
    }
  }
  return chain;
}

function readKey(text: string): KeyObject | undefined {
  try {
    return createPrivateKey(text);
  } catch {
    return undefined;
  }
}

function checkDates(leaf: X509Certificate, now: Date, certName: string, add: Add): void {
  const notBefore = new Date(leaf.validFrom);
  const notAfter = new Date(leaf.validTo);
  if (now >= notAfter)
    add('error', 'tls-expired', `${certName} ended on ${notAfter.toISOString()}`, 'Renew the certificate.');
  else if (now < notBefore)
    add(
      'error',
      'tls-not-yet-valid',
      `${certName} is valid only from ${notBefore.toISOString()}`,
      "Check this machine's clock, or wait.",
    );
  else if (notAfter.getTime() - now.getTime() < (notAfter.getTime() - notBefore.getTime()) / 10)
    add(
      'warning',
      'tls-expires-soon',
      `${certName} ends on ${notAfter.toISOString()}: less than a tenth of its life is left`,
      'Renew it now; a changed file is taken over without a restart.',
    );
}

function checkUsage(leaf: X509Certificate, certName: string, add: Add): void {
  // Without the extension every usage is allowed; Node types it as always there.
  const usages = leaf.keyUsage as readonly string[] | undefined;
  if (usages !== undefined && !usages.includes(serverAuth) && !usages.includes(anyUsage))
    add(
      'error',
      'tls-usage',
      `${certName} is not for servers: its extended key usage leaves out serverAuth`,
      'Issue it with the usage "server auth".',
    );
  if (leaf.ca)
    add(
      'warning',
      'tls-leaf-is-ca',
      `${certName} is a certificate authority, served as a server certificate`,
      'Serve a certificate that this authority signed, so that its key can stay away from the server.',
    );
}

function checkNames(leaf: X509Certificate, names: readonly string[], certName: string, add: Add): void {
  const has = namesOf(leaf);
  if (has.length === 0) {
    add(
      'error',
      'tls-no-names',
      `${certName} has no subject alternative name; clients no longer read the common name`,
      'Issue it with the DNS names and IP addresses of the server as subject alternative names.',
    );
    return;
  }
  const missing = names.filter((name) =>
    isIP(name) === 0 ? leaf.checkHost(name, { subject: 'never' }) === undefined : leaf.checkIP(name) === undefined,
  );
  if (missing.length > 0)
    add(
      'error',
      'tls-name-missing',
      `${certName} is not good for ${missing.join(', ')}; it has ${has.join(', ')}`,
      'Issue it with these names too: the API server calls the webhook as <service>.<namespace>.svc.',
    );
}

function checkChain(
  chain: readonly X509Certificate[],
  ca: string | undefined,
  now: Date,
  certName: string,
  add: Add,
): void {
  if (ca === undefined) return;
  const roots = readChain(ca);
  if (roots.length === 0) {
    add(
      'error',
      'tls-authority-unreadable',
      'the file of authorities holds no certificate that can be read',
      'Give the PEM certificates of the authorities that clients trust.',
    );
    return;
  }
  const [leaf, ...intermediates] = chain;
  if (leaf === undefined) return;
  const inDate = (certificate: X509Certificate): boolean =>
    now >= new Date(certificate.validFrom) && now < new Date(certificate.validTo);
  const reaches = (certificate: X509Certificate, depth: number, valid: (c: X509Certificate) => boolean): boolean => {
    if (roots.some((root) => root.fingerprint256 === certificate.fingerprint256 && valid(root))) return true;
    if (roots.some((root) => valid(root) && signedBy(certificate, root))) return true;
    return (
      depth < 8 &&
      intermediates.some(
        (next) =>
          next.fingerprint256 !== certificate.fingerprint256 &&
          valid(next) &&
          signedBy(certificate, next) &&
          reaches(next, depth + 1, valid),
      )
    );
  };
  if (reaches(leaf, 0, inDate)) return;
  if (reaches(leaf, 0, () => true))
    add(
      'error',
      'tls-authority-expired',
      `the authority of ${certName} is outside its dates`,
      'Renew the authority, hand it to the clients, then renew the certificate.',
    );
  else
    add(
      'error',
      'tls-chain',
      `${certName} does not lead to a known authority (its issuer is ${oneLine(leaf.issuer)})`,
      'Put the intermediates behind the server certificate in its file, and give the authority that signed them.',
    );
}

function signedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function oneLine(name: string): string {
  return name.replaceAll('\n', ', ');
}
