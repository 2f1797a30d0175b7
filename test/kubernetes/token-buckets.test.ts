import { TokenBuckets } from '../../src/kubernetes/token-buckets.js';

test('so many at once, then one for each refill, for each key by itself', () => {
  const buckets = new TokenBuckets({ burst: 2, refill: 100, most: 10 });
  const take = (key: string, ...times: readonly number[]) => times.map((now) => buckets.take(key, now));
  expect(take('a', 0, 0, 0, 99, 100, 100)).toEqual([true, true, false, false, true, false]);
  expect(take('b', 100, 100, 100)).toEqual([true, true, false]);
  // Never more than a full bucket, however long nothing was asked.
  expect(take('a', 10_000, 10_000, 10_000)).toEqual([true, true, false]);
});

test('remembers the keys of late only', () => {
  const buckets = new TokenBuckets({ burst: 1, refill: 100, most: 2 });
  expect(['a', 'b', 'c', 'c', 'b', 'a'].map((key) => buckets.take(key, 0))).toEqual([
    ...[true, true, true],
    ...[false, false, true],
  ]);
});
