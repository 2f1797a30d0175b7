import { LeaderElection, type LeaderElectionOptions } from '../../src/kubernetes/leader-election.js';
import type { Lease } from '../../src/kubernetes/lease-decision.js';
import { resources } from '../../src/kubernetes/resources.js';
import { FakeApiServer, type RequestMatch, requestOf } from '../support/fake-api-server.js';
import { ManualClock } from '../support/manual-clock.js';

const { leases } = resources;
/** Longer than a pause with its jitter, so that after it everybody has tried again. */
const round = 2_400;
const get = requestOf('GET', leases, 'lease');
const replace = requestOf('PUT', leases, 'lease');

let server: FakeApiServer;
let clock: ManualClock;
const elections: LeaderElection[] = [];
/** Who is at work as leader, and who ever was. */
let working: string[];
let history: string[];
beforeEach(async () => {
  server = await FakeApiServer.start();
  clock = new ManualClock();
  working = [];
  history = [];
});
afterEach(async () => {
  await Promise.all(elections.splice(0).map((election) => election.stop()));
  await server.stop();
});

/** @param skew of its wall clock, in ms */
function candidate(identity: string, skew = 0, more: Partial<LeaderElectionOptions> = {}) {
  const stopped: string[] = [];
  const problems: string[] = [];
  const election = new LeaderElection(server.client(), {
    name: 'lease',
    namespace: 'default',
    identity,
    onStartedLeading: async (signal) => {
      history.push(identity);
      working.push(identity);
      server.changes.tell();
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      working = working.filter((one) => one !== identity);
    },
    onStoppedLeading: (why) => stopped.push(why),
    onProblem: (message) => problems.push(message),
    clock: {
      now: () => clock.now(),
      wallClock: () => new Date(1_700_000_000_000 + clock.now() + skew),
      pause: (length, signal) => clock.pause(length, signal),
    },
    ...more,
  });
  elections.push(election);
  election.start();
  return { election, stopped, problems };
}

const lease = (): Promise<Lease> => server.client().get<Lease>(leases, 'lease');

/** Time goes on, and everybody has done what is due. */
async function rounds(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    clock.advance(round);
    await clock.asleep(elections.length);
    expect(working.length).toBeLessThanOrEqual(1);
  }
}

test('makes one of two the leader, who renews, and the other waits', async () => {
  const a = candidate('a');
  await clock.asleep(1);
  const b = candidate('b');
  await clock.asleep(2);
  expect([a.election.isLeader, b.election.isLeader]).toEqual([true, false]);
  expect(b.election.leader).toBe('a');
  const before = await lease();
  await rounds(20);
  expect(working).toEqual(['a']);
  expect(await lease()).toMatchObject({
    spec: { holderIdentity: 'a', acquireTime: before.spec?.acquireTime, leaseTransitions: 0 },
  });
  expect((await lease()).spec?.renewTime).not.toBe(before.spec?.renewTime);
  expect([...a.problems, ...b.problems, ...a.stopped]).toEqual([]);
});

test('of many that begin at once one leads', async () => {
  for (const identity of ['a', 'b', 'c', 'd']) candidate(identity);
  await clock.asleep(4);
  expect(working).toHaveLength(1);
  await rounds(1);
  expect(new Set(elections.map(({ leader }) => leader))).toEqual(new Set(working));
});

test('gives the Lease up when it stops, and another leads without waiting for its end', async () => {
  const a = candidate('a');
  await clock.asleep(1);
  candidate('b');
  await clock.asleep(2);
  await a.election.stop();
  expect(a.stopped).toEqual(['stopped']);
  expect((await lease()).spec?.holderIdentity).toBe('');
  elections.splice(elections.indexOf(a.election), 1);
  await rounds(1);
  expect(working).toEqual(['b']);
  expect((await lease()).spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
});

test('takes over from a holder that is gone, when its time is over and not before', async () => {
  await server.client().create<Lease>(leases, {
    metadata: { name: 'lease' },
    spec: { holderIdentity: 'gone', leaseDurationSeconds: 15, leaseTransitions: 7 },
  });
  const { election } = candidate('a');
  await clock.asleep(1);
  await rounds(6);
  expect([election.leader, working]).toEqual(['gone', []]);
  await rounds(1);
  expect([election.leader, working]).toEqual(['a', ['a']]);
  expect((await lease()).spec?.leaseTransitions).toBe(8);
});

test('is not kept waiting by somebody who only annotates the Lease', async () => {
  const other = server.client();
  await other.create<Lease>(leases, { metadata: { name: 'lease' }, spec: { holderIdentity: 'gone' } });
  candidate('a');
  await clock.asleep(1);
  for (let i = 0; i < 7; i += 1) {
    await other.patch(leases, 'lease', { metadata: { annotations: { seen: String(i) } } }, 'merge');
    await rounds(1);
  }
  expect(working).toEqual(['a']);
});

test.each([
  ['an hour behind', -3_600_000],
  ['a year ahead', 31_536_000_000],
])('goes by no wall clock: one that is %s changes nothing', async (_, skew) => {
  candidate('a', skew);
  await clock.asleep(1);
  candidate('b');
  await clock.asleep(2);
  await rounds(10);
  expect(history).toEqual(['a']);
});

test('stops leading before another may begin when it cannot renew', async () => {
  const a = candidate('a');
  await clock.asleep(1);
  const b = candidate('b');
  await clock.asleep(2);
  await rounds(3);
  // Renewals fail from now on; reading goes on.
  for (let i = 0; i < 40; i += 1) server.intercept(replace, { answer: 503 });
  await rounds(4);
  expect(working).toEqual(['a']);
  await rounds(1);
  expect([working, a.election.isLeader]).toEqual([[], false]);
  expect(a.stopped).toEqual(['the Lease could not be renewed in time']);
  expect(a.problems).toContain('PUT /apis/coordination.k8s.io/v1/namespaces/default/leases/lease: HTTP 503');
  expect(b.election.leader).toBe('a');
});

test('does not believe in a lead that it could not renew while it was stopped', async () => {
  const { election, stopped } = candidate('a');
  await clock.asleep(1);
  server.intercept(get, { after: new Promise(() => undefined) });
  clock.advance(10_000);
  expect(election.isLeader).toBe(false);
  await server.changes.until(() => stopped.length === 1);
  expect(stopped).toEqual(['the Lease could not be renewed in time']);
});

test('stops at once when the Lease has been taken from it', async () => {
  const { stopped } = candidate('a');
  await clock.asleep(1);
  await server.client().patch(leases, 'lease', { spec: { holderIdentity: 'robber' } }, 'merge');
  await rounds(1);
  expect([working, stopped]).toEqual([[], ['the Lease was taken over by robber']]);
});

test.each<[string, RequestMatch]>([
  ['between reading and writing', replace],
  ['before it is read', get],
])('leads on when somebody writes beside it %s', async (_, match) => {
  const { stopped } = candidate('a');
  await clock.asleep(1);
  let release = (): void => undefined;
  server.intercept(match, {
    after: new Promise<void>((resolve) => {
      release = resolve;
    }),
  });
  const asked = server.requests.length;
  clock.advance(round);
  await server.changes.until(() => server.requests.slice(asked).some(match));
  await server.client().patch(leases, 'lease', { metadata: { annotations: { by: 'another' } } }, 'merge');
  release();
  await clock.asleep(1);
  await rounds(5);
  expect([history, stopped]).toEqual([['a'], []]);
  expect((await lease()).metadata.annotations).toEqual({ by: 'another' });
});

test('loses to who was first between reading and writing', async () => {
  const a = candidate('a', 0);
  await clock.asleep(1);
  let release = (): void => undefined;
  server.intercept(replace, {
    after: new Promise<void>((resolve) => {
      release = resolve;
    }),
  });
  clock.advance(round);
  await server.changes.until(() => server.count('PUT') === 1);
  await server.client().patch(leases, 'lease', { spec: { holderIdentity: 'robber' } }, 'merge');
  release();
  await clock.asleep(1);
  expect([working, a.stopped]).toEqual([[], ['the Lease was taken over by robber']]);
});

test('makes the Lease anew when somebody has deleted it', async () => {
  const { stopped } = candidate('a');
  await clock.asleep(1);
  await server.client().delete(leases, 'lease');
  await rounds(1);
  expect([working, stopped]).toEqual([['a'], []]);
  expect((await lease()).spec?.holderIdentity).toBe('a');
});

test('says that work did not end, and lets the Lease run out then', async () => {
  const { election, problems } = candidate('a', 0, { onStartedLeading: () => new Promise(() => undefined) });
  await clock.asleep(1);
  elections.length = 0;
  const stopping = election.stop();
  await clock.asleep(1);
  clock.advance(10_000);
  await stopping;
  expect(problems).toEqual(['the work of the leader did not end in time: the Lease is left to run out']);
  expect((await lease()).spec?.holderIdentity).toBe('a');
});

test('leads again after work that failed', async () => {
  let runs = 0;
  const { problems } = candidate('a', 0, {
    onStartedLeading: () => {
      runs += 1;
      throw new Error('a defect');
    },
  });
  await clock.asleep(1);
  expect(problems).toEqual(['the work of the leader failed: a defect']);
  await server.client().patch(leases, 'lease', { spec: { holderIdentity: 'robber' } }, 'merge');
  await rounds(1);
  await server.client().patch(leases, 'lease', { spec: { holderIdentity: '' } }, 'merge');
  await rounds(1);
  expect(runs).toBe(2);
});

test('refuses times that would allow two leaders', () => {
  const make = () => candidate('a', 0, { duration: 10_000, renewDeadline: 10_000 });
  expect(make).toThrow('a Lease needs retry < renewDeadline < duration');
});
