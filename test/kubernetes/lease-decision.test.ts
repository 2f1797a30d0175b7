import {
  decideLease,
  isSameSpec,
  type LeaseCandidate,
  type LeaseSpec,
  releasedSpec,
} from '../../src/kubernetes/lease-decision.js';

const wallClock = new Date('2026-03-01T12:00:00.123Z');
const time = '2026-03-01T12:00:00.123000Z';
const long = '2026-01-01T00:00:00.000000Z';
const times = { duration: 15_000, renewDeadline: 10_000 };
const held = (by: string, more: Partial<LeaseSpec> = {}): { metadata: object; spec: LeaseSpec } => ({
  metadata: { resourceVersion: '7' },
  spec: {
    holderIdentity: by,
    leaseDurationSeconds: 15,
    acquireTime: long,
    renewTime: long,
    leaseTransitions: 3,
    ...more,
  },
});
const me = (more: Partial<LeaseCandidate> = {}): LeaseCandidate => ({
  identity: 'me',
  times,
  now: 100_000,
  unchangedSince: 100_000,
  renewedAt: undefined,
  wallClock,
  ...more,
});
const ours = { holderIdentity: 'me', leaseDurationSeconds: 15, renewTime: time };

test.each<[string, Parameters<typeof decideLease>[0], Partial<LeaseCandidate>, object]>([
  [
    'there is none: it is made',
    undefined,
    {},
    { action: 'acquire', spec: { ...ours, acquireTime: time, leaseTransitions: 0 } },
  ],
  [
    'there is an empty one',
    { metadata: {} },
    {},
    { action: 'acquire', spec: { ...ours, acquireTime: time, leaseTransitions: 1 } },
  ],
  ['it was given up', held(''), {}, { action: 'acquire', spec: { ...ours, acquireTime: time, leaseTransitions: 4 } }],
  [
    'it is ours, and we lead',
    held('me'),
    { renewedAt: 98_000 },
    { action: 'renew', spec: { ...ours, acquireTime: long, leaseTransitions: 3 } },
  ],
  [
    'it is ours, from before this process was started anew',
    held('me'),
    {},
    { action: 'renew', spec: { ...ours, acquireTime: long, leaseTransitions: 3 } },
  ],
  ["somebody else's, just seen", held('other'), {}, { action: 'wait' }],
  ["somebody else's, at the end of its time", held('other'), { unchangedSince: 85_000 }, { action: 'wait' }],
  [
    "somebody else's, after its time",
    held('other'),
    { unchangedSince: 84_999 },
    { action: 'acquire', spec: { ...ours, acquireTime: time, leaseTransitions: 4 } },
  ],
  [
    'a holder that asks for longer',
    held('other', { leaseDurationSeconds: 60 }),
    { unchangedSince: 50_000 },
    { action: 'wait' },
  ],
  [
    'a holder that asks for less than we take',
    held('other', { leaseDurationSeconds: 1 }),
    { unchangedSince: 90_000 },
    { action: 'wait' },
  ],
  ['renewTime is of no account, be it long ago', held('other', { renewTime: long }), {}, { action: 'wait' }],
  [
    'renewTime is of no account, be it far ahead',
    held('other', { renewTime: '2099-01-01T00:00:00.000000Z' }),
    { unchangedSince: 0 },
    { action: 'acquire' },
  ],
  [
    'we led, and somebody else holds it',
    held('robber'),
    { renewedAt: 98_000, unchangedSince: 0 },
    { action: 'lost', why: 'the Lease was taken over by robber' },
  ],
  [
    'we led, and could not renew for too long',
    held('me'),
    { renewedAt: 90_000 },
    { action: 'lost', why: 'the Lease could not be renewed in time' },
  ],
  [
    'we led, and somebody deleted it',
    undefined,
    { renewedAt: 98_000 },
    { action: 'acquire', spec: { ...ours, acquireTime: time, leaseTransitions: 0 } },
  ],
])('%s', (_, lease, candidate, expected) => {
  expect(decideLease(lease, me(candidate))).toMatchObject(expected);
});

test('writes no less than a second, and whole seconds', () => {
  const seconds = (duration: number): unknown => {
    const decision = decideLease(undefined, me({ times: { duration, renewDeadline: duration / 2 } }));
    return 'spec' in decision ? decision.spec.leaseDurationSeconds : undefined;
  };
  expect([100, 1000, 1001, 15_000].map(seconds)).toEqual([1, 1, 2, 15]);
});

test('keeps fields of later versions of the kind', () => {
  const strategy = { strategy: 'OldestEmulationVersion' } as Partial<LeaseSpec>;
  expect(decideLease(held('', strategy), me())).toMatchObject({ spec: strategy });
  expect(releasedSpec({ ...held('me').spec, ...strategy }, wallClock)).toEqual({
    ...held('').spec,
    ...strategy,
    renewTime: time,
  });
});

test('only what the holder writes counts as a renewal', () => {
  expect(isSameSpec(held('a').spec, held('a').spec)).toBe(true);
  expect(isSameSpec(held('a').spec, held('a', { renewTime: time }).spec)).toBe(false);
  expect(isSameSpec(undefined, held('a').spec)).toBe(false);
});
