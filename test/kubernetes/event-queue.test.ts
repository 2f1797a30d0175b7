import type { KubeClient } from '../../src/kubernetes/client.js';
import { EventQueue, type EventQueueOptions } from '../../src/kubernetes/event-queue.js';
import type { KubeError } from '../../src/kubernetes/kube-error.js';
import type { KubeEvent } from '../../src/kubernetes/kube-event.js';
import type { KubeObject } from '../../src/kubernetes/kube-object.js';
import { resources } from '../../src/kubernetes/resources.js';
import { FakeApiServer, requestOf } from '../support/fake-api-server.js';

interface StoredEvent extends KubeObject {
  readonly note: string;
  readonly series?: { readonly count: number; readonly lastObservedTime: string };
}

const create = requestOf('POST', resources.events);
const minute = 60_000;

let server: FakeApiServer;
let client: KubeClient;
let now: number;
const queues: EventQueue[] = [];
beforeEach(async () => {
  server = await FakeApiServer.start();
  client = server.client();
  now = Date.parse('2026-03-01T12:00:00.000Z');
});
afterEach(async () => {
  for (const queue of queues.splice(0)) await queue.stop(0);
  await server.stop();
});

function queueOf(more: Partial<EventQueueOptions> = {}) {
  const failures: KubeError[] = [];
  const queue = new EventQueue(client, {
    controller: 'example.org/tester',
    instance: 'tester-1',
    seriesPause: 1,
    backOff: { least: 1, most: 2 },
    onFailure: (error) => failures.push(error),
    now: () => now,
    ...more,
  });
  queues.push(queue);
  return { queue, failures };
}

const event = (note: string, name = 'web-1'): KubeEvent => ({
  regarding: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name, namespace: 'default' },
  type: 'Warning',
  reason: 'FailedCreate',
  action: 'Create',
  note,
});
const stored = () => client.listAll<StoredEvent>(resources.events);
/** Told after each answer; the queue counts what was written a moment later. */
const until = async (check: () => boolean): Promise<void> => {
  while (!check()) await new Promise(setImmediate);
};

test('writes an event without anybody waiting', async () => {
  const { queue } = queueOf();
  queue.add(event('quota exceeded'));
  expect(queue.counts()).toEqual({
    written: 0,
    folded: 0,
    dropped: { full: 0, flood: 0, refused: 0, stopped: 0 },
    waiting: 1,
  });
  await until(() => queue.counts().written === 1);
  expect(await stored()).toEqual([
    expect.objectContaining({
      eventTime: '2026-03-01T12:00:00.000000Z',
      reportingController: 'example.org/tester',
      reportingInstance: 'tester-1',
      regarding: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-1', namespace: 'default' },
      type: 'Warning',
      reason: 'FailedCreate',
      action: 'Create',
      note: 'quota exceeded',
    }),
  ]);
  expect((await stored())[0]?.metadata.name).toMatch(/^web-1\.[0-9a-f]{16}$/);
});

test('puts an event about a cluster-scoped object into default', async () => {
  const { queue } = queueOf();
  queue.add({ ...event('not ready'), regarding: { apiVersion: 'v1', kind: 'Node', name: 'n1' } });
  await until(() => queue.counts().written === 1);
  expect(server.requests[0]?.path).toBe('/apis/events.k8s.io/v1/namespaces/default/events');
});

test('makes one event with a count of equal ones, and counts on', async () => {
  const { queue } = queueOf();
  for (let i = 0; i < 500; i += 1) queue.add(event('again and again'));
  await until(() => queue.counts().written === 1);
  expect((await stored())[0]?.series?.count).toBe(500);
  now += minute;
  queue.add(event('again and again'));
  queue.add(event('again and again'));
  await server.changes.until(() => server.count('PATCH') === 1);
  await until(() => queue.counts().waiting === 0);
  expect((await stored()).map(({ series }) => series)).toEqual([
    { count: 502, lastObservedTime: '2026-03-01T12:01:00.000000Z' },
  ]);
  expect(queue.counts()).toMatchObject({ written: 1, folded: 501 });
});

test('begins a new event when the last one was long ago', async () => {
  const { queue } = queueOf();
  queue.add(event('now and then'));
  await until(() => queue.counts().written === 1);
  now += 6 * minute;
  queue.add(event('now and then'));
  await until(() => queue.counts().written === 2);
  expect((await stored()).map(({ series }) => series)).toEqual([undefined, undefined]);
});

test('begins anew when the event has been deleted meanwhile', async () => {
  const { queue } = queueOf();
  queue.add(event('short-lived'));
  await until(() => queue.counts().written === 1);
  await client.delete(resources.events, (await stored())[0]?.metadata.name ?? '');
  queue.add(event('short-lived'));
  await until(() => queue.counts().written === 2);
  expect((await stored()).map(({ series }) => series?.count)).toEqual([2]);
});

test('takes no more than 25 about one object at once', async () => {
  const { queue } = queueOf();
  for (let i = 0; i < 40; i += 1) queue.add(event(`reason ${i}`));
  for (let i = 0; i < 5; i += 1) queue.add(event(`reason ${i}`, 'web-2'));
  await until(() => queue.counts().waiting === 0);
  expect(queue.counts()).toMatchObject({ written: 30, dropped: { flood: 15 } });
});

test('keeps what fits while the server does not answer, counts the rest, and writes it later', async () => {
  const { queue } = queueOf({ capacity: 10 });
  let release = (): void => undefined;
  server.intercept(create, {
    after: new Promise<void>((resolve) => {
      release = resolve;
    }),
  });
  for (let i = 0; i < 25; i += 1) queue.add(event('down', `web-${i}`));
  await server.changes.until(() => server.requests.length === 1);
  expect(queue.counts()).toMatchObject({ written: 0, waiting: 10, dropped: { full: 15 } });
  release();
  await until(() => queue.counts().written === 10);
  expect(await stored()).toHaveLength(10);
});

test('tries again what may pass by itself', async () => {
  const { queue, failures } = queueOf();
  server.intercept(create, { answer: 503 });
  server.intercept(create, { answer: 429 });
  server.intercept(create, { answer: 401 });
  // Refused twice, since the token is renewed in between.
  server.intercept(create, { answer: 401 });
  queue.add(event('at last'));
  queue.add(event('and then this'));
  await until(() => queue.counts().written === 2);
  expect(failures.map(({ code }) => code)).toEqual(['server', 'too-many-requests', 'unauthorized']);
  expect((await stored()).map(({ note }) => note).sort()).toEqual(['and then this', 'at last']);
});

test('leaves the server alone for as long as it asks', async () => {
  const { queue, failures } = queueOf();
  server.intercept(create, { answer: 429, headers: { 'retry-after': '3600' } });
  queue.add(event('later'));
  await until(() => failures.length === 1);
  // Long enough for an attempt that does not wait.
  for (let i = 0; i < 20; i += 1) await stored();
  expect(server.count('POST')).toBe(1);
  await queue.stop(1);
  expect(queue.counts()).toMatchObject({ written: 0, dropped: { stopped: 1 }, waiting: 0 });
});

test('drops what the server refuses, and goes on', async () => {
  const { queue, failures } = queueOf();
  server.intercept(create, { answer: 403 });
  queue.add(event('refused'));
  queue.add(event('taken'));
  await until(() => queue.counts().written === 1);
  expect(queue.counts().dropped.refused).toBe(1);
  expect(failures.map(({ code }) => code)).toEqual(['forbidden']);
  expect((await stored()).map(({ note }) => note)).toEqual(['taken']);
});

test('cuts a note at what the server takes, at a whole character', async () => {
  const { queue } = queueOf();
  queue.add(event('ü€😀'.repeat(500)));
  await until(() => queue.counts().written === 1);
  const note = (await stored())[0]?.note ?? '';
  expect(Buffer.byteLength(note)).toBeGreaterThan(1015);
  expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1024);
  expect(note).toMatch(/^(ü€😀)*(ü€?)?…$/u);
});

test('writes what waits when it is stopped, counts of series too, and takes nothing afterwards', async () => {
  const { queue } = queueOf({ seriesPause: 60 * minute });
  queue.add(event('one'));
  await until(() => queue.counts().written === 1);
  for (let i = 0; i < 9; i += 1) queue.add(event('one'));
  queue.add(event('two'));
  await queue.stop();
  expect((await stored()).map(({ note, series }) => `${note} ${series?.count ?? 1}`).sort()).toEqual([
    'one 10',
    'two 1',
  ]);
  queue.add(event('three'));
  expect(queue.counts().dropped.stopped).toBe(1);
});
