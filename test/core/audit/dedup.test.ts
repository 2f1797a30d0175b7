import { Dedup, dedupKeyOf } from '../../../src/core/audit/dedup.js';
import { RateLimit } from '../../../src/core/audit/rate-limit.js';
import { denialEntry } from './denial-entry.js';

const second = 1_000_000;
const start = 1_764_000_000 * second;

describe('folding', () => {
  const folding = () => new Dedup({ window: 60 * second, limit: 2 });

  test('repeats within the window share the first record, and their count comes after it', () => {
    const windows = folding();
    expect(windows.repeat('k', start)).toBeUndefined();
    windows.open('k', denialEntry(), 'first', start);
    expect(windows.repeat('k', start + second)).toBe('first');
    expect(windows.repeat('k', start + 2 * second)).toBe('first');
    expect(windows.due(start + 59 * second)).toEqual([]);
    expect(windows.due(start + 60 * second)).toMatchObject([
      {
        recordType: 'folded',
        folded: {
          recordId: 'first',
          foldedType: 'denial',
          count: 2,
          namespace: 'shop',
          workload: 'Pod/debug',
          findingCode: 'unconfined',
        },
      },
    ]);
    expect(windows.repeat('k', start + 61 * second)).toBeUndefined();
  });

  test('a window without repeats leaves no record', () => {
    const windows = folding();
    windows.open('k', denialEntry(), 'first', start);
    expect(windows.closeAll()).toEqual([]);
  });

  test('past the limit the oldest window closes early and its count is not lost', () => {
    const windows = folding();
    windows.open('a', denialEntry(), 'a', start);
    windows.repeat('a', start + 1);
    windows.open('b', denialEntry(), 'b', start);
    expect(windows.open('c', denialEntry(), 'c', start)).toMatchObject([{ folded: { recordId: 'a', count: 1 } }]);
  });

  test('what differs for an auditor is not folded', () => {
    const base = dedupKeyOf(denialEntry());
    const { request, actor, policy, finding } = denialEntry();
    for (const entry of [
      denialEntry({ request: { ...request, namespace: 'other' } }),
      denialEntry({ request: { ...request, dryRun: true } }),
      denialEntry({ actor: { ...actor, username: 'someone else' } }),
      denialEntry({ container: { name: 'other', type: 'Container' } }),
      denialEntry({ policy: { name: policy?.name ?? '', contentSha256: 'b'.repeat(64) } }),
      ...(finding === undefined ? [] : [denialEntry({ finding: { ...finding, requested: 'Localhost/x.json' } })]),
    ])
      expect(dedupKeyOf(entry)).not.toBe(base);
    expect(dedupKeyOf(denialEntry({ request: { ...request, uid: 'another request' } }))).toBe(base);
    expect(dedupKeyOf(denialEntry({ recordType: 'exemption' }))).toBeUndefined();
  });
});

describe('quota', () => {
  test('a namespace past its share is said once, counted, and comes back with time', () => {
    const quota = new RateLimit({ burst: 2, perSecond: 1, window: 60 * second });
    expect([quota.take('a', start), quota.take('a', start), quota.take('a', start)]).toEqual([
      'within',
      'within',
      'reached',
    ]);
    expect(quota.take('a', start + second)).toBe('over');
    expect(quota.take('b', start + second)).toBe('within');
    expect(quota.due(start + 60 * second)).toMatchObject([{ overQuota: { namespace: 'a', state: 'count', count: 1 } }]);
    expect(quota.take('a', start + 61 * second)).toBe('within');
  });

  test('a share that was not said on disk is said again', () => {
    const quota = new RateLimit({ burst: 0, perSecond: 0, window: 60 * second });
    expect(quota.take('a', start)).toBe('reached');
    quota.forget('a');
    expect(quota.take('a', start)).toBe('reached');
  });
});
