import { KubeClient } from '../../src/kubernetes/client.js';
import { KubeError } from '../../src/kubernetes/kube-error.js';
import type { KubeObject } from '../../src/kubernetes/kube-object.js';
import { resources } from '../../src/kubernetes/resources.js';
import { issueAuthority, issueServerCertificate } from '../../src/tls/certificate/issue.js';
import { FakeApiServer, requestOf } from '../support/fake-api-server.js';

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
  readonly status?: { readonly phase?: string };
}

const { configMaps } = resources;
const named = (name: string, data: Record<string, string> = {}): ConfigMap => ({ metadata: { name }, data });
const any = () => true;

let server: FakeApiServer;
let client: KubeClient;
beforeEach(async () => {
  server = await FakeApiServer.start();
  client = server.client();
});
afterEach(() => server.stop());

async function errorOf(promise: Promise<unknown>): Promise<KubeError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof KubeError) return error;
  throw new Error(`no KubeError but ${String(error)}`);
}

test('creates, reads, replaces, patches and deletes, with who it is', async () => {
  const created = await client.create(configMaps, named('one', { a: '1' }));
  expect(created.metadata).toMatchObject({ name: 'one', namespace: 'default', generation: 1 });
  const read = await client.get<ConfigMap>(configMaps, 'one');
  expect((await client.replace(configMaps, { ...read, data: { a: '2' } })).data).toEqual({ a: '2' });
  expect((await client.patch<ConfigMap>(configMaps, 'one', { data: { b: '3' } }, 'merge')).data).toEqual({
    a: '2',
    b: '3',
  });
  const operations = [{ op: 'remove', path: '/data/a' }];
  expect((await client.patch<ConfigMap>(configMaps, 'one', operations, 'json')).data).toEqual({ b: '3' });
  await client.delete(configMaps, 'one');
  expect(server.requests.map(({ method, headers }) => `${method} ${headers['content-type'] ?? ''}`)).toEqual([
    'POST application/json',
    'GET ',
    'PUT application/json',
    'PATCH application/merge-patch+json',
    'PATCH application/json-patch+json',
    'DELETE application/json',
  ]);
  expect(server.requests[0]?.headers['user-agent']).toBe('a-test');
  expect(server.requests.map(({ query }) => query.get('fieldManager')).slice(2, 5)).toEqual(Array(3).fill('tester'));
});

test('answers undefined and false for what is not there, where that is no mistake', async () => {
  expect(await client.find(configMaps, 'one')).toBeUndefined();
  expect(await client.deleteIfFound(configMaps, 'one')).toBe(false);
  expect(await errorOf(client.get(configMaps, 'one'))).toMatchObject({
    code: 'not-found',
    status: 404,
    reason: 'NotFound',
    message: 'GET /api/v1/namespaces/default/configmaps/one: configmaps "one" not found',
  });
  await client.create(configMaps, named('one'));
  expect((await client.find(configMaps, 'one'))?.metadata.name).toBe('one');
  expect(await client.deleteIfFound(configMaps, 'one')).toBe(true);
  server.intercept(any, { answer: 403 });
  expect((await errorOf(client.find(configMaps, 'one'))).code).toBe('forbidden');
});

test('lists in pages; one that takes too long has expired', async () => {
  for (const name of ['a', 'b', 'c', 'd', 'e']) await client.create(configMaps, named(name));
  await client.create(configMaps, { ...named('other'), metadata: { name: 'other', namespace: 'elsewhere' } });
  const first = await client.list(configMaps, { limit: 2 });
  expect(first.items.map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
  const all = await client.listAll(configMaps, { limit: 2 });
  expect(all.map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(await client.listAll(configMaps, { namespace: 'all', limit: 4 })).toHaveLength(6);
  server.compact();
  expect(await errorOf(client.list(configMaps, { continue: first.continue }))).toMatchObject({
    code: 'expired',
    status: 410,
  });
});

test('tells who was first: already-exists, conflict, another object of the same name', async () => {
  const created = await client.create(configMaps, named('one'));
  expect((await errorOf(client.create(configMaps, named('one')))).code).toBe('already-exists');
  await client.replace(configMaps, { ...created, data: { a: '1' } });
  expect((await errorOf(client.replace(configMaps, { ...created, data: { a: '2' } }))).code).toBe('conflict');
  const { resourceVersion } = created.metadata;
  const patch = { metadata: { resourceVersion }, data: { a: '3' } };
  expect((await errorOf(client.patch(configMaps, 'one', patch, 'merge'))).code).toBe('conflict');
  expect((await errorOf(client.delete(configMaps, 'one', { uid: 'of-another' }))).code).toBe('conflict');
  expect((await client.get<ConfigMap>(configMaps, 'one')).data).toEqual({ a: '1' });
});

test('applies the fields that are ours, and says who holds those that are not', async () => {
  await client.apply(configMaps, named('one', { a: '1', b: '1' }));
  const other = { fieldManager: 'other' };
  const conflict = await errorOf(client.apply(configMaps, named('one', { a: '2', c: '2' }), other));
  expect(conflict).toMatchObject({
    code: 'conflict',
    causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "tester"', field: '/data/a' }],
  });
  await client.apply(configMaps, named('one', { a: '2', c: '2' }), { ...other, force: true });
  // What we say no more goes; what somebody else has taken over stays.
  expect((await client.apply(configMaps, named('one', {}))).data).toEqual({ a: '2', c: '2' });
  expect(server.requests.at(-1)?.body).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
});

test('keeps status and the rest apart', async () => {
  await client.create(configMaps, { ...named('one', { a: '1' }), status: { phase: 'made up' } });
  const status = { data: { a: '2' }, status: { phase: 'Ready' } };
  const written = await client.patch<ConfigMap>(configMaps, 'one', status, 'merge', { subresource: 'status' });
  expect(written).toMatchObject({ data: { a: '1' }, status: { phase: 'Ready' }, metadata: { generation: 1 } });
  const next = await client.patch<ConfigMap>(configMaps, 'one', { data: { a: '2' }, status: {} }, 'merge');
  expect(next).toMatchObject({ data: { a: '2' }, status: { phase: 'Ready' }, metadata: { generation: 2 } });
});

test('asks what would happen without doing it', async () => {
  expect((await client.create(configMaps, named('dry'), { dryRun: true })).metadata.name).toBe('dry');
  expect(await client.find(configMaps, 'dry')).toBeUndefined();
  await client.create(configMaps, named('one'));
  await client.delete(configMaps, 'one', { dryRun: true });
  expect(await client.find(configMaps, 'one')).toBeDefined();
});

test('hands on each warning', async () => {
  const warnings: string[] = [];
  server.intercept(any, { warn: ['a "quoted" one, with a comma', 'another'] });
  await client.create(configMaps, named('one'), { onWarning: (text) => warnings.push(text) });
  expect(warnings).toEqual(['a "quoted" one, with a comma', 'another']);
});

test('renews a token that is refused, once', async () => {
  const tokens = ['old', 'new', 'newer'];
  const headers = async (renew: boolean) => {
    if (renew) tokens.shift();
    return { authorization: `Bearer ${tokens[0]}` };
  };
  const holder = server.client(server.connection({ headers }));
  server.token = 'new';
  expect((await holder.create(configMaps, named('one'))).metadata.name).toBe('one');
  expect(server.count('POST')).toBe(2);
  server.token = 'never';
  expect(await errorOf(holder.get(configMaps, 'one'))).toMatchObject({ code: 'unauthorized', status: 401 });
  expect(server.count('GET')).toBe(2);
});

test('says how long the server wants to be left alone', async () => {
  server.intercept(any, { answer: 429, headers: { 'retry-after': '7' }, body: 'too many requests\n' });
  expect(await errorOf(client.get(configMaps, 'one'))).toMatchObject({
    code: 'too-many-requests',
    retryAfter: 7000,
    message: 'GET /api/v1/namespaces/default/configmaps/one: HTTP 429: too many requests',
  });
});

test('gives up at its deadline, and when it is told to', async () => {
  const never = new Promise(() => undefined);
  server.intercept(any, { after: never });
  expect(await errorOf(client.get(configMaps, 'one', { deadline: 20 }))).toMatchObject({
    code: 'deadline',
    message: 'GET /api/v1/namespaces/default/configmaps/one: no answer within 20 ms',
  });
  const stop = new AbortController();
  server.intercept(any, { after: never });
  const asked = errorOf(client.get(configMaps, 'one', { signal: stop.signal }));
  await server.changes.until(() => server.requests.length === 2);
  stop.abort();
  expect((await asked).code).toBe('aborted');
  expect((await errorOf(client.get(configMaps, 'one', { signal: stop.signal }))).code).toBe('aborted');
  const credentials = server.client(server.connection({ headers: () => new Promise(() => undefined) }));
  expect((await errorOf(credentials.get(configMaps, 'one', { deadline: 20 }))).code).toBe('deadline');
});

test('repeats a GET on a connection that was just being closed, and nothing else', async () => {
  await client.create(configMaps, named('one'));
  server.intercept(requestOf('GET', configMaps, 'one'), { reset: true });
  expect((await client.get(configMaps, 'one')).metadata.name).toBe('one');
  expect(server.count('GET')).toBe(2);
  await client.create(configMaps, named('two'));
  server.intercept(requestOf('DELETE', configMaps, 'one'), { lose: true });
  // It may have been done, and it was.
  expect(await errorOf(client.delete(configMaps, 'one'))).toMatchObject({
    code: 'unreachable',
    message: 'DELETE /api/v1/namespaces/default/configmaps/one: the connection was cut',
  });
  expect(await client.find(configMaps, 'one')).toBeUndefined();
  expect(server.count('DELETE')).toBe(1);
});

test('says that nothing answers', async () => {
  const connection = server.connection();
  await server.stop();
  const late = new KubeClient(connection, { userAgent: 'a-test', fieldManager: 'tester' });
  expect((await errorOf(late.get(configMaps, 'one'))).message).toBe(
    'GET /api/v1/namespaces/default/configmaps/one: nothing answers there (connection refused)',
  );
  server = await FakeApiServer.start();
});

test('says that something else answers', async () => {
  server.intercept(any, { answer: 200, body: '<html>' });
  expect(await errorOf(client.get(configMaps, 'one'))).toMatchObject({
    code: 'answer',
    message: 'GET /api/v1/namespaces/default/configmaps/one: the answer is not JSON. Is this the API server?',
  });
  server.intercept(any, { answer: 302, headers: { location: '/login' } });
  expect((await errorOf(client.get(configMaps, 'one'))).status).toBe(302);
  server.intercept(any, { answer: 503, body: 'no healthy upstream' });
  expect(await errorOf(client.get(configMaps, 'one'))).toMatchObject({ code: 'server', status: 503 });
});

test('escapes names', async () => {
  await errorOf(client.get(configMaps, '../../secrets?x=1'));
  expect(server.requests[0]?.path).toBe('/api/v1/namespaces/default/configmaps/..%2F..%2Fsecrets%3Fx%3D1');
});

test('trusts the authority that the connection names, and takes a new one without breaking off what is under way', async () => {
  const authority = await issueAuthority({ commonName: 'A', days: 1 });
  const { key, cert } = await issueServerCertificate({
    authority,
    commonName: 'kubernetes',
    dns: ['kubernetes'],
    ip: ['127.0.0.1'],
    days: 1,
  });
  const secure = await FakeApiServer.start({ key, cert });
  try {
    const stranger = await issueAuthority({ commonName: 'B', days: 1 });
    let tls = { ca: stranger.cert };
    const careful = secure.client(secure.connection({ tls: async () => tls }));
    expect((await errorOf(careful.create(configMaps, named('one')))).message).toMatch(
      /^POST \/api\/v1\/namespaces\/default\/configmaps: the server's certificate is not signed by the authority that the connection names/,
    );
    tls = { ca: authority.cert };
    expect((await careful.create(configMaps, named('one'))).metadata.name).toBe('one');
    let release = (): void => undefined;
    secure.intercept(any, { after: new Promise<void>((resolve) => (release = resolve)) });
    const slow = careful.get(configMaps, 'one');
    await secure.changes.until(() => secure.count('GET') === 1);
    tls = { ca: authority.cert + stranger.cert };
    expect((await careful.get(configMaps, 'one')).metadata.name).toBe('one');
    release();
    expect((await slow).metadata.name).toBe('one');
  } finally {
    await secure.stop();
  }
});
