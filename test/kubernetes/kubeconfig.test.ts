import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inClusterConnection } from '../../src/kubernetes/connection.js';
import { connect, kubeconfigConnection } from '../../src/kubernetes/kubeconfig.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-kubeconfig-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function configFile(user: object, cluster: object = {}, more: object = {}): string {
  const file = join(folder, 'config');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'dev',
    contexts: [
      { name: 'dev', context: { cluster: 'here', user: 'me', namespace: 'shop' } },
      { name: 'other', context: { cluster: 'here', user: 'nobody' } },
    ],
    clusters: [{ name: 'here', cluster: { server: 'https://127.0.0.1:6443', ...cluster } }],
    users: [{ name: 'me', user }],
    ...more,
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

test('reads certificates from data and from files beside it, which may change', async () => {
  writeFileSync(join(folder, 'ca.pem'), 'an authority');
  writeFileSync(join(folder, 'key.pem'), 'a key');
  const cert = Buffer.from('a certificate').toString('base64');
  const file = configFile(
    { 'client-certificate-data': cert, 'client-key': 'key.pem' },
    { 'certificate-authority': 'ca.pem', 'tls-server-name': 'kubernetes' },
  );
  const connection = await kubeconfigConnection(file);
  expect(connection.server.href).toBe('https://127.0.0.1:6443/');
  expect(connection.namespace).toBe('shop');
  const tls = await connection.tls();
  expect(tls).toEqual({ ca: 'an authority', cert: 'a certificate', key: 'a key', servername: 'kubernetes' });
  // The same object while nothing changes: connections are kept by it.
  expect(await connection.tls()).toBe(tls);
  expect(await connection.headers(false)).toEqual({});
});

test('reads tokens anew when the server refuses the last one', async () => {
  writeFileSync(join(folder, 'token'), 'first\n');
  const connection = await kubeconfigConnection(configFile({ tokenFile: 'token' }));
  expect(await connection.headers(false)).toEqual({ authorization: 'Bearer first' });
  writeFileSync(join(folder, 'token'), 'second\n');
  expect(await connection.headers(false)).toEqual({ authorization: 'Bearer first' });
  expect(await connection.headers(true)).toEqual({ authorization: 'Bearer second' });
  rmSync(join(folder, 'token'));
  expect(await connection.headers(true)).toEqual({ authorization: 'Bearer second' });
});

test('knows names and passwords, other identities, and servers that nobody checks', async () => {
  const file = configFile(
    { username: 'ann', password: 'pw', as: 'bob', 'as-groups': ['dev', 'ops'] },
    { 'insecure-skip-tls-verify': true },
  );
  const connection = await kubeconfigConnection(file);
  expect(await connection.headers(false)).toEqual({
    authorization: `Basic ${Buffer.from('ann:pw').toString('base64')}`,
    'impersonate-user': 'bob',
    'impersonate-group': ['dev', 'ops'],
  });
  expect(await connection.tls()).toEqual({ rejectUnauthorized: false });
});

test('asks the program that a kubeconfig names for credentials', async () => {
  const program = join(folder, 'credentials.sh');
  const credential = {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token: 'from-a-program' },
  };
  writeFileSync(program, `#!/bin/sh\necho '${JSON.stringify(credential)}'\n`);
  chmodSync(program, 0o755);
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: program, interactiveMode: 'Never' };
  const connection = await kubeconfigConnection(configFile({ exec }));
  expect(await connection.headers(false)).toEqual({ authorization: 'Bearer from-a-program' });
});

test('is a pod by its folder, and reads its token anew', async () => {
  writeFileSync(join(folder, 'token'), 'pod-token');
  writeFileSync(join(folder, 'ca.crt'), 'an authority');
  writeFileSync(join(folder, 'namespace'), 'seccomply-system');
  const environment = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT_HTTPS: '443' };
  const connection = await inClusterConnection(environment, folder);
  expect(connection.server.href).toBe('https://[fd00::1]/');
  expect(connection.namespace).toBe('seccomply-system');
  expect(await connection.tls()).toEqual({ ca: 'an authority' });
  expect(await connection.headers(false)).toEqual({ authorization: 'Bearer pod-token' });
});

async function said(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'nothing',
    (error: unknown) => String((error as Error).message).replaceAll(folder, 'DIR'),
  );
}

test('says what is wrong with a kubeconfig file, and where', async () => {
  expect(await said(kubeconfigConnection(join(folder, 'none')))).toMatchInlineSnapshot(
    `"the kubeconfig file DIR/none cannot be read: there is no such file or folder"`,
  );
  writeFileSync(join(folder, 'bad'), 'a: [');
  expect(await said(kubeconfigConnection(join(folder, 'bad')))).toMatch(
    /^the kubeconfig file DIR\/bad cannot be used: this is not YAML: /,
  );
  writeFileSync(join(folder, 'list'), '- 1');
  expect(await said(kubeconfigConnection(join(folder, 'list')))).toMatchInlineSnapshot(
    `"the kubeconfig file DIR/list is not a kubeconfig file"`,
  );
  expect(await said(kubeconfigConnection(configFile({}), 'prod'))).toMatchInlineSnapshot(
    `"the kubeconfig file DIR/config has no context called "prod": it has dev, other"`,
  );
  expect(await said(kubeconfigConnection(configFile({}), 'other'))).toMatchInlineSnapshot(
    `"the kubeconfig file DIR/config has no user called "nobody": it has me"`,
  );
  expect(await said(kubeconfigConnection(configFile({}, { server: 'nonsense' })))).toMatchInlineSnapshot(
    `"the kubeconfig file DIR/config names a server that is no URL for the cluster here: nonsense"`,
  );
  expect(await said(kubeconfigConnection(configFile({}, { 'proxy-url': 'http://p' })))).toMatchInlineSnapshot(
    `"the kubeconfig file DIR/config names a proxy-url for the cluster here, and proxies are not supported"`,
  );
  expect(await said(kubeconfigConnection(configFile({}, {}, { 'current-context': '' })))).toMatchInlineSnapshot(
    `"the kubeconfig file DIR/config has no current-context: set one, or name a context"`,
  );
  const missing = configFile({}, { 'certificate-authority': 'gone.pem' });
  expect(await said(kubeconfigConnection(missing).then((connection) => connection.tls()))).toMatchInlineSnapshot(
    `"cannot read DIR/gone.pem: ENOENT: no such file or directory, stat 'DIR/gone.pem'"`,
  );
  expect(await said(connect({ environment: { KUBECONFIG: join(folder, 'none') } }))).toMatchInlineSnapshot(
    `"no cluster is named: there is no DIR/none, and this is not a pod. Name a kubeconfig file with --kubeconfig FILE or in KUBECONFIG"`,
  );
  expect(await said(inClusterConnection({}, folder))).toMatchInlineSnapshot(
    `"this is not a pod of a cluster: KUBERNETES_SERVICE_HOST is not set. Outside a cluster name a kubeconfig file"`,
  );
});
