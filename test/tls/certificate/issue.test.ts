import { execFileSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serviceNames } from '../../../src/core/manifests/names.js';
import { isDnsName, issueAuthority, issueServerCertificate } from '../../../src/tls/certificate/issue.js';
import { hasCommand } from '../../support/has-command.js';
import { itNeeds } from '../../support/require.js';

const now = new Date();
const day = 86_400_000;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-issue-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const issueBoth = async (commonName = 'webhook') => {
  const authority = await issueAuthority({ commonName: 'Test CA', days: 365, now });
  const leaf = await issueServerCertificate({
    authority,
    commonName,
    dns: ['localhost', ...serviceNames('seccomply', 'seccomply-system'), '*.example.org'],
    ip: ['127.0.0.1', '::1'],
    days: 7,
    now,
  });
  return { authority, leaf };
};

test('a server certificate carries what strict verifiers ask for', async () => {
  const { authority, leaf } = await issueBoth();
  const certificate = new X509Certificate(leaf.cert);
  const root = new X509Certificate(authority.cert);
  expect(root.ca).toBe(true);
  expect(certificate.ca).toBe(false);
  expect(certificate.verify(root.publicKey)).toBe(true);
  expect(certificate.checkIssued(root)).toBe(true);
  expect(certificate.checkPrivateKey(createPrivateKey(leaf.key))).toBe(true);
  expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  expect(leaf.names).toEqual([
    'localhost',
    'seccomply',
    'seccomply.seccomply-system',
    'seccomply.seccomply-system.svc',
    'seccomply.seccomply-system.svc.cluster.local',
    '*.example.org',
    '127.0.0.1',
    '0:0:0:0:0:0:0:1',
  ]);
  expect(leaf.ca).toBe(authority.cert);
  expect(certificate.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
  expect(leaf.notBefore.getTime()).toBeLessThanOrEqual(now.getTime() - 3_599_000);
  expect(Math.abs(leaf.notAfter.getTime() - now.getTime() - 7 * day)).toBeLessThan(1000);
});

test('two certificates never share a serial or a key', async () => {
  const first = await issueBoth();
  const second = await issueBoth();
  expect(new X509Certificate(first.leaf.cert).serialNumber).not.toBe(
    new X509Certificate(second.leaf.cert).serialNumber,
  );
  expect(first.leaf.key).not.toBe(second.leaf.key);
});

test('a certificate never outlives its authority', async () => {
  const authority = await issueAuthority({ commonName: 'Short CA', days: 2, now });
  const leaf = await issueServerCertificate({ authority, commonName: 'x', dns: ['x'], days: 30, now });
  expect(leaf.notAfter).toEqual(new Date(new X509Certificate(authority.cert).validTo));
});

test('an authority renewed with its key still vouches for old certificates', async () => {
  const { authority, leaf } = await issueBoth();
  const renewed = await issueAuthority({ commonName: 'Test CA', days: 365, key: authority.key });
  expect(renewed.cert).not.toBe(authority.cert);
  const certificate = new X509Certificate(leaf.cert);
  expect(certificate.checkIssued(new X509Certificate(renewed.cert))).toBe(true);
  expect(certificate.verify(new X509Certificate(renewed.cert).publicKey)).toBe(true);
});

describe('what is refused', () => {
  const request = { commonName: 'x', days: 1 };
  test.each([
    ['a name with a space', { ...request, dns: ['a b'] }, '"a b" is not a DNS name'],
    ['an address among the DNS names', { ...request, dns: ['10.0.0.1'] }, '"10.0.0.1" is not a DNS name'],
    ['a bad address', { ...request, dns: [], ip: ['10.0.0.256'] }, '"10.0.0.256" is not an IP address'],
    ['no name at all', { ...request, dns: [] }, 'a server certificate needs at least one name'],
    [
      'a long common name',
      { ...request, commonName: 'x'.repeat(65), dns: ['x'] },
      'a common name has 1 to 64 characters, not 65',
    ],
    ['no days', { ...request, days: 0, dns: ['x'] }, 'a certificate is valid for 1 day to 100 years, not 0 days'],
  ])('%s', async (_name, bad, message) => {
    const authority = await issueAuthority({ commonName: 'CA', days: 1, now });
    await expect(issueServerCertificate({ authority, ...bad })).rejects.toThrow(new RangeError(message));
  });

  test('an authority with the key of another', async () => {
    const one = await issueAuthority({ commonName: 'CA', days: 1 });
    const two = await issueAuthority({ commonName: 'CA', days: 1 });
    await expect(
      issueServerCertificate({ authority: { key: two.key, cert: one.cert }, ...request, dns: ['x'] }),
    ).rejects.toThrow('the authority cannot sign: its certificate is not a CA, or its key is another one');
  });

  test('a leaf as an authority', async () => {
    const { leaf } = await issueBoth();
    await expect(issueServerCertificate({ authority: leaf, ...request, dns: ['x'] })).rejects.toThrow(
      'the authority cannot sign',
    );
  });

  test('a key that is not P-256', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await expect(issueAuthority({ commonName: 'CA', days: 1, key })).rejects.toThrow(
      'the authority key has to be an EC key on P-256',
    );
  });
});

test.each([
  ['localhost', true],
  ['a.b-c.d1', true],
  ['*.example.org', true],
  ['a.*.org', false],
  ['-a', false],
  ['a..b', false],
  ['', false],
  ['::1', false],
  [`${'a'.repeat(64)}.org`, false],
])('%s is a DNS name: %s', (name, expected) => expect(isDnsName(name)).toBe(expected));

itNeeds(hasCommand('openssl', 'version'), 'no openssl')(
  'openssl verify -x509_strict takes the chain, by name and by address',
  async () => {
    const { authority, leaf } = await issueBoth();
    writeFileSync(join(folder, 'ca.crt'), authority.cert);
    writeFileSync(join(folder, 'tls.crt'), leaf.cert);
    const verify = (...more: string[]): string =>
      execFileSync(
        'openssl',
        ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', 'ca.crt', ...more, 'tls.crt'],
        { cwd: folder, encoding: 'utf8', stdio: 'pipe' },
      );
    expect(verify('-verify_hostname', 'seccomply.seccomply-system.svc')).toBe('tls.crt: OK\n');
    expect(verify('-verify_hostname', 'localhost')).toBe('tls.crt: OK\n');
    expect(verify('-verify_ip', '127.0.0.1')).toBe('tls.crt: OK\n');
    expect(verify('-verify_ip', '::1')).toBe('tls.crt: OK\n');
    expect(() => verify('-verify_hostname', 'elsewhere.example')).toThrow();
  },
);

const goProgram = `package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
)

func main() {
	ca, _ := os.ReadFile("ca.crt")
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		panic("ca.crt does not parse")
	}
	if _, err := tls.LoadX509KeyPair("tls.crt", "tls.key"); err != nil {
		panic(err)
	}
	raw, _ := os.ReadFile("tls.crt")
	block, _ := pem.Decode(raw)
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		panic(err)
	}
	for _, name := range os.Args[1:] {
		_, err := leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: roots})
		fmt.Printf("%s: %v\\n", name, err)
	}
}
`;

itNeeds(hasCommand('go', 'version'), 'no Go toolchain')(
  "Go's crypto/x509, which the API server uses, takes the chain",
  async () => {
    const { authority, leaf } = await issueBoth();
    writeFileSync(join(folder, 'ca.crt'), authority.cert);
    writeFileSync(join(folder, 'tls.crt'), leaf.cert);
    writeFileSync(join(folder, 'tls.key'), leaf.key);
    writeFileSync(join(folder, 'main.go'), goProgram);
    const names = ['seccomply.seccomply-system.svc', 'localhost', '127.0.0.1', '[::1]'];
    const printed = execFileSync('go', ['run', 'main.go', ...names], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, GO111MODULE: 'off', GOFLAGS: '' },
      timeout: 300_000,
    });
    expect(printed).toBe(names.map((name) => `${name}: <nil>\n`).join(''));
  },
  300_000,
);
