import type { AdmissionEntry } from '../../../src/core/audit/admission-entry.js';
import { RateLimit } from '../../../src/core/audit/rate-limit.js';
import { denialEntry } from './denial-entry.js';

const second = 1_000_000;
const start = 1_764_000_000 * second;
const mebibyte = 1024 * 1024;

function newLimit({ burst = 1_000_000, perSecond = 0, limit = 10_000, total = Number.POSITIVE_INFINITY } = {}) {
  const room = { total, left: total };
  const rates = new RateLimit({ burst, perSecond, limit, window: 60 * second, room: () => room });
  return {
    rates,
    room,
    of: (namespace: string, now = start) => rates.of(entry({ request: { ...denialEntry().request, namespace } }), now),
  };
}

/** Of a caller that is known. */
function entry(changes: Parameters<typeof denialEntry>[0]): AdmissionEntry {
  return denialEntry({ caller: { authenticated: true }, ...changes });
}

const at = (now: number) => ({ now, wall: now });
const denial = { bytes: 1_000, isExemption: false };
const use = { bytes: 1_000, isExemption: true };

test('a namespace past its share is said once, counted, and comes back with time', () => {
  const { rates, of } = newLimit({ burst: 2, perSecond: 1 });
  const a = of('a');
  expect([1, 2, 3].map(() => rates.take(a, denial, start))).toEqual([true, true, false]);
  expect(rates.count(a, 'answered', 1, at(start))).toMatchObject({
    reached: { overQuota: { namespace: 'a', state: 'reached', count: 1 } },
    ended: [],
  });
  rates.said(a, true);
  // While it is said to be used up, what came back is not handed out.
  expect(rates.take(a, denial, start + second)).toBe(false);
  expect(rates.count(a, 'answered', 1, at(start + second))).toEqual({ ended: [] });
  expect(rates.count(a, 'refused', 3, at(start + 2 * second))).toEqual({ ended: [] });
  expect(rates.take(of('b'), denial, start + second)).toBe(true);
  expect(rates.due(start + 59 * second)).toEqual([]);
  expect(rates.due(start + 60 * second)).toEqual([
    {
      recordType: 'over-quota',
      overQuota: {
        namespace: 'a',
        state: 'count',
        count: 1,
        refused: 3,
        firstTime: '2025-11-24T16:00:01.000000Z',
        lastTime: '2025-11-24T16:00:02.000000Z',
      },
    },
  ]);
  expect(rates.take(a, denial, start + 61 * second)).toBe(true);
});

test('the count of a window that is over is not lost when the next one begins before anybody asked what is due', () => {
  const { rates, of } = newLimit({ burst: 0 });
  const a = of('a');
  rates.count(a, 'answered', 1, at(start));
  rates.said(a, true);
  rates.count(a, 'answered', 7, at(start + second));
  expect(rates.count(a, 'answered', 1, at(start + 60 * second))).toMatchObject({
    reached: { overQuota: { count: 1 } },
    ended: [{ overQuota: { state: 'count', count: 7 } }],
  });
});

test('a share that was not said on disk is said again, and its window lasts until that is known', () => {
  const { rates, of } = newLimit({ burst: 0 });
  const a = of('a');
  expect(rates.count(a, 'answered', 1, at(start)).reached).toBeDefined();
  expect(rates.count(a, 'answered', 1, at(start + 61 * second))).toEqual({ ended: [] });
  expect(rates.due(start + 61 * second)).toEqual([]);
  rates.said(a, false);
  expect(rates.count(a, 'answered', 1, at(start + 61 * second)).reached).toBeDefined();
});

test('a share is a sixteenth of the store in bytes, an eighth of it for uses of exemptions, and comes back within a day', () => {
  const { rates, of } = newLimit({ total: 160 * mebibyte });
  const a = of('a');
  const take = (claim: typeof denial, now = start) => {
    let taken = 0;
    while (rates.take(a, claim, now)) taken += 1;
    return taken;
  };
  const large = { bytes: 10_240, isExemption: false };
  expect(take(large)).toBe((1_024 * 7) / 8);
  expect(take({ ...large, isExemption: true })).toBe(1_024 / 8);
  expect(rates.take(of('b'), large, start)).toBe(true);
  expect(take({ ...large, isExemption: true }, start + 3_600 * second)).toBe(Math.floor(1_024 / 24));
});

test('the last quarter of the store belongs to those who have written little', () => {
  const { rates, room, of } = newLimit({ total: 64 * mebibyte });
  const large = { bytes: 16_000, isExemption: true };
  const [full, quiet] = [of('full'), of('quiet')];
  for (let written = 0; written < 2 * mebibyte; written += large.bytes) rates.take(full, large, start);
  room.left = 15 * mebibyte;
  expect(rates.take(full, use, start)).toBe(false);
  expect(rates.take(quiet, large, start)).toBe(true);
  // What came back of a share counts on: it lies on the disk.
  expect(rates.take(full, use, start + 86_400 * second)).toBe(false);
  room.left = 30 * mebibyte;
  expect(rates.take(full, use, start + 86_400 * second)).toBe(true);
});

test('strangers get nothing of the last quarter once somebody authenticated', () => {
  const { rates, room, of } = newLimit({ total: 64 * mebibyte });
  const stranger = (namespace: string) =>
    rates.of(denialEntry({ request: { ...denialEntry().request, namespace } }), start);
  room.left = 15 * mebibyte;
  expect(rates.take(stranger('a'), use, start)).toBe(true);
  expect(rates.take(of('shop'), use, start)).toBe(true);
  expect(rates.take(stranger('b'), use, start)).toBe(false);
  expect(rates.take(of('perf'), use, start)).toBe(true);
  room.left = 17 * mebibyte;
  expect(rates.take(stranger('b'), use, start)).toBe(true);
});

test('made-up namespaces share what is left, and reset no share of anybody', () => {
  const { rates, of } = newLimit({ burst: 8, limit: 100 });
  const real = of('real');
  for (let taken = 0; taken < 8; taken += 1) rates.take(real, use, start);
  const shares = new Set(Array.from({ length: 100_000 }, (_, index) => of(`made-up-${index}`)));
  expect(shares.size).toBe(100);
  expect(of('real')).toBe(real);
  expect(rates.take(real, use, start)).toBe(false);
  expect(of('late')).toBe(of('later'));
  expect(of('late').namespace).toBe('*');
  expect(of('x'.repeat(64))).toBe(of('late'));
});

test('a namespace that has been quiet for an hour, with its share whole again, gives way; one that has written much does not', () => {
  const { rates, of } = newLimit({ perSecond: 1, limit: 2, total: 1_024 * mebibyte });
  const much = of('much');
  rates.take(much, { bytes: mebibyte, isExemption: true }, start);
  rates.take(of('little'), denial, start);
  const hour = start + 3_600 * second;
  // The one that is looked at first stays, the next one goes.
  expect(
    [of('new', hour - 1), of('new', hour - 1), of('new', hour), of('new', hour)].map((share) => share.namespace),
  ).toEqual(['*', '*', '*', 'new']);
  expect(of('much', hour)).toBe(much);
});

test('whoever did not authenticate uses up no share of whoever did', () => {
  const { rates } = newLimit({ burst: 1 });
  const by = (authenticated: boolean) => rates.of(denialEntry({ caller: { authenticated } }), start);
  expect(rates.take(by(false), denial, start)).toBe(true);
  expect(rates.take(by(false), denial, start)).toBe(false);
  expect(rates.count(by(false), 'answered', 1, at(start)).reached).toMatchObject({
    overQuota: { namespace: 'shop', unauthenticated: true },
  });
  expect(rates.take(by(true), denial, start)).toBe(true);
  expect(by(true)).not.toBe(by(false));
});

test('what strangers make up takes no room of whoever authenticated, nor of what those who are too many share', () => {
  const { rates, of } = newLimit({ burst: 8, limit: 10 });
  const by = (authenticated: boolean, namespace: string) =>
    rates.of(entry({ caller: { authenticated }, request: { ...denialEntry().request, namespace } }), start);
  const madeUp = Array.from({ length: 1_000 }, (_, index) => by(false, `made-up-${index}`));
  expect(madeUp.at(-1)).toMatchObject({ namespace: '*', isAuthenticated: false });
  for (const share of madeUp) rates.take(share, use, start);
  expect(rates.take(by(false, 'one-more'), use, start)).toBe(false);
  expect(rates.count(by(false, 'one-more'), 'refused', 1, at(start)).reached).toMatchObject({
    overQuota: { namespace: '*', unauthenticated: true },
  });
  expect(of('shop')).toMatchObject({ namespace: 'shop', isAuthenticated: true });
  expect(of('x'.repeat(64))).toMatchObject({ namespace: '*', isAuthenticated: true });
  expect(rates.take(of('x'.repeat(64)), use, start)).toBe(true);
});

test('records on their way take what they may have only while there is room for it, and are looked at once', () => {
  const { rates, of } = newLimit({ total: 4 * mebibyte });
  const a = of('a');
  let asked = 0;
  const claims = Array.from({ length: 300 }, () => ({
    bytes: 16_384,
    isExemption: true,
    closer: () => {
      asked += 1;
      return 1_024;
    },
  }));
  expect(claims.slice(0, 16).every((claim) => rates.take(a, claim, start))).toBe(true);
  expect(asked).toBe(0);
  // A share of 256 KiB has room for 256 of these.
  expect(claims.slice(16).filter((claim) => rates.take(a, claim, start))).toHaveLength(240);
  expect(asked).toBe(300);
  rates.settle(a, claims[0] as (typeof claims)[number], undefined);
  rates.settle(a, claims[1] as (typeof claims)[number], 512);
  expect(a).toMatchObject({ records: 255, bytes: 254 * 1_024 + 512 });
});
