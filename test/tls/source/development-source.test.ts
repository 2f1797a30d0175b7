import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatProblem } from '../../../src/core/problem/problem.js';
import { splitPem } from '../../../src/tls/certificate/material.js';
import { openDevelopmentCertificates } from '../../../src/tls/source/development-source.js';

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'seccomply-dev-')), 'tls');
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

const start = new Date('2030-01-01T00:00:00Z');
const dayAfter = (days: number): Date => new Date(start.getTime() + days * 86_400_000);
const open = async (now = start, names: readonly string[] = []) => {
  const notes: string[] = [];
  const source = await openDevelopmentCertificates({
    folder,
    names,
    now: () => now,
    note: (problem) => notes.push(formatProblem(problem).replaceAll(folder, 'DIR/tls')),
  });
  source.close();
  return { ...source.current(), notes };
};
const file = (name: string): string => join(folder, name);

test('makes an authority and a certificate for loopback, keys for the owner only', async () => {
  const made = await open(start, ['web.example', '10.1.2.3', '0.0.0.0', '::']);
  expect(made.names).toEqual(['localhost', 'web.example', '127.0.0.1', '0:0:0:0:0:0:0:1', '10.1.2.3']);
  expect(made.notes).toEqual([]);
  expect(readFileSync(file('ca.crt'), 'utf8')).toBe(made.ca);
  expect(statSync(file('ca.key')).mode & 0o777).toBe(0o600);
  expect(statSync(file('tls.key')).mode & 0o777).toBe(0o600);
});

test('uses both again after a restart, and renews the certificate at two thirds', async () => {
  const first = await open();
  expect((await open(dayAfter(4))).cert).toBe(first.cert);
  const renewed = await open(dayAfter(4.8));
  expect(renewed.cert).not.toBe(first.cert);
  expect(renewed.ca).toBe(first.ca);
  expect(renewed.notes).toEqual([]);
});

test('a name that is new makes a new certificate under the same authority, with a note', async () => {
  const first = await open();
  const second = await open(start, ['web.example']);
  expect(second.ca).toBe(first.ca);
  expect(second.notes).toMatchInlineSnapshot(`
[
  "DIR/tls/tls.crt: info: made a new server certificate: DIR/tls/tls.crt is not good for web.example; it has localhost, 127.0.0.1, 0:0:0:0:0:0:0:1 [tls-certificate-remade]
    Nothing to do: clients that trust ca.crt trust it too.",
]
`);
});

test.each([
  ['the certificate is cut', () => writeFileSync(file('tls.crt'), 'junk')],
  ['the key is cut', () => writeFileSync(file('tls.key'), '')],
])('%s: made anew under the same authority', async (_name, breakIt) => {
  const first = await open();
  breakIt();
  const second = await open();
  expect(second.ca).toBe(first.ca);
  expect(second.notes).toHaveLength(1);
  expect(second.notes[0]).toContain('[tls-certificate-remade]');
  expect(
    new X509Certificate(second.cert).verify(new X509Certificate(splitPem(second.ca ?? '')[0] ?? '').publicKey),
  ).toBe(true);
});

test('a lost or broken authority certificate comes back with the same key; old leafs stay good', async () => {
  const first = await open();
  writeFileSync(file('ca.crt'), 'junk');
  const second = await open();
  expect(second.notes).toMatchInlineSnapshot(`
[
  "DIR/tls/ca.crt: info: renewed the certificate of the authority, with the same key: it could not be read [tls-authority-renewed]
    Clients that pinned the old file take the new one; certificates issued before stay good.",
]
`);
  expect(second.cert).toBe(first.cert);
});

test('an authority past two thirds of its life is renewed with its key', async () => {
  await open();
  const second = await open(dayAfter(500));
  expect(second.notes[0]).toMatchInlineSnapshot(`
"DIR/tls/ca.crt: info: renewed the certificate of the authority, with the same key: two thirds of its life were over [tls-authority-renewed]
    Clients that pinned the old file take the new one; certificates issued before stay good."
`);
});

test('a broken authority key makes a new authority and says that clients have to trust it', async () => {
  const first = await open();
  writeFileSync(file('ca.key'), 'junk');
  const second = await open();
  expect(second.ca).not.toBe(first.ca);
  expect(second.notes).toMatchInlineSnapshot(`
[
  "DIR/tls/ca.key: warning: made a new authority: its private key could not be read [tls-authority-remade]
    Clients have to trust the new DIR/tls/ca.crt.",
  "DIR/tls/tls.crt: info: made a new server certificate: DIR/tls/tls.crt does not lead to a known authority (its issuer is CN=Seccomply development CA) [tls-certificate-remade]
    Nothing to do: clients that trust ca.crt trust it too.",
]
`);
});

test('a key that others can read is closed again, with a warning', async () => {
  await open();
  chmodSync(file('ca.key'), 0o644);
  const second = await open();
  expect(statSync(file('ca.key')).mode & 0o777).toBe(0o600);
  expect(second.notes).toMatchInlineSnapshot(`
[
  "DIR/tls/ca.key: warning: a private key could be read by others (mode 644); made it 600 [tls-key-mode]
    If someone else may have read it, delete the folder and trust the new ca.crt.",
]
`);
});

test('processes that start at once in one folder end up with one authority', async () => {
  const opened = await Promise.all(Array.from({ length: 8 }, () => open()));
  const key = readFileSync(file('ca.key'), 'utf8');
  for (const one of opened) {
    const authority = new X509Certificate(one.ca ?? '');
    expect(new X509Certificate(one.cert).verify(authority.publicKey)).toBe(true);
  }
  expect(
    new Set(opened.map((one) => new X509Certificate(one.ca ?? '').publicKey.export({ type: 'spki', format: 'pem' })))
      .size,
  ).toBe(1);
  expect(key).toContain('PRIVATE KEY');
});
