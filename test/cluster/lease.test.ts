import { setTimeout as pause } from 'node:timers/promises';
import type { KubeClient } from '../../src/kubernetes/client.js';
import { LeaderElection, type LeaderElectionOptions } from '../../src/kubernetes/leader-election.js';
import { resources } from '../../src/kubernetes/resources.js';
import { itNeedsApiServer as it } from './support/binaries.js';
import { ControlPlane } from './support/control-plane.js';
import { eventually } from './support/eventually.js';
import { TcpProxy } from './support/tcp-proxy.js';

let cluster: ControlPlane;
let made = 0;
const candidates: Candidate[] = [];
/** Who worked as leader from when to when, over all candidates of a test. */
let spans: { readonly who: string; readonly from: number; to?: number }[] = [];

beforeAll(async () => {
  cluster = await ControlPlane.start();
});
beforeEach(() => {
  made += 1;
  spans = [];
});
afterEach(async () => {
  await Promise.all(candidates.splice(0).map((one) => one.election.stop()));
});
afterAll(() => cluster?.stop());

interface Candidate {
  readonly election: LeaderElection;
  readonly stopped: string[];
  readonly problems: string[];
  isWorking(): boolean;
}

function candidate(
  identity: string,
  client: KubeClient = cluster.client,
  more: Partial<LeaderElectionOptions> = {},
): Candidate {
  const stopped: string[] = [];
  const problems: string[] = [];
  let isWorking = false;
  const election = new LeaderElection(client, {
    name: `lease-${made}`,
    namespace: 'default',
    identity,
    duration: 1500,
    renewDeadline: 1000,
    retry: 150,
    onStartedLeading: async (signal) => {
      const span: (typeof spans)[number] = { who: identity, from: performance.now() };
      spans.push(span);
      isWorking = true;
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      span.to = performance.now();
      isWorking = false;
    },
    onStoppedLeading: (why) => stopped.push(why),
    onProblem: (message) => problems.push(message),
    ...more,
  });
  election.start();
  const one = { election, stopped, problems, isWorking: () => isWorking };
  candidates.push(one);
  return one;
}

/** The work of two leaders never overlaps. */
function expectOneAtATime(): void {
  const sorted = [...spans].sort((a, b) => a.from - b.from);
  for (const [index, span] of sorted.entries()) {
    const next = sorted[index + 1];
    if (next !== undefined) expect(span.to ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(next.from);
  }
}

const lease = () => cluster.client.get<Lease>(resources.leases, `lease-${made}`, { namespace: 'default' });
interface Lease {
  readonly metadata: { readonly resourceVersion?: string };
  readonly spec: { readonly holderIdentity: string; readonly leaseTransitions: number; readonly renewTime: string };
}

it('makes exactly one of many the leader, and another at once when it stops', async () => {
  const all = ['a', 'b', 'c', 'd', 'e'].map((name) => candidate(name));
  const leader = await eventually('one leads', () => all.find(({ election }) => election.isLeader));
  await eventually('all know the leader', () => all.every(({ election }) => election.leader !== ''));
  expect(all.filter(({ election }) => election.isLeader)).toHaveLength(1);
  const begun = performance.now();
  await leader.election.stop();
  expect(leader.stopped).toEqual(['stopped']);
  const next = await eventually(
    'another leads',
    () => all.find((one) => one !== leader && one.election.isLeader),
    1400,
    5,
  );
  // It did not have to wait for the Lease to run out.
  expect(performance.now() - begun).toBeLessThan(1400);
  expect((await lease()).spec).toMatchObject({ holderIdentity: next.election.leader, leaseTransitions: 1 });
  expect((await lease()).spec.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  await Promise.all(all.map(({ election }) => election.stop()));
  expectOneAtATime();
});

it('stops leading before another may begin when it cannot reach the server', async () => {
  const proxy = await TcpProxy.start(cluster.server);
  try {
    const cutOff = candidate('cut-off', await cluster.clientOf(cluster.adminConfigThrough(proxy.url)));
    await eventually('it leads', () => cutOff.isWorking());
    const other = candidate('other');
    await eventually('the other knows the leader', () => other.election.leader === 'cut-off');
    proxy.silenceNew(true);
    proxy.silence();
    await eventually('the other leads', () => other.isWorking(), 10_000, 5);
    expect(cutOff.isWorking()).toBe(false);
    expect(cutOff.election.isLeader).toBe(false);
    expect(cutOff.stopped).toEqual(['the Lease could not be renewed in time']);
    expectOneAtATime();
    proxy.silenceNew(false);
    proxy.cut();
    await eventually('it knows the new leader', () => cutOff.election.leader === 'other');
    expect(cutOff.isWorking()).toBe(false);
  } finally {
    await Promise.all(candidates.splice(0).map((one) => one.election.stop()));
    await proxy.stop();
  }
});

it('stops at once when the Lease has been taken from it', async () => {
  const robbed = candidate('robbed');
  await eventually('it leads', () => robbed.isWorking());
  await cluster.client.patch(resources.leases, `lease-${made}`, { spec: { holderIdentity: 'robber' } }, 'merge', {
    namespace: 'default',
  });
  await eventually('it has stopped', () => robbed.stopped.length > 0, 900, 5);
  expect(robbed.stopped).toEqual(['the Lease was taken over by robber']);
  await eventually('it takes the Lease back when the robber does not renew', () => robbed.isWorking(), 10_000);
});

it('leads on when somebody else has only written beside it', async () => {
  const leader = candidate('leader');
  await eventually('it leads', () => leader.isWorking());
  for (let i = 0; i < 20; i += 1) {
    const annotations = { checkpoint: String(i) };
    await cluster.client.patch(resources.leases, `lease-${made}`, { metadata: { annotations } }, 'merge');
    await pause(20);
  }
  const { metadata } = await lease();
  await eventually(
    'it has renewed since',
    async () => (await lease()).metadata.resourceVersion !== metadata.resourceVersion,
  );
  expect(leader.stopped).toEqual([]);
  expect(await lease()).toMatchObject({ metadata: { annotations: { checkpoint: '19' } } });
});

it('outlasts a server that is away for less than the deadline', async () => {
  const leader = candidate('leader');
  await eventually('it leads', () => leader.isWorking());
  cluster.pause('apiserver');
  await pause(400);
  cluster.resume('apiserver');
  await pause(1200);
  expect(leader.isWorking()).toBe(true);
  expect(leader.stopped).toEqual([]);
});

it('says that work did not end, and lets the Lease run out then', async () => {
  const stubborn = candidate('stubborn', cluster.client, { onStartedLeading: () => new Promise(() => undefined) });
  await eventually('it leads', () => stubborn.election.isLeader);
  const begun = performance.now();
  await stubborn.election.stop();
  expect(stubborn.problems).toEqual(['the work of the leader did not end in time: the Lease is left to run out']);
  const next = candidate('next');
  await eventually('the next leads', () => next.isWorking());
  expect(performance.now() - begun).toBeGreaterThan(1000);
});

it('refuses times that would allow two leaders', () => {
  const times = { duration: 10_000, renewDeadline: 10_000 };
  expect(() => candidate('a', cluster.client, times)).toThrow('a Lease needs retry < renewDeadline < duration');
});
