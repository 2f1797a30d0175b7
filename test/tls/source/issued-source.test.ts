import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:tls';
import { formatProblem } from '../../../src/core/problem/problem.js';
import type { SecretData } from '../../../src/kubernetes/secret-data.js';
import { authoritySecretData } from '../../../src/tls/authority/authority-secret.js';
import { bundleOf, firstState, takeStep } from '../../../src/tls/authority/rotation.js';
import { issueAuthority, issueServerCertificate } from '../../../src/tls/certificate/issue.js';
import { openClusterCertificates } from '../../../src/tls/source/issued-source.js';
import { swapCertificate } from '../../../src/tls/source/swap-certificate.js';
import { openSecretCertificates } from '../../../src/tls/source/tls-secret-source.js';

const options = { secretName: 'seccomply-system/seccomply-ca', commonName: 'seccomply-webhook', poll: 5 };
const names = ['seccomply-webhook.seccomply-system.svc', 'localhost', '127.0.0.1'];
const encode = (text: string): string => Buffer.from(text).toString('base64');

/** The certificate a new client is shown, verified as an API server would under this caBundle. */
function shown(server: Server, ca: string): Promise<string | undefined> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ca, servername: names[0] ?? '' }, () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

test('waits for the authority, says why, and serves under it; a new key is taken over and proven', async () => {
  let secret: SecretData | undefined;
  const notes: string[] = [];
  const opening = openClusterCertificates({
    ...options,
    names,
    readSecret: () => Promise.resolve(secret),
    note: (problem) => {
      notes.push(formatProblem(problem));
      void firstState(Date.now()).then((made) => {
        state = made;
        secret = authoritySecretData(made);
      });
    },
  });
  let state = await firstState(Date.now());
  const source = await opening;
  expect(notes).toMatchInlineSnapshot(`
[
  "error: the Secret seccomply-system/seccomply-ca holds no certificate authority yet [tls-authority-missing]
    The controller makes it: look at its log (kubectl -n seccomply-system logs deploy/seccomply-controller).",
]
`);
  const server = createServer({ ...source.current(), minVersion: 'TLSv1.3' });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    expect(await shown(server, bundleOf(state))).toBe(source.current().fingerprint256);

    const before = source.current();
    const facts = { now: Date.now(), published: [], request: 'now' };
    state = await takeStep(state, 'announce', facts);
    const changed = new Promise<void>((resolve) => {
      source.onChange((material) => {
        if (material.fingerprint256 !== before.fingerprint256) resolve();
      });
    });
    secret = authoritySecretData(state);
    state = await takeStep(state, 'switch', facts);
    secret = authoritySecretData(state);
    await changed;
    expect(await swapCertificate(server, source.current(), { previous: before })).toEqual({
      swapped: true,
      proven: true,
    });
    expect(await shown(server, bundleOf(state))).toBe(source.current().fingerprint256);
    await expect(shown(server, before.ca ?? '')).rejects.toThrow(/self-signed|unable to verify|issuer/);
  } finally {
    source.close();
    server.close();
  }
});

test('serves on while the API server is away, and says so', async () => {
  let isAway = false;
  const data = authoritySecretData(await firstState(Date.now()));
  const source = await openClusterCertificates({
    ...options,
    names,
    readSecret: () => (isAway ? Promise.reject(new Error('connect ECONNREFUSED')) : Promise.resolve(data)),
  });
  try {
    const { fingerprint256 } = source.current();
    isAway = true;
    await new Promise<void>((resolve) => void source.onChange(() => resolve()));
    expect(source.current().fingerprint256).toBe(fingerprint256);
    expect(source.problems().map(formatProblem)).toMatchInlineSnapshot(`
[
  "warning: the Secret seccomply-system/seccomply-ca cannot be read: connect ECONNREFUSED [tls-authority-unreadable-secret]
    The certificate at hand is served on; it is tried again every few seconds.",
]
`);
  } finally {
    source.close();
  }
});

test('takes a Secret of somebody else, refuses what cannot be served, and keeps the last good one', async () => {
  const authority = await issueAuthority({ commonName: 'Acme', days: 30 });
  const make = () => issueServerCertificate({ authority, commonName: 'x', dns: [names[0] ?? ''], days: 30 });
  const secretOf = (one: { cert: string; key: string }): SecretData => ({
    'tls.crt': encode(one.cert),
    'tls.key': encode(one.key),
    'ca.crt': encode(authority.cert),
  });
  const [first, second] = [await make(), await make()];
  let secret: SecretData | undefined = secretOf(first);
  const open = () =>
    openSecretCertificates({
      secretName: 'seccomply-system/webhook-tls',
      names: names.slice(0, 1),
      poll: 5,
      readSecret: () => Promise.resolve(secret),
    });
  const source = await open();
  const next = () => new Promise<void>((resolve) => void source.onChange(() => resolve()));
  try {
    expect(source.current().fingerprint256).toBe(first.fingerprint256);
    secret = secretOf({ cert: second.cert, key: first.key });
    await next();
    expect(source.current().fingerprint256).toBe(first.fingerprint256);
    expect(source.problems().map(formatProblem)).toMatchInlineSnapshot(`
[
  "tls.crt of the Secret seccomply-system/webhook-tls: error: tls.key of the Secret seccomply-system/webhook-tls is not the key of tls.crt of the Secret seccomply-system/webhook-tls [tls-key-mismatch]
    Replace both files together; a key and a certificate from different renewals do not fit.",
]
`);
    secret = secretOf(second);
    await next();
    expect(source.current().fingerprint256).toBe(second.fingerprint256);
    expect(source.problems()).toEqual([]);
  } finally {
    source.close();
  }
  secret = undefined;
  await expect(open()).rejects.toThrowErrorMatchingInlineSnapshot(`
"error: there is no Secret seccomply-system/webhook-tls [tls-secret]
    Check --tls-secret NAMESPACE/NAME, and that whoever issues the certificate has done so."
`);
});
