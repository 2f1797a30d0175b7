import { generateKeyPairSync } from 'node:crypto';
import { formatProblem } from '../../../src/core/problem/problem.js';
import type { CertificateMaterial } from '../../../src/tls/certificate/cert-source.js';
import { checkServerCertificate } from '../../../src/tls/certificate/check-server-certificate.js';
import { type Authority, issueAuthority, issueServerCertificate } from '../../../src/tls/certificate/issue.js';

const now = new Date('2030-06-01T12:00:00Z');
const later = (days: number): Date => new Date(now.getTime() + days * 86_400_000);
let authority: Authority;
let leaf: CertificateMaterial;

beforeAll(async () => {
  authority = await issueAuthority({ commonName: 'Test CA', days: 30, now });
  leaf = await issueServerCertificate({
    authority,
    commonName: 'webhook',
    dns: ['webhook.ns.svc'],
    ip: ['127.0.0.1'],
    days: 10,
    now,
  });
});

const check = (pem: Partial<CertificateMaterial>, options: { names?: readonly string[]; now?: Date } = {}) =>
  checkServerCertificate({ ...leaf, ...pem }, { now, certFile: 'tls.crt', keyFile: 'tls.key', ...options }).map(
    formatProblem,
  );

test('good material has no problems, with and without an authority to check against', () => {
  expect(check({}, { names: ['webhook.ns.svc', '127.0.0.1'] })).toEqual([]);
  expect(checkServerCertificate({ key: leaf.key, cert: leaf.cert }, { now })).toEqual([]);
});

test('a certificate that does not parse', () => {
  expect(check({ cert: 'hello' })).toMatchInlineSnapshot(`
[
  "tls.crt: error: tls.crt holds no certificate that can be read [tls-certificate-unreadable]
    Give a PEM file: -----BEGIN CERTIFICATE----- … with the server certificate first.",
]
`);
  expect(check({ cert: leaf.cert.replace(/[A-Za-z]{20}/, 'AAAAAAAAAAAAAAAAAAAA') })[0]).toContain(
    'tls-certificate-unreadable',
  );
});

test('a key that does not parse', () => {
  expect(check({ key: '' })).toMatchInlineSnapshot(`
[
  "tls.key: error: tls.key holds no private key that can be read [tls-key-unreadable]
    Give an unencrypted PEM key: -----BEGIN PRIVATE KEY----- or -----BEGIN EC PRIVATE KEY-----.",
]
`);
});

test('an EC certificate with an RSA key, which setSecureContext would take', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  expect(check({ key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() })).toMatchInlineSnapshot(`
[
  "tls.crt: error: tls.key is not the key of tls.crt [tls-key-mismatch]
    Replace both files together; a key and a certificate from different renewals do not fit.",
]
`);
});

test('a chain in the wrong order names the certificate that the key belongs to', () => {
  expect(
    check({ cert: authority.cert + leaf.cert }).filter((line) => line.includes('mismatch')),
  ).toMatchInlineSnapshot(`
[
  "tls.crt: error: tls.key is not the key of tls.crt [tls-key-mismatch]
    It belongs to certificate 2 of the file: put the server certificate first.",
]
`);
});

test('dates: over, not begun, soon over', () => {
  expect(check({}, { now: later(11) })).toMatchInlineSnapshot(`
[
  "tls.crt: error: tls.crt ended on 2030-06-11T12:00:00.000Z [tls-expired]
    Renew the certificate.",
]
`);
  expect(check({}, { now: later(-1) })).toMatchInlineSnapshot(`
[
  "tls.crt: error: tls.crt is valid only from 2030-06-01T11:00:00.000Z [tls-not-yet-valid]
    Check this machine's clock, or wait.",
  "tls.crt: error: the authority of tls.crt is outside its dates [tls-authority-expired]
    Renew the authority, hand it to the clients, then renew the certificate.",
]
`);
  expect(check({}, { now: later(9.5) })).toMatchInlineSnapshot(`
[
  "tls.crt: warning: tls.crt ends on 2030-06-11T12:00:00.000Z: less than a tenth of its life is left [tls-expires-soon]
    Renew it now; a changed file is taken over without a restart.",
]
`);
});

test('names that are missing are all said, with those that are there', () => {
  expect(check({}, { names: ['webhook.ns.svc', 'other.ns.svc', '10.0.0.1'] })).toMatchInlineSnapshot(`
[
  "tls.crt: error: tls.crt is not good for other.ns.svc, 10.0.0.1; it has webhook.ns.svc, 127.0.0.1 [tls-name-missing]
    Issue it with these names too: the API server calls the webhook as <service>.<namespace>.svc.",
]
`);
});

test('an authority that did not sign it', async () => {
  const other = await issueAuthority({ commonName: 'Test CA', days: 30, now });
  expect(check({ ca: other.cert })).toMatchInlineSnapshot(`
[
  "tls.crt: error: tls.crt does not lead to a known authority (its issuer is CN=Test CA) [tls-chain]
    Put the intermediates behind the server certificate in its file, and give the authority that signed them.",
]
`);
  expect(check({ ca: other.cert + authority.cert })).toEqual([]);
  expect(check({ ca: 'nothing' })).toMatchInlineSnapshot(`
[
  "tls.crt: error: the file of authorities holds no certificate that can be read [tls-authority-unreadable]
    Give the PEM certificates of the authorities that clients trust.",
]
`);
});

test('an authority outside its dates', async () => {
  const short = await issueAuthority({ commonName: 'Test CA', days: 1, key: authority.key, now });
  expect(check({ ca: short.cert }, { now: later(2) })).toMatchInlineSnapshot(`
[
  "tls.crt: error: the authority of tls.crt is outside its dates [tls-authority-expired]
    Renew the authority, hand it to the clients, then renew the certificate.",
]
`);
  expect(check({ ca: short.cert + authority.cert }, { now: later(2) })).toEqual([]);
});

test('an authority served as a server certificate', () => {
  expect(checkServerCertificate(authority, { now }).map(formatProblem)).toMatchInlineSnapshot(`
[
  "warning: the certificate is a certificate authority, served as a server certificate [tls-leaf-is-ca]
    Serve a certificate that this authority signed, so that its key can stay away from the server.",
  "error: the certificate has no subject alternative name; clients no longer read the common name [tls-no-names]
    Issue it with the DNS names and IP addresses of the server as subject alternative names.",
]
`);
});
