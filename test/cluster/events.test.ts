import { execFileSync } from 'node:child_process';
import { decisionEvent } from '../../src/cluster/status/decision-event.js';
import type { Decision } from '../../src/core/admission/decision.js';
import { EventQueue, type EventQueueOptions } from '../../src/kubernetes/event-queue.js';
import type { KubeEvent } from '../../src/kubernetes/kube-event.js';
import type { KubeObject } from '../../src/kubernetes/kube-object.js';
import { resources } from '../../src/kubernetes/resources.js';
import { hasCommand } from '../support/has-command.js';
import { itNeeds } from '../support/require.js';
import { itNeedsApiServer as it } from './support/binaries.js';
import { ControlPlane } from './support/control-plane.js';
import { eventually } from './support/eventually.js';

let cluster: ControlPlane;
let made = 0;
let namespace = '';
const queues: EventQueue[] = [];

beforeAll(async () => {
  cluster = await ControlPlane.start();
});
beforeEach(async () => {
  made += 1;
  namespace = `events-${made}`;
  await cluster?.client.create(resources.namespaces, { metadata: { name: namespace } });
});
afterEach(async () => {
  for (const queue of queues.splice(0)) await queue.stop(0);
});
afterAll(() => cluster?.stop());

interface StoredEvent extends KubeObject {
  readonly note: string;
  readonly reason: string;
  readonly regarding: { readonly kind: string; readonly name: string; readonly namespace?: string };
  readonly reportingController: string;
  readonly series?: { readonly count: number };
}

function queueOf(more: Partial<EventQueueOptions> = {}): EventQueue {
  const queue = new EventQueue(cluster.client, {
    controller: 'seccomply.dev/webhook',
    instance: 'webhook-1',
    seriesPause: 100,
    ...more,
  });
  queues.push(queue);
  return queue;
}

const denied = (note: string, name = 'web-1'): KubeEvent => ({
  regarding: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name, namespace },
  type: 'Warning',
  reason: 'SeccompDenied',
  action: 'Deny',
  note,
});
const stored = () => cluster.client.listAll<StoredEvent>(resources.events, { namespace });

it('writes an event where people look, without anybody waiting', async () => {
  const queue = queueOf();
  queue.add(denied('container "app" asks for Unconfined'));
  expect(queue.counts()).toMatchObject({ written: 0, waiting: 1 });
  await eventually('it is written', () => queue.counts().written === 1);
  const [event] = await stored();
  expect(event).toMatchObject({
    note: 'container "app" asks for Unconfined',
    reason: 'SeccompDenied',
    regarding: { kind: 'ReplicaSet', name: 'web-1', namespace },
    reportingController: 'seccomply.dev/webhook',
    reportingInstance: 'webhook-1',
    type: 'Warning',
  });
});

itNeeds(hasCommand('kubectl', 'version', '--client'), 'kubectl is not installed')(
  'is shown by kubectl, for an owner and for a namespace',
  async () => {
    const queue = queueOf();
    queue.add(denied('from a ReplicaSet'));
    queue.add({
      ...denied('a bare pod'),
      regarding: { apiVersion: 'v1', kind: 'Namespace', name: namespace, namespace },
    });
    await eventually('they are written', () => queue.counts().written === 2);
    const out = execFileSync('kubectl', ['--kubeconfig', cluster.kubeconfig, '-n', namespace, 'get', 'events'], {
      encoding: 'utf8',
    });
    expect(out).toMatch(/Warning\s+SeccompDenied\s+replicaset\/web-1\s+from a ReplicaSet/);
    expect(out).toMatch(new RegExp(`Warning\\s+SeccompDenied\\s+namespace/${namespace}\\s+a bare pod`));
  },
);

it('makes one event with a count of equal ones', async () => {
  const queue = queueOf();
  for (let i = 0; i < 500; i += 1) queue.add(denied('again and again'));
  await eventually('the count is written', async () => (await stored())[0]?.series?.count === 500);
  expect(await stored()).toHaveLength(1);
  expect(queue.counts()).toMatchObject({ written: 1, folded: 499 });
  queue.add(denied('again and again'));
  await eventually('the count goes on', async () => (await stored())[0]?.series?.count === 501);
});

it('begins anew when the event has been deleted meanwhile', async () => {
  const queue = queueOf();
  queue.add(denied('short-lived'));
  await eventually('it is written', () => queue.counts().written === 1);
  const [event] = await stored();
  await cluster.client.delete(resources.events, event?.metadata.name ?? '', { namespace });
  queue.add(denied('short-lived'));
  await eventually('it is there again', async () => (await stored())[0]?.series?.count === 2);
});

it('takes no more than 25 about one object at once', async () => {
  const queue = queueOf();
  for (let i = 0; i < 40; i += 1) queue.add(denied(`reason ${i}`));
  for (let i = 0; i < 5; i += 1) queue.add(denied(`reason ${i}`, 'web-2'));
  await eventually('they are written', () => queue.counts().waiting === 0);
  expect(queue.counts()).toMatchObject({ written: 30, dropped: { flood: 15 } });
  expect(await stored()).toHaveLength(30);
});

it('keeps what fits while the server is away, counts the rest, and writes it later', async () => {
  const queue = queueOf({ capacity: 10 });
  await cluster.stopApiServer('SIGKILL');
  for (let i = 0; i < 25; i += 1) queue.add(denied('down', `web-${i}`));
  expect(queue.counts()).toMatchObject({ written: 0, waiting: 10, dropped: { full: 15 } });
  await cluster.startApiServer();
  await eventually('what was kept is written', () => queue.counts().written === 10);
  expect(await stored()).toHaveLength(10);
});

it('drops what the server refuses, and goes on', async () => {
  const queue = queueOf();
  queue.add({ ...denied('nowhere'), regarding: { apiVersion: 'v1', kind: 'Pod', name: 'x', namespace: 'no-such' } });
  queue.add(denied('somewhere'));
  await eventually('the good one is written', () => queue.counts().written === 1);
  expect(queue.counts().dropped.refused).toBe(1);
});

it('cuts a note at what the server takes, at a whole character', async () => {
  const queue = queueOf();
  queue.add(denied('ü€😀'.repeat(500)));
  await eventually('it is written', () => queue.counts().written === 1);
  const note = (await stored())[0]?.note ?? '';
  expect(Buffer.byteLength(note)).toBeGreaterThan(1015);
  expect(note).toMatch(/^(ü€😀)*(ü€?)?…$/u);
});

it('writes what waits when it is stopped, counts of series too', async () => {
  const queue = queueOf({ seriesPause: 60_000 });
  queue.add(denied('one'));
  await eventually('the first is written', () => queue.counts().written === 1);
  for (let i = 0; i < 9; i += 1) queue.add(denied('one'));
  queue.add(denied('two'));
  await queue.stop();
  expect((await stored()).map(({ note, series }) => `${note} ${series?.count ?? 1}`).sort()).toEqual([
    'one 10',
    'two 1',
  ]);
  queue.add(denied('three'));
  expect(queue.counts().dropped.stopped).toBe(1);
});

const decision: Decision = {
  webhook: 'validate',
  outcome: 'denied',
  allowed: false,
  code: 403,
  message: 'container "app": spec.containers[0].securityContext.seccompProfile asks for Unconfined',
  patch: [],
  warnings: [],
  assignments: [],
  findings: [
    {
      kind: 'violation',
      code: 'unconfined',
      mode: 'Enforce',
      container: 'app',
      containerType: 'Container',
      fieldPath: 'spec.containers[0].securityContext.seccompProfile',
      requested: 'Unconfined',
      effective: 'Unconfined',
      expected: 'RuntimeDefault',
      policy: { name: 'baseline', contentSha256: 'x', origin: 'cluster:seccomppolicies/baseline@3' },
      message: 'asks for Unconfined',
    },
  ],
};
const request = (metadata: object, more: object = {}) => ({
  uid: 'u',
  kind: { group: '', version: 'v1', kind: 'Pod' },
  operation: 'CREATE',
  namespace,
  object: { kind: 'Pod', metadata },
  ...more,
});

it('makes events of decisions that the API server takes', async () => {
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-7', uid: 'abc', controller: true };
  const ofOwner = decisionEvent(request({ generateName: 'web-7-', ownerReferences: [owner] }), decision);
  const bare = decisionEvent(request({ name: 'alone' }), decision);
  expect(ofOwner).toEqual({
    regarding: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-7', namespace, uid: 'abc' },
    related: { apiVersion: 'seccomply.dev/v1alpha1', kind: 'SeccompPolicy', name: 'baseline' },
    type: 'Warning',
    reason: 'SeccompDenied',
    action: 'Deny',
    note: 'Pod/web-7-*: container "app": spec.containers[0].securityContext.seccompProfile asks for Unconfined',
  });
  expect(bare?.regarding).toEqual({ apiVersion: 'v1', kind: 'Namespace', name: namespace, namespace });
  const queue = queueOf();
  for (const event of [ofOwner, bare]) if (event !== undefined) queue.add(event);
  await eventually('both are written', () => queue.counts().written === 2);
});

it('tells nothing of a dry run, of mutate, and of what is all right', () => {
  expect(decisionEvent(request({ name: 'a' }, { dryRun: true }), decision)).toBeUndefined();
  const allowed: Decision = { ...decision, allowed: true, outcome: 'allowed', code: 200, findings: [] };
  expect(decisionEvent(request({ name: 'a' }), allowed)).toBeUndefined();
  const { findings } = decision;
  expect(decisionEvent(request({ name: 'a' }), { ...allowed, webhook: 'mutate', findings })).toBeUndefined();
});
