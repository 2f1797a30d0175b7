import fc from 'fast-check';
import type { KubeClient } from '../../src/kubernetes/client.js';
import { Informer, type InformerOptions } from '../../src/kubernetes/informer.js';
import type { KubeError } from '../../src/kubernetes/kube-error.js';
import type { KubeObject } from '../../src/kubernetes/kube-object.js';
import type { ObjectChange } from '../../src/kubernetes/object-store.js';
import { resources } from '../../src/kubernetes/resources.js';
import { FakeApiServer, requestOf, watchRequest } from '../support/fake-api-server.js';

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

const { configMaps } = resources;
const list = requestOf('GET', configMaps);
const long = 60_000;

let server: FakeApiServer;
let client: KubeClient;
const started: { stop(): Promise<void> }[] = [];
beforeEach(async () => {
  server = await FakeApiServer.start();
  client = server.client();
});
afterEach(async () => {
  for (const informer of started.splice(0)) await informer.stop();
  await server.stop();
});

const put = (name: string, v: string, labels: Record<string, string> = {}): Promise<unknown> =>
  client.apply(configMaps, { metadata: { name, labels }, data: { v } } as ConfigMap);
const remove = (name: string): Promise<void> => client.delete(configMaps, name);

/** An informer on config maps, with what it told; `server.changes` is told, too. */
function watched(options: Partial<InformerOptions<ConfigMap, string>> = {}) {
  const told: string[] = [];
  const changes: ObjectChange<string>[] = [];
  const problems: { readonly error: KubeError; readonly retryIn: number }[] = [];
  let settled = 0;
  const informer = new Informer<ConfigMap, string>(client, configMaps, {
    keep: ({ data }) => data?.v ?? '',
    onChange: (change) => {
      changes.push(change);
      told.push(sentence(change));
      server.changes.tell();
    },
    onSettled: () => {
      settled += 1;
    },
    onProblem: (error, retryIn) => {
      problems.push({ error, retryIn });
      server.changes.tell();
    },
    backOff: { least: 1, most: 2 },
    ...options,
  });
  started.push(informer);
  informer.start();
  const codes = () => problems.map(({ error }) => error.code);
  return { informer, told, changes, problems, codes, settled: () => settled };
}

function sentence(change: ObjectChange<string>): string {
  const name = change.key.split('/')[1] ?? '';
  if (change.type === 'added') return `+${name} ${change.value}`;
  return change.type === 'deleted' ? `-${name} ${change.before}` : `${name} ${change.before}>${change.value}`;
}

test('lists in pages and then watches: each change once, in order', async () => {
  for (const name of ['a', 'b', 'c']) await put(name, '1');
  const { informer, told, settled } = watched({ pageSize: 2 });
  expect(await informer.synced(long)).toBe(true);
  expect(told).toEqual(['+a 1', '+b 1', '+c 1']);
  expect(settled()).toBe(1);
  await put('a', '2');
  await put('d', '1');
  await remove('b');
  await server.changes.until(() => told.length === 6);
  expect(told.slice(3)).toEqual(['a 1>2', '+d 1', '-b 1']);
  expect([...informer.entries()]).toEqual([
    ['default/a', '2'],
    ['default/c', '1'],
    ['default/d', '1'],
  ]);
  expect(informer.status()).toMatchObject({ synced: true, lists: 1, watches: 1, failures: 0, problem: undefined });
  expect(server.requests.filter(list).map(({ query }) => query.get('limit'))).toEqual(['2', '2']);
});

test('resumes where it was when the connection is cut, without listing again', async () => {
  const { informer, told, codes } = watched();
  await informer.synced(long);
  for (let v = 1; v <= 3; v += 1) {
    await server.changes.until(() => server.watches === 1);
    await put('a', String(v));
    await server.changes.until(() => told.length === 2 * v - 1);
    server.cutWatches();
    // While nobody watches.
    await put(`b${v}`, '1');
    await server.changes.until(() => told.length === 2 * v);
  }
  expect(told).toEqual(['+a 1', '+b1 1', 'a 1>2', '+b2 1', 'a 2>3', '+b3 1']);
  expect(new Set(codes())).toEqual(new Set(['unreachable']));
  expect(informer.status().lists).toBe(1);
});

test('lists again when the server has forgotten its version: nothing lost, nothing told twice', async () => {
  for (const name of ['stays', 'goes', 'changes']) await put(name, '1');
  const { informer, told, problems } = watched();
  await informer.synced(long);
  await server.changes.until(() => server.watches === 1);
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  server.intercept(watchRequest, { after: held });
  server.cutWatches();
  await remove('goes');
  await put('changes', '2');
  await put('new', '1');
  server.compact();
  release();
  await server.changes.until(() => told.length === 6);
  expect(told.slice(3).sort()).toEqual(['+new 1', '-goes 1', 'changes 1>2']);
  // The server has only forgotten: it is asked again at once.
  expect(problems.find(({ error }) => error.code === 'expired')?.retryIn).toBe(0);
  await server.changes.until(() => server.watches === 1);
  expect(informer.status()).toMatchObject({ lists: 2 });
});

test('goes by bookmarks, so that a version of long ago is not needed', async () => {
  const { informer, told } = watched({ labelSelector: 'watch=me' });
  await put('a', '1', { watch: 'me' });
  await server.changes.until(() => told.length === 1 && server.watches === 1);
  for (let v = 1; v <= 3; v += 1) await put('of-others', String(v));
  server.sendBookmarks();
  await put('b', '1', { watch: 'me' });
  await server.changes.until(() => told.length === 2);
  server.compact();
  server.cutWatches();
  await put('c', '1', { watch: 'me' });
  await server.changes.until(() => told.length === 3);
  expect(informer.status().lists).toBe(1);
});

test('asks for a list in one piece when its pages are forgotten faster than they are read', async () => {
  for (const name of ['a', 'b', 'c']) await put(name, '1');
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  server.intercept((request) => list(request) && request.query.has('continue'), { after: held });
  const { informer, told, codes } = watched({ pageSize: 1 });
  await server.changes.until(() => server.requests.some(({ query }) => query.has('continue')));
  await remove('a');
  server.compact();
  release();
  expect(await informer.synced(long)).toBe(true);
  expect(told).toEqual(['+a 1', '+b 1', '+c 1', '-a 1']);
  expect(codes()).toEqual(['expired']);
  expect(server.requests.filter(list).map(({ query }) => query.get('limit'))).toEqual(['1', '1', '0']);
});

test('tells objects that no longer match, or are no longer wanted, as deleted', async () => {
  const { informer, told } = watched({
    labelSelector: 'watch=me',
    keep: ({ data }) => (data?.v === 'unwanted' ? undefined : data?.v),
  });
  await informer.synced(long);
  await put('a', '1', { watch: 'me' });
  await put('b', '1', { watch: 'me' });
  await put('a', '2', { watch: 'others' });
  await put('b', 'unwanted', { watch: 'me' });
  await put('b', '2', { watch: 'me' });
  await server.changes.until(() => told.length === 5);
  expect(told).toEqual(['+a 1', '+b 1', '-a 1', '-b 1', '+b 2']);
});

test('resumes after garbage on the watch', async () => {
  const { informer, told, codes } = watched();
  await informer.synced(long);
  await server.changes.until(() => server.watches === 1);
  server.sendToWatches('<html>\n');
  await put('a', '1');
  await server.changes.until(() => told.length === 1);
  expect(codes()).toEqual(['answer']);
  expect(informer.status().lists).toBe(1);
});

test('backs off from a server that ends each watch at once', async () => {
  const { problems } = watched();
  // One that was read for a second was no failure, and this machine may be that slow.
  while (problems.length === 0) {
    await server.changes.until(() => server.watches === 1 || problems.length > 0);
    server.endWatches();
  }
  expect(problems[0]?.error.message).toBe('the watch on configmaps was ended at once');
  expect(problems[0]?.retryIn).toBeGreaterThanOrEqual(1);
});

test('leaves the server alone for as long as it asks, and stops in the middle of that', async () => {
  server.intercept(list, { answer: 429, headers: { 'retry-after': '3600' } });
  const { informer, problems } = watched();
  await server.changes.until(() => problems.length === 1);
  expect(problems[0]).toMatchObject({ error: { code: 'too-many-requests' }, retryIn: 3_600_000 });
  expect(informer.status()).toMatchObject({ synced: false, failures: 1, problem: { code: 'too-many-requests' } });
  const waiting = informer.synced(long);
  await informer.stop();
  expect(await waiting).toBe(false);
});

test('keeps what it knew while the server is away', async () => {
  await put('a', '1');
  const { informer, told, codes } = watched();
  await server.changes.until(() => server.watches === 1);
  for (let i = 0; i < 10; i += 1) server.intercept(watchRequest, { reset: true });
  server.cutWatches();
  await server.changes.until(() => codes().length >= 4);
  expect(informer.status()).toMatchObject({ synced: true, problem: { code: 'unreachable' } });
  expect(informer.get('default/a')).toBe('1');
  await put('a', '2');
  await server.changes.until(() => told.length === 2);
  expect(informer.status()).toMatchObject({ failures: 0, problem: undefined });
});

test('goes on after a mistake in what it calls', async () => {
  const seen: string[] = [];
  const { informer, problems } = watched({
    onChange: ({ key }) => {
      seen.push(key);
      server.changes.tell();
      throw new Error('a defect');
    },
  });
  await put('a', '1');
  await put('b', '1');
  await server.changes.until(() => seen.length === 2 && problems.length === 2);
  expect(problems.map(({ error }) => error.message)).toEqual(Array(2).fill('taking in configmaps failed: a defect'));
  expect(informer.size).toBe(2);
});

const trouble = {
  cut: () => server.cutWatches(),
  end: () => server.endWatches(),
  compact: () => server.compact(),
  garbage: () => server.sendToWatches('{\n'),
  bookmark: () => server.sendBookmarks(),
  gone: () => server.intercept(watchRequest, { answer: 410 }),
  'list fails': () =>
    server.intercept((request) => list(request) && request.query.get('limit') === '2', { answer: 500 }),
} as const;
const step = fc.oneof(
  fc.record({ name: fc.constantFrom('a', 'b', 'c'), v: fc.constantFrom('1', '2', undefined) }),
  fc.constantFrom(...(Object.keys(trouble) as (keyof typeof trouble)[])),
);

test('whatever happens, what it told adds up to what is there', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      for (const { metadata } of await client.listAll(configMaps)) await remove(metadata.name ?? '');
      const { informer, changes } = watched({ pageSize: 2 });
      for (const one of steps) {
        if (typeof one === 'string') trouble[one]();
        else if (one.v === undefined) await client.deleteIfFound(configMaps, one.name);
        else await put(one.name, one.v);
      }
      await put('last', '1');
      await server.changes.until(() => informer.get('default/last') === '1');
      await informer.stop();
      const there = (await client.listAll<ConfigMap>(configMaps)).map(({ metadata, data }) => [
        `default/${metadata.name}`,
        data?.v,
      ]);
      expect([...informer.entries()].sort()).toEqual(there);
      expect([...replayed(changes)].sort()).toEqual(there);
    }),
    { numRuns: 40 },
  );
});

/** @throws when a change does not follow from those before it */
function replayed(changes: readonly ObjectChange<string>[]): ReadonlyMap<string, string> {
  const objects = new Map<string, string>();
  for (const change of changes) {
    const before = change.type === 'added' ? undefined : change.before;
    if (objects.get(change.key) !== before)
      throw new Error(`${sentence(change)}, and it was ${objects.get(change.key)}`);
    if (change.type === 'deleted') objects.delete(change.key);
    else objects.set(change.key, change.value);
  }
  return objects;
}
