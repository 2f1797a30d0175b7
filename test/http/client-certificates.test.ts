import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import forge from 'node-forge';
import { plainPod, podReview } from '../support/pod-review.js';
import { json, scratch, sendTo, startServing, stopAll } from '../support/serving.js';

afterEach(stopAll);

/** An authority that issues certificates for clients: ours issue for servers alone. */
function authority(): { ca: string; issue(commonName: string): { cert: string; key: string } } {
  const keys = () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    return {
      key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      publicKey: forge.pki.publicKeyFromPem(publicKey.export({ type: 'spki', format: 'pem' }).toString()),
    };
  };
  const own = keys();
  const make = (commonName: string, publicKey: forge.pki.rsa.PublicKey, extensions: object[]): string => {
    const certificate = forge.pki.createCertificate();
    certificate.publicKey = publicKey;
    certificate.serialNumber = `0${Math.floor(Math.random() * 1e9)}`;
    certificate.validity.notBefore = new Date(Date.now() - 60_000);
    certificate.validity.notAfter = new Date(Date.now() + 3_600_000);
    certificate.setSubject([{ name: 'commonName', value: commonName }]);
    certificate.setIssuer([{ name: 'commonName', value: 'Clients' }]);
    certificate.setExtensions(extensions);
    certificate.sign(forge.pki.privateKeyFromPem(own.key), forge.md.sha256.create());
    return forge.pki.certificateToPem(certificate);
  };
  return {
    ca: make('Clients', own.publicKey, [{ name: 'basicConstraints', cA: true, critical: true }]),
    issue(commonName) {
      const { key, publicKey } = keys();
      return { key, cert: make(commonName, publicKey, [{ name: 'extKeyUsage', clientAuth: true }]) };
    },
  };
}

test('with --client-ca only its certificates with the right name may call, and probes need none', async () => {
  const [trusted, other] = [authority(), authority()];
  const folder = scratch();
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'clients.crt');
  writeFileSync(file, trusted.ca);
  const serving = await startServing('webhook', ['--client-ca', file, '--client-names', 'kube-apiserver']);
  const call = async (material?: { cert: string; key: string }): Promise<number> =>
    (
      await sendTo(
        {
          port: serving.port,
          ca: serving.ca,
          ...(material === undefined ? {} : { cert: material.cert, key: material.key }),
        },
        'POST',
        '/mutate',
        JSON.stringify(podReview(plainPod)),
        json,
      )
    ).status;
  expect(await call()).toBe(401);
  expect(await call(other.issue('kube-apiserver'))).toBe(401);
  expect(await call(trusted.issue('somebody'))).toBe(403);
  expect(await call(trusted.issue('kube-apiserver'))).toBe(200);
  expect((await serving.get('/readyz')).status).toBe(200);
});
