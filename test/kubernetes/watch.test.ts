import type { KubeClient } from '../../src/kubernetes/client.js';
import { KubeError } from '../../src/kubernetes/kube-error.js';
import type { KubeObject } from '../../src/kubernetes/kube-object.js';
import { resources } from '../../src/kubernetes/resources.js';
import { type WatchEvent, type WatchOptions, watchObjects } from '../../src/kubernetes/watch.js';
import { FakeApiServer, watchRequest } from '../support/fake-api-server.js';

const { configMaps } = resources;

let server: FakeApiServer;
let client: KubeClient;
beforeEach(async () => {
  server = await FakeApiServer.start();
  client = server.client();
});
afterEach(() => server.stop());

const create = (name: string): Promise<KubeObject> => client.create(configMaps, { metadata: { name } });

/** Reads a watch to its end in the background. */
function reading(options: Partial<WatchOptions> = {}) {
  const events: string[] = [];
  const ended = (async (): Promise<KubeError | 'in good order'> => {
    try {
      const watch = watchObjects<KubeObject>(client, configMaps, { resourceVersion: '100', ...options });
      for await (const batch of watch) {
        events.push(...batch.map(sentence));
        server.changes.tell();
      }
      return 'in good order';
    } catch (error) {
      if (error instanceof KubeError) return error;
      throw error;
    }
  })();
  return { events, ended };
}

function sentence(event: WatchEvent<KubeObject>): string {
  return `${event.type} ${event.type === 'BOOKMARK' ? '' : event.object.metadata.name}@${event.resourceVersion}`;
}

test('tells what happened since a version and what happens then, until the server ends it', async () => {
  await create('a');
  await create('b');
  const { events, ended } = reading({ resourceVersion: '101' });
  await server.changes.until(() => events.length === 1);
  await client.patch(configMaps, 'a', { data: { v: '1' } }, 'merge');
  await client.delete(configMaps, 'b');
  server.sendBookmarks();
  await server.changes.until(() => events.length === 4);
  server.endWatches();
  expect(await ended).toBe('in good order');
  expect(events).toEqual(['ADDED b@102', 'MODIFIED a@103', 'DELETED b@104', 'BOOKMARK @104']);
  expect(Object.fromEntries(server.requests.find(watchRequest)?.query ?? [])).toMatchObject({
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: '101',
  });
});

test('puts lines together that arrive in pieces', async () => {
  const { events, ended } = reading();
  await server.changes.until(() => server.watches === 1);
  const line = `${JSON.stringify({ type: 'ADDED', object: { metadata: { name: 'ä€😀', resourceVersion: '7' } } })}\n`;
  const bytes = Buffer.from(line + line);
  for (const byte of bytes) server.sendToWatches(Buffer.of(byte));
  server.sendToWatches('\n\n');
  await server.changes.until(() => events.length === 2);
  server.endWatches();
  expect(await ended).toBe('in good order');
  expect(events).toEqual(['ADDED ä€😀@7', 'ADDED ä€😀@7']);
});

test.each([
  ['{"type":"ADDED","object"', 'an event is not JSON'],
  ['null', 'an event carries no version'],
  ['{"type":"ADDED","object":{"metadata":{"name":"a"}}}', 'an event carries no version'],
  ['{"type":"ADDED"}', 'an event carries no version'],
  ['{"type":"MOVED","object":{"metadata":{"resourceVersion":"7"}}}', 'an event is of the unknown type "MOVED"'],
])('ends at %s', async (line, why) => {
  const { ended } = reading();
  await server.changes.until(() => server.watches === 1);
  server.sendToWatches(`${line}\n`);
  expect(await ended).toMatchObject({
    code: 'answer',
    message: `watch /api/v1/namespaces/default/configmaps: ${why}`,
  });
});

test('says that the version is too old, however the server says so', async () => {
  server.compact();
  expect(await reading({ resourceVersion: '99' }).ended).toMatchObject({ code: 'expired', status: 410 });
  server.intercept(watchRequest, { answer: 410, body: 'Gone' });
  expect(await reading().ended).toMatchObject({ code: 'expired', status: 410 });
});

test('says that it may not watch, and how long the server wants to be left alone', async () => {
  server.intercept(watchRequest, { answer: 403 });
  expect(await reading().ended).toMatchObject({ code: 'forbidden' });
  server.intercept(watchRequest, { answer: 429, headers: { 'retry-after': '3' } });
  expect(await reading().ended).toMatchObject({ code: 'too-many-requests', retryAfter: 3000 });
});

test('says that the connection was cut', async () => {
  const { ended } = reading();
  await server.changes.until(() => server.watches === 1);
  server.cutWatches();
  expect(await ended).toMatchObject({ code: 'unreachable' });
});

test('takes silence for the end of the connection', async () => {
  expect(await reading({ idleTimeout: 30 }).ended).toMatchObject({
    code: 'deadline',
    // On a slow machine the answer may not even have begun.
    message: expect.stringContaining('30 ms'),
  });
  await server.changes.until(() => server.watches === 0);
});

test('ends when it is told to, and closes the connection when nobody reads on', async () => {
  const stop = new AbortController();
  const { ended } = reading({ signal: stop.signal });
  await server.changes.until(() => server.watches === 1);
  stop.abort();
  expect(await ended).toMatchObject({ code: 'aborted' });
  await create('a');
  for await (const [event] of watchObjects(client, configMaps, { resourceVersion: '100' })) {
    expect(event?.type).toBe('ADDED');
    break;
  }
  await server.changes.until(() => server.watches === 0);
});
