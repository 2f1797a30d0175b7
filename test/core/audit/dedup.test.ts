import { Dedup, dedupKeyOf } from '../../../src/core/audit/dedup.js';
import { denialEntry } from './denial-entry.js';

const second = 1_000_000;
const start = 1_764_000_000 * second;

const newDedup = () => new Dedup({ window: 60 * second, limit: 2 });

test('repeats within the window share the first record, and their count comes after it', () => {
  const windows = newDedup();
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
  const windows = newDedup();
  windows.open('k', denialEntry(), 'first', start);
  expect(windows.closeAll()).toEqual([]);
});

test('past the limit the oldest window closes early and its count is not lost', () => {
  const windows = newDedup();
  windows.open('a', denialEntry(), 'a', start);
  windows.repeat('a', start + 1);
  windows.open('b', denialEntry(), 'b', start);
  expect(windows.open('c', denialEntry(), 'c', start)).toMatchObject([{ folded: { recordId: 'a', count: 1 } }]);
});

test('what differs for an auditor is no repeat', () => {
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
