import { RateLimit } from '../../../src/core/audit/rate-limit.js';

const second = 1_000_000;
const start = 1_764_000_000 * second;

test('a namespace past its share is said once, counted, and comes back with time', () => {
  const limit = new RateLimit({ burst: 2, perSecond: 1, window: 60 * second });
  expect([limit.take('a', start), limit.take('a', start), limit.take('a', start)]).toEqual([
    'within',
    'within',
    'reached',
  ]);
  expect(limit.take('a', start + second)).toBe('over');
  expect(limit.take('b', start + second)).toBe('within');
  expect(limit.due(start + 60 * second)).toMatchObject([{ overQuota: { namespace: 'a', state: 'count', count: 1 } }]);
  expect(limit.take('a', start + 61 * second)).toBe('within');
});

test('a share that was not said on disk is said again', () => {
  const limit = new RateLimit({ burst: 0, perSecond: 0, window: 60 * second });
  expect(limit.take('a', start)).toBe('reached');
  limit.forget('a');
  expect(limit.take('a', start)).toBe('reached');
});
