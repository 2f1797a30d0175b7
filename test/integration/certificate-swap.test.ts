import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import type { CertificateMaterial, CertSource } from '../../src/tls/certificate/cert-source.js';
import { type Authority, issueAuthority, issueServerCertificate } from '../../src/tls/certificate/issue.js';
import { openCertificateFiles } from '../../src/tls/source/file-source.js';
import { CertificateError } from '../../src/tls/source/loaded-source.js';
import { swapCertificate } from '../../src/tls/source/swap-certificate.js';
import { runs } from '../support/require.js';

let authority: Authority;
let folder: string;
let server: Server | undefined;
let source: CertSource | undefined;

beforeAll(async () => {
  authority = await issueAuthority({ commonName: 'Test CA', days: 30 });
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-swap-'));
});
afterEach(async () => {
  source?.close();
  source = undefined;
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const issue = (days = 7): Promise<CertificateMaterial> =>
  issueServerCertificate({ authority, commonName: 'x', dns: ['localhost'], ip: ['127.0.0.1'], days });

async function listen(material: CertificateMaterial): Promise<Server> {
  const made = createServer({ key: material.key, cert: material.cert, minVersion: 'TLSv1.3' }, (_, response) =>
    response.end('ok'),
  );
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  server = made;
  return made;
}

/** Read when the handshake ends: a response that comes with the end of its connection finds the certificate gone. */
const shown = new WeakMap<object, string>();

/** One call; the fingerprint that the server showed on its connection. */
function call(to: Server, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port: (to.address() as AddressInfo).port, ca: authority.cert, agent },
      (response) => {
        const fingerprint = shown.get(response.socket) ?? 'not seen';
        response
          .resume()
          .on('end', () => resolve(fingerprint))
          .on('error', reject);
      },
    );
    sent.on('socket', (socket) =>
      socket.once('secureConnect', () =>
        shown.set(socket, (socket as TLSSocket).getPeerX509Certificate()?.fingerprint256 ?? 'none'),
      ),
    );
    sent.on('error', reject).end();
  });
}

const fresh = (): Agent => new Agent({ keepAlive: false, maxCachedSessions: 0 });

test('a good certificate is served to the next connection, proven by a handshake', async () => {
  const [first, second] = [await issue(), await issue()];
  const to = await listen(first);
  expect(await call(to, fresh())).toBe(first.fingerprint256);
  expect(await swapCertificate(to, second, { previous: first })).toEqual({ swapped: true, proven: true });
  expect(await call(to, fresh())).toBe(second.fingerprint256);
});

test('a server that does not listen yet takes it without the proof', async () => {
  const material = await issue();
  const idle = createServer({ key: material.key, cert: material.cert });
  expect(await swapCertificate(idle, material)).toEqual({ swapped: true, proven: false });
});

test('an RSA key with an EC certificate never reaches the server', async () => {
  const first = await issue();
  const to = await listen(first);
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const result = await swapCertificate(to, { ...(await issue()), key }, { previous: first });
  expect(result).toMatchObject({ swapped: false, problem: { code: 'tls-key-mismatch' } });
  expect(await call(to, fresh())).toBe(first.fingerprint256);
});

test('what cannot finish a handshake with ourselves is taken back', async () => {
  const [first, second] = [await issue(), await issue()];
  const to = await listen(first);
  const result = await swapCertificate(to, { ...second, fingerprint256: first.fingerprint256 }, { previous: first });
  expect(result).toMatchInlineSnapshot(`
{
  "problem": {
    "advice": "The certificate before it is served until the files are replaced.",
    "code": "tls-swap-failed",
    "message": "the new certificate did not prove itself: a handshake with ourselves showed another certificate",
    "severity": "error",
  },
  "swapped": false,
}
`);
  expect(await call(to, fresh())).toBe(first.fingerprint256);
});

test('swaps every 20 ms lose no call, on new and on kept connections', async () => {
  const materials = await Promise.all(Array.from({ length: 4 }, () => issue()));
  const [first] = materials;
  if (first === undefined) throw new Error('no certificate');
  const to = await listen(first);
  const seen = new Set<string>();
  let over = false;
  let calls = 0;
  const client = async (agent: Agent): Promise<void> => {
    while (!over) {
      seen.add(await call(to, agent));
      calls += 1;
    }
    agent.destroy();
  };
  const clients = [client(fresh()), client(fresh()), client(new Agent({ keepAlive: true, maxCachedSessions: 0 }))];
  let current = first;
  for (let swap = 1; swap <= runs(50); swap += 1) {
    const next = materials[swap % materials.length] ?? first;
    expect(await swapCertificate(to, next, { previous: current })).toEqual({ swapped: true, proven: true });
    current = next;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  over = true;
  await Promise.all(clients);
  expect(calls).toBeGreaterThan(50);
  expect([...seen].sort()).toEqual(materials.map((material) => material.fingerprint256).sort());
});

describe('certificate files', () => {
  const open = async (certFile: string, keyFile: string): Promise<CertSource> => {
    source = await openCertificateFiles({ certFile, keyFile, poll: 200 });
    return source;
  };
  const nextChange = (of: CertSource): Promise<CertificateMaterial> =>
    new Promise((resolve) => {
      const stop = of.onChange((material) => {
        stop();
        resolve(material);
      });
    });
  const put = (into: string, material: { cert: string; key: string }): void => {
    mkdirSync(into, { recursive: true });
    writeFileSync(join(into, 'tls.crt'), material.cert);
    writeFileSync(join(into, 'tls.key'), material.key);
  };

  test('a mounted Secret that swaps its ..data link is taken over', async () => {
    const [first, second] = [await issue(), await issue()];
    put(join(folder, '..v1'), first);
    symlinkSync('..v1', join(folder, '..data'));
    symlinkSync(join('..data', 'tls.crt'), join(folder, 'tls.crt'));
    symlinkSync(join('..data', 'tls.key'), join(folder, 'tls.key'));
    const opened = await open(join(folder, 'tls.crt'), join(folder, 'tls.key'));
    expect(opened.current().fingerprint256).toBe(first.fingerprint256);
    const change = nextChange(opened);
    put(join(folder, '..v2'), second);
    symlinkSync('..v2', join(folder, '..data_tmp'));
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
    expect((await change).fingerprint256).toBe(second.fingerprint256);
    expect(opened.problems()).toEqual([]);
  });

  test('a broken file keeps the last good certificate and says why, until it is mended', async () => {
    const [first, second] = [await issue(), await issue()];
    put(folder, first);
    const opened = await open(join(folder, 'tls.crt'), join(folder, 'tls.key'));
    let change = nextChange(opened);
    writeFileSync(join(folder, 'tls.crt'), 'junk');
    expect((await change).fingerprint256).toBe(first.fingerprint256);
    expect(opened.problems().map((problem) => problem.code)).toEqual(['tls-certificate-unreadable']);
    change = nextChange(opened);
    put(folder, second);
    let material = await change;
    while (material.fingerprint256 !== second.fingerprint256) material = await nextChange(opened);
    expect(opened.problems()).toEqual([]);
  });

  test('files that cannot be served at the start are an error with the reason and the way out', async () => {
    const material = await issue();
    put(folder, material);
    await expect(open(join(folder, 'none.crt'), join(folder, 'tls.key'))).rejects.toThrow(CertificateError);
    const other = await issue();
    writeFileSync(join(folder, 'tls.key'), other.key);
    const error = await open(join(folder, 'tls.crt'), join(folder, 'tls.key')).catch((thrown: unknown) => thrown);
    expect(String(error).replaceAll(folder, 'DIR')).toMatchInlineSnapshot(`
"CertificateError: DIR/tls.crt: error: DIR/tls.key is not the key of DIR/tls.crt [tls-key-mismatch]
    Replace both files together; a key and a certificate from different renewals do not fit."
`);
  });
});
