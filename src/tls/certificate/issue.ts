import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { isIP } from 'node:net';
import type forgeTypes from 'node-forge';
import type { CertificateMaterial } from './cert-source.js';
import { materialOf } from './material.js';

type Forge = typeof forgeTypes;
type Asn1 = forgeTypes.asn1.Asn1;
/** Exported by node-forge, left out of its types. */
type PkiWithTbs = Forge['pki'] & { getTBSCertificate(certificate: forgeTypes.pki.Certificate): Asn1 };

const ecdsaWithSha256 = '1.2.840.10045.4.3.2';
const commonNameLimit = 64;
const clockSkew = 3_600_000;
const day = 86_400_000;

/** A certificate authority of our own, as PEM text. */
export interface Authority {
  readonly key: string;
  readonly cert: string;
}

export interface AuthorityRequest {
  readonly commonName: string;
  readonly days: number;
  /** Renews the certificate of this key: leafs issued before stay good under the new one. */
  readonly key?: string;
  readonly now?: Date;
}

export interface ServerCertificateRequest {
  readonly authority: Authority;
  readonly commonName: string;
  readonly dns: readonly string[];
  readonly ip?: readonly string[];
  readonly days: number;
  readonly now?: Date;
}

/**
 * A self-signed P-256 authority, valid from an hour before `now`.
 * @throws RangeError on a common name over 64 characters, days that are not positive, or a key that is not P-256
 */
export async function issueAuthority(request: AuthorityRequest): Promise<Authority> {
  const key = request.key === undefined ? newKey() : p256(createPrivateKey(request.key));
  const forge = await loadForge();
  const now = request.now ?? new Date();
  const publicKey = createPublicKey(key);
  const certificate = forge.pki.createCertificate();
  certificate.setSubject(nameOf(request.commonName));
  certificate.setIssuer(nameOf(request.commonName));
  certificate.validity.notBefore = new Date(now.getTime() - clockSkew);
  certificate.validity.notAfter = endOf(now, request.days);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ...keyIdentifiers(forge, publicKey, publicKey),
  ]);
  return { key: pemOf(key), cert: signed(forge, certificate, publicKey, key) };
}

/**
 * A P-256 server certificate with a new key, valid from an hour before `now`, never longer than its authority.
 * Strict verifiers take it (`openssl verify -x509_strict`, Go): version 3, names only as subject alternative names, critical
 * basic constraints and key usage, key identifiers, a positive 127-bit serial, ECDSA without NULL parameters.
 * @throws RangeError on names that no certificate can carry, days that are not positive, or an authority that cannot sign
 */
export async function issueServerCertificate(request: ServerCertificateRequest): Promise<CertificateMaterial> {
  const authorityKey = p256(createPrivateKey(request.authority.key));
  const authority = new X509Certificate(request.authority.cert);
  if (!authority.ca || !authority.checkPrivateKey(authorityKey))
    throw new RangeError('the authority cannot sign: its certificate is not a CA, or its key is another one');
  for (const name of request.dns)
    if (!isDnsName(name)) throw new RangeError(`${JSON.stringify(name)} is not a DNS name`);
  for (const ip of request.ip ?? [])
    if (isIP(ip) === 0) throw new RangeError(`${JSON.stringify(ip)} is not an IP address`);
  if (request.dns.length + (request.ip?.length ?? 0) === 0)
    throw new RangeError('a server certificate needs at least one name');
  const forge = await loadForge();
  const now = request.now ?? new Date();
  const key = newKey();
  const publicKey = createPublicKey(key);
  const certificate = forge.pki.createCertificate();
  certificate.setSubject(nameOf(request.commonName));
  certificate.setIssuer(nameOf('replaced below'));
  certificate.validity.notBefore = new Date(now.getTime() - clockSkew);
  certificate.validity.notAfter = new Date(
    Math.min(endOf(now, request.days).getTime(), new Date(authority.validTo).getTime()),
  );
  certificate.setExtensions([
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    {
      name: 'subjectAltName',
      altNames: [
        ...[...new Set(request.dns)].map((value) => ({ type: 2, value })),
        ...[...new Set(request.ip ?? [])].map((ip) => ({ type: 7, ip })),
      ],
    },
    ...keyIdentifiers(forge, publicKey, createPublicKey(authorityKey)),
  ]);
  const cert = signed(forge, certificate, publicKey, authorityKey, subjectOf(forge, authority));
  return materialOf({ key: pemOf(key), cert, ca: request.authority.cert });
}

/** Letters, digits and hyphens in labels, at most 253 in all, `*` as the first label only. */
export function isDnsName(name: string): boolean {
  const label = '[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
  return name.length <= 253 && new RegExp(`^(\\*\\.)?${label}(\\.${label})*$`).test(name) && isIP(name) === 0;
}

/** 40 ms of loading that only making a certificate needs. */
async function loadForge(): Promise<Forge> {
  return (await import('node-forge')).default;
}

function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
}

function p256(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new RangeError('the authority key has to be an EC key on P-256');
  return key;
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function nameOf(commonName: string): forgeTypes.pki.CertificateField[] {
  if (commonName.length === 0 || commonName.length > commonNameLimit)
    throw new RangeError(`a common name has 1 to ${commonNameLimit} characters, not ${commonName.length}`);
  return [{ name: 'commonName', value: commonName }];
}

function endOf(now: Date, days: number): Date {
  if (!(days > 0) || days > 36_500)
    throw new RangeError(`a certificate is valid for 1 day to 100 years, not ${days} days`);
  return new Date(now.getTime() + days * day);
}

function binary(bytes: Buffer): string {
  return bytes.toString('binary');
}

function spkiOf(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}

/** RFC 5280 §4.2.1.2 method 1: SHA-1 of the public key's bits, for P-256 the 65 bytes of the uncompressed point. */
function keyIdentifier(key: KeyObject): Buffer {
  return createHash('sha1').update(spkiOf(key).subarray(-65)).digest();
}

function keyIdentifiers(forge: Forge, subject: KeyObject, issuer: KeyObject): { id: string; value: string }[] {
  const { asn1 } = forge;
  const own = asn1.create(asn1.Class.UNIVERSAL, asn1.Type.OCTETSTRING, false, binary(keyIdentifier(subject)));
  const authority = asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, [
    asn1.create(asn1.Class.CONTEXT_SPECIFIC, 0, false, binary(keyIdentifier(issuer))),
  ]);
  return [
    { id: '2.5.29.14', value: asn1.toDer(own).getBytes() },
    { id: '2.5.29.35', value: asn1.toDer(authority).getBytes() },
  ];
}

/** Go compares the raw bytes of the names, so the issuer is the authority's subject as it stands. */
function subjectOf(forge: Forge, certificate: X509Certificate): Asn1 {
  const whole = forge.asn1.fromDer(forge.util.createBuffer(binary(certificate.raw)));
  const subject = children(children(whole)[0])[5];
  if (subject === undefined) throw new RangeError('the authority certificate has no subject');
  return subject;
}

function children(node: Asn1 | undefined): Asn1[] {
  return Array.isArray(node?.value) ? node.value : [];
}

/**
 * node-forge can neither hold nor sign with EC keys: it lays out the certificate around a stand-in RSA key, then the key, the
 * algorithms and the signature are put in from node:crypto.
 */
function signed(
  forge: Forge,
  certificate: forgeTypes.pki.Certificate,
  publicKey: KeyObject,
  signer: KeyObject,
  issuer?: Asn1,
): string {
  const { asn1 } = forge;
  const three = new forge.jsbn.BigInteger('3');
  certificate.publicKey = forge.pki.setRsaPublicKey(three, three);
  certificate.serialNumber = serialNumber();
  certificate.signatureOid = ecdsaWithSha256;
  certificate.siginfo.algorithmOid = ecdsaWithSha256;
  const algorithm = (): Asn1 =>
    asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, [
      asn1.create(asn1.Class.UNIVERSAL, asn1.Type.OID, false, asn1.oidToDer(ecdsaWithSha256).getBytes()),
    ]);
  const toBeSigned = (forge.pki as PkiWithTbs).getTBSCertificate(certificate);
  const fields = children(toBeSigned);
  fields[2] = algorithm();
  if (issuer !== undefined) fields[3] = issuer;
  fields[6] = asn1.fromDer(forge.util.createBuffer(binary(spkiOf(publicKey))));
  const signature = sign('sha256', derOf(forge, toBeSigned), signer);
  const whole = asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, [
    toBeSigned,
    algorithm(),
    asn1.create(asn1.Class.UNIVERSAL, asn1.Type.BITSTRING, false, `\0${binary(signature)}`),
  ]);
  const base64 =
    derOf(forge, whole)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${base64.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function derOf(forge: Forge, node: Asn1): Buffer {
  return Buffer.from(forge.asn1.toDer(node).getBytes(), 'binary');
}

/** Positive, 127 bits: the highest bit is clear and the next one set, so that the length is always 16 bytes. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}
