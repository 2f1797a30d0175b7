import { setTimeout as pause } from 'node:timers/promises';
import type { KubeClient } from '../../src/kubernetes/client.js';
import { Informer, type InformerOptions } from '../../src/kubernetes/informer.js';
import type { KubeError } from '../../src/kubernetes/kube-error.js';
import type { KubeObject } from '../../src/kubernetes/kube-object.js';
import type { ObjectChange } from '../../src/kubernetes/object-store.js';
import { resources } from '../../src/kubernetes/resources.js';
import { itNeedsApiServer as it } from './support/binaries.js';
import { ControlPlane } from './support/control-plane.js';
import { eventually } from './support/eventually.js';
import { TcpProxy } from './support/tcp-proxy.js';

let cluster: ControlPlane;
let proxy: TcpProxy;
let through: KubeClient;
const watching: { stop(): Promise<void> }[] = [];
let made = 0;
let namespace = '';

beforeAll(async () => {
  cluster = await ControlPlane.start();
  proxy = await TcpProxy.start(cluster.server);
  through = await cluster.clientOf(cluster.adminConfigThrough(proxy.url));
});
beforeEach(async () => {
  made += 1;
  namespace = `informer-${made}`;
  await cluster?.client.create(resources.namespaces, { metadata: { name: namespace } });
});
afterEach(async () => {
  for (const informer of watching.splice(0)) await informer.stop();
});
afterAll(async () => {
  await proxy?.stop();
  await cluster?.stop();
});

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** An informer on the config maps of the test's namespace, with what it told. */
function watched(client: KubeClient, options: Partial<InformerOptions<ConfigMap, string>> = {}) {
  const told: string[] = [];
  const problems: KubeError[] = [];
  const informer = new Informer<ConfigMap, string>(client, resources.configMaps, {
    namespace,
    labelSelector: 'watch=me',
    keep: ({ data }) => data?.v ?? '',
    onChange: (change) => told.push(sentence(change)),
    onProblem: (error) => problems.push(error),
    backOff: { least: 20, most: 200 },
    ...options,
  });
  watching.push(informer);
  informer.start();
  return { informer, told, problems };
}

function sentence(change: ObjectChange<string>): string {
  const name = change.key.split('/')[1] ?? '';
  if (change.type === 'added') return `+${name} ${change.value}`;
  return change.type === 'deleted' ? `-${name} ${change.before}` : `${name} ${change.before}>${change.value}`;
}

const put = (name: string, v: string): Promise<unknown> =>
  cluster.client.apply(
    resources.configMaps,
    { metadata: { name, namespace, labels: { watch: 'me' } }, data: { v } } as ConfigMap,
    { force: true },
  );
const remove = (name: string): Promise<void> => cluster.client.delete(resources.configMaps, name, { namespace });

it('tells what is there and then every change, in order', async () => {
  await put('a', '1');
  await put('b', '1');
  const { informer, told } = watched(cluster.client, { pageSize: 1 });
  expect(await informer.synced(10_000)).toBe(true);
  expect(told).toEqual(['+a 1', '+b 1']);
  await put('a', '2');
  await put('c', '1');
  await remove('b');
  await put('a', '3');
  await eventually('all changes are told', () => told.length >= 6);
  expect(told.slice(2)).toEqual(['a 1>2', '+c 1', '-b 1', 'a 2>3']);
  expect([...informer.values()].sort()).toEqual(['1', '3']);
  expect(informer.get(`${namespace}/a`)).toBe('3');
  expect(informer.status()).toMatchObject({ synced: true, lists: 1, watches: 1, failures: 0, problem: undefined });
});

it('resumes where it was when connections are reset, without listing again', async () => {
  const { informer, told, problems } = watched(through);
  await informer.synced(10_000);
  for (let round = 1; round <= 5; round += 1) {
    await put('a', String(round));
    await eventually(`round ${round} is told`, () => told.length === round);
    proxy.cut();
  }
  await put('last', '1');
  await eventually('a change after the cuts is told', () => told.at(-1) === '+last 1');
  expect(told).toEqual(['+a 1', 'a 1>2', 'a 2>3', 'a 3>4', 'a 4>5', '+last 1']);
  expect(problems.map(({ code }) => code)).toContain('unreachable');
  expect(informer.status().lists).toBe(1);
  expect(informer.status().watches).toBeGreaterThan(1);
});

it('loses no change of a time of constant cuts', async () => {
  const { informer, told } = watched(through);
  await informer.synced(10_000);
  const writing = (async () => {
    for (let v = 1; v <= 60; v += 1) await put('a', String(v));
  })();
  const isWriting = { yes: true };
  void writing.finally(() => {
    isWriting.yes = false;
  });
  while (isWriting.yes) {
    proxy.cut();
    await pause(25);
  }
  await writing;
  await eventually('the last change is told', () => informer.get(`${namespace}/a`) === '60');
  expect(told.at(0)).toBe('+a 1');
  // Each step once and in order: a watch that resumes sees every version.
  expect(told.slice(1)).toEqual(Array.from({ length: 59 }, (_, i) => `a ${i + 1}>${i + 2}`));
});

it('takes silence for the end of the connection', async () => {
  const { informer, told, problems } = watched(through, { idleTimeout: 500 });
  await put('a', '1');
  await eventually('the watch is at work', () => told.includes('+a 1'));
  proxy.silence();
  await put('a', '2');
  await eventually('the change is told over a new connection', () => told.includes('a 1>2'));
  expect(problems.map(({ code, message }) => `${code}: ${message}`)).toContain(
    `deadline: watch /api/v1/namespaces/${namespace}/configmaps: nothing came for 500 ms`,
  );
  expect(informer.status().lists).toBe(1);
});

it('outlasts a server that is stopped in its tracks', async () => {
  const { informer, told } = watched(cluster.client, { idleTimeout: 500 });
  await put('a', '1');
  await eventually('the first change is told', () => told.includes('+a 1'));
  cluster.pause('apiserver');
  await eventually('the silence is noticed', () => informer.status().failures > 0);
  expect(informer.get(`${namespace}/a`)).toBe('1');
  cluster.resume('apiserver');
  await put('a', '2');
  await eventually('the change after it is told', () => told.includes('a 1>2'));
  expect(told).toEqual(['+a 1', 'a 1>2']);
});

it('lists again when the server has forgotten its version', async () => {
  await put('stays', '1');
  await put('goes', '1');
  const { informer, told, problems } = watched(through);
  await informer.synced(10_000);
  // Away for so long that the history is gone: cut off, changed meanwhile, compacted, and the server's own cache is new.
  proxy.silenceNew(true);
  proxy.cut();
  await remove('goes');
  await put('stays', '2');
  await put('new', '1');
  await cluster.compact();
  await cluster.restartApiServer();
  await put('new', '2');
  proxy.silenceNew(false);
  proxy.cut();
  await eventually('what changed meanwhile is told', () => told.length >= 5);
  expect(told.slice(2).sort()).toEqual(['+new 2', '-goes 1', 'stays 1>2']);
  expect(problems.map(({ code }) => code)).toContain('expired');
  expect(informer.status().lists).toBe(2);
});

it('goes on after the API server was away, and keeps what it knew meanwhile', async () => {
  const { informer, told } = watched(cluster.client);
  await put('a', '1');
  await eventually('the first change is told', () => told.includes('+a 1'));
  await cluster.stopApiServer('SIGKILL');
  await eventually('the loss is noticed', () => informer.status().failures > 1);
  expect(informer.status()).toMatchObject({ synced: true, problem: { code: 'unreachable' } });
  expect(informer.get(`${namespace}/a`)).toBe('1');
  await cluster.startApiServer();
  await put('a', '2');
  await eventually('the change after it is told', () => told.includes('a 1>2'), 5000);
  expect(informer.status()).toMatchObject({ failures: 0, problem: undefined });
});

it('begins without a server, and syncs when there is one', async () => {
  await put('a', '1');
  await cluster.stopApiServer('SIGKILL');
  const { informer, told } = watched(cluster.client);
  expect(await informer.synced(300)).toBe(false);
  await cluster.startApiServer();
  expect(await informer.synced(10_000)).toBe(true);
  expect(told).toEqual(['+a 1']);
});

it('says that it may not watch, and goes on when it may', async () => {
  const user = await cluster.userClient(`watcher-${namespace}`);
  const { informer, problems, told } = watched(user);
  await put('a', '1');
  await eventually('the refusal is told', () => problems.length > 0);
  expect(problems[0]?.code).toBe('forbidden');
  expect(informer.status().synced).toBe(false);
  const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1', namespaced: true };
  await cluster.client.create({ ...rbac, plural: 'roles', kind: 'Role' }, {
    metadata: { name: 'watch', namespace },
    rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch'] }],
  } as KubeObject);
  await cluster.client.create({ ...rbac, plural: 'rolebindings', kind: 'RoleBinding' }, {
    metadata: { name: 'watch', namespace },
    roleRef: { apiGroup: rbac.group, kind: 'Role', name: 'watch' },
    subjects: [{ apiGroup: rbac.group, kind: 'User', name: `watcher-${namespace}` }],
  } as KubeObject);
  await eventually('it syncs', () => informer.status().synced);
  expect(told).toEqual(['+a 1']);
});

it('goes on after a mistake in what it calls', async () => {
  const seen: string[] = [];
  const { informer, problems } = watched(cluster.client, {
    onChange: (change) => {
      seen.push(change.key);
      throw new Error('a defect');
    },
  });
  await informer.synced(10_000);
  await put('a', '1');
  await put('b', '1');
  await eventually('both were told', () => seen.length === 2);
  expect(problems.map(({ message }) => message)).toEqual(Array(2).fill('taking in configmaps failed: a defect'));
  expect(informer.size).toBe(2);
});

it('takes in 5,000 objects, a cut in the middle, and their removal', async () => {
  const count = 5000;
  const names = Array.from({ length: count }, (_, index) => `many-${index}`);
  await inParallel(names, 24, (name) =>
    cluster.client.create(resources.configMaps, {
      metadata: { name, namespace, labels: { watch: 'me' } },
      data: { v: 'x'.repeat(200) },
    } as ConfigMap),
  );
  const { informer, told } = watched(through, { pageSize: 300 });
  await eventually('some are there', () => informer.size > 1000, 30_000, 1);
  proxy.cut();
  expect(await informer.synced(30_000)).toBe(true);
  expect(informer.size).toBe(count);
  expect(told).toHaveLength(count);
  await cluster.client.raw({
    method: 'DELETE',
    path: `/api/v1/namespaces/${namespace}/configmaps`,
    query: { labelSelector: 'watch=me' },
    deadline: 60_000,
  });
  await eventually('all are gone', () => informer.size === 0);
  expect(told).toHaveLength(2 * count);
});

async function inParallel<I>(items: readonly I[], width: number, work: (item: I) => Promise<unknown>): Promise<void> {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const item of rest) await work(item);
    }),
  );
}
