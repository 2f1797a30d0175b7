import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KubeError } from '../../src/kubernetes/kube-error.js';
import type { KubeObject } from '../../src/kubernetes/kube-object.js';
import { resources } from '../../src/kubernetes/resources.js';
import { itNeedsApiServer as it } from './support/binaries.js';
import { ControlPlane } from './support/control-plane.js';

let cluster: ControlPlane;

beforeAll(async () => {
  cluster = await ControlPlane.start({ audit: 'Metadata' });
});
afterAll(() => cluster?.stop());

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

const named = (name: string, data: Record<string, string> = {}): ConfigMap => ({ metadata: { name }, data });

async function errorOf(promise: Promise<unknown>): Promise<KubeError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof KubeError) return error;
  throw new Error(`no KubeError but ${String(error)}`);
}

it('creates, reads, replaces, patches, lists in pages and deletes', async () => {
  const { client } = cluster;
  const created = await client.create(resources.configMaps, named('one', { a: '1' }));
  expect(created.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
  const read = await client.get<ConfigMap>(resources.configMaps, 'one');
  expect(read.data).toEqual({ a: '1' });
  const replaced = await client.replace(resources.configMaps, { ...read, data: { a: '2' } });
  expect(replaced.data).toEqual({ a: '2' });
  const patched = await client.patch<ConfigMap>(resources.configMaps, 'one', { data: { b: '3' } }, 'merge');
  expect(patched.data).toEqual({ a: '2', b: '3' });

  for (let i = 0; i < 5; i += 1) await client.create(resources.configMaps, named(`page-${i}`));
  const page = await client.list(resources.configMaps, { limit: 2 });
  expect(page.items).toHaveLength(2);
  expect(page.continue).not.toBe('');
  const all = await client.listAll(resources.configMaps, { limit: 2 });
  expect(all.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(['one', 'page-0', 'page-4']));

  await client.delete(resources.configMaps, 'one');
  expect(await errorOf(client.get(resources.configMaps, 'one'))).toMatchObject({
    code: 'not-found',
    status: 404,
    reason: 'NotFound',
    message: 'GET /api/v1/namespaces/default/configmaps/one: configmaps "one" not found',
  });
});

it('asks what would happen without doing it', async () => {
  const { client } = cluster;
  await client.create(resources.configMaps, named('dry'), { dryRun: true });
  expect((await errorOf(client.get(resources.configMaps, 'dry'))).code).toBe('not-found');
});

it('tells refusals apart', async () => {
  const { client } = cluster;
  const created = await client.create(resources.configMaps, named('twice'));
  expect((await errorOf(client.create(resources.configMaps, named('twice')))).code).toBe('already-exists');
  await client.replace(resources.configMaps, { ...created, data: { a: '1' } });
  expect((await errorOf(client.replace(resources.configMaps, { ...created, data: { a: '2' } }))).code).toBe('conflict');
  const invalid = await errorOf(client.create(resources.configMaps, named('Not A Name')));
  expect(invalid).toMatchObject({ code: 'invalid', status: 422, reason: 'Invalid' });
  expect(invalid.causes[0]?.field).toBe('metadata.name');
});

it('is what its certificate says, and no more', async () => {
  const nobody = await cluster.userClient('nobody', ['strangers']);
  expect(await errorOf(nobody.list(resources.secrets))).toMatchObject({
    code: 'forbidden',
    message:
      'GET /api/v1/namespaces/default/secrets: secrets is forbidden: User "nobody" cannot list resource "secrets" in API group "" in the namespace "default"',
  });
});

it('uses a service account by its token', async () => {
  await cluster.client.create(resources.serviceAccounts, { metadata: { name: 'robot' } });
  const token = await cluster.serviceAccountToken('default', 'robot');
  const robot = await cluster.clientOf(cluster.tokenConfig('robot', token));
  expect((await errorOf(robot.list(resources.pods))).message).toMatch('User "system:serviceaccount:default:robot"');
});

it('acts as somebody else, with each of his groups', async () => {
  const config = JSON.parse(readFileSync(cluster.kubeconfig, 'utf8')) as { users: { user: object }[] };
  const [first] = config.users;
  if (first !== undefined) first.user = { ...first.user, as: 'bob', 'as-groups': ['dev', 'ops'] };
  const file = join(cluster.folder, 'as-bob.kubeconfig');
  writeFileSync(file, JSON.stringify(config));
  const bob = await cluster.clientOf(file);
  const { body } = await bob.raw({
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
  });
  expect((JSON.parse(body) as { status: unknown }).status).toMatchObject({
    userInfo: { username: 'bob', groups: ['dev', 'ops', 'system:authenticated'] },
  });
});

it('says that a token is not good', async () => {
  const stranger = await cluster.clientOf(cluster.tokenConfig('stranger', 'made-up'));
  expect(await errorOf(stranger.list(resources.pods))).toMatchObject({ code: 'unauthorized', status: 401 });
});

it('gives up at its deadline when the server is stopped in its tracks', async () => {
  cluster.pause('apiserver');
  try {
    const error = await errorOf(cluster.client.get(resources.namespaces, 'default', { deadline: 300 }));
    expect(error).toMatchObject({
      code: 'deadline',
      message: 'GET /api/v1/namespaces/default: no answer within 300 ms',
    });
  } finally {
    cluster.resume('apiserver');
  }
  expect((await cluster.client.get(resources.namespaces, 'default')).metadata.name).toBe('default');
});

it('stops when it is told to', async () => {
  const stop = new AbortController();
  cluster.pause('apiserver');
  try {
    const asked = errorOf(cluster.client.get(resources.namespaces, 'default', { signal: stop.signal }));
    stop.abort();
    expect((await asked).code).toBe('aborted');
  } finally {
    cluster.resume('apiserver');
  }
});

it('goes on after the API server was started again', async () => {
  await cluster.restartApiServer('SIGKILL');
  expect((await cluster.client.get(resources.namespaces, 'default')).metadata.name).toBe('default');
});

it('has the API server write down what was asked', async () => {
  await cluster.client.create(resources.configMaps, named('seen'));
  const seen = cluster.auditEvents().find(({ verb, objectRef }) => verb === 'create' && objectRef?.name === 'seen');
  expect(seen).toMatchObject({ user: { username: 'admin' }, responseStatus: { code: 201 } });
});
