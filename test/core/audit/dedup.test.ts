import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { countedRecord, Dedup } from '../../../src/core/audit/dedup.js';
import { denialEntry } from './denial-entry.js';

const second = 1_000_000;
const start = 1_764_000_000 * second;

const newDedup = (limit = 2) => new Dedup<string>({ window: 60 * second, limit });
const of = (recordId: string) => countedRecord(denialEntry(), recordId);

test('repeats within the window share the first record, and their count comes after it', () => {
  const windows = newDedup();
  expect(windows.find('k', start)).toBeUndefined();
  const { window, closed } = windows.open('k', of('first'), 'owned', start);
  expect(closed).toEqual([]);
  for (const now of [start + second, start + 2 * second]) {
    expect(windows.find('k', now)).toBe(window);
    window.repeats.add(now);
  }
  expect(windows.due(start + 59 * second)).toEqual([]);
  expect(windows.due(start + 60 * second)).toEqual([window]);
  expect(window.repeats.entryOf(window)).toEqual({
    recordType: 'folded',
    folded: {
      recordId: 'first',
      foldedType: 'denial',
      count: 2,
      firstTime: '2025-11-24T16:00:01.000000Z',
      lastTime: '2025-11-24T16:00:02.000000Z',
      namespace: 'shop',
      workload: 'Pod/debug',
      container: 'shell',
      findingCode: 'unconfined',
      policy: 'built-in',
    },
  });
  expect(windows.find('k', start + 61 * second)).toBeUndefined();
});

test('past the limit the oldest window is handed over early', () => {
  const windows = newDedup();
  const a = windows.open('a', of('a'), '', start).window;
  windows.open('b', of('b'), '', start);
  expect(windows.open('c', of('c'), '', start).closed).toEqual([a]);
  expect(windows.closeAll().map(({ key }) => key)).toEqual(['b', 'c']);
});

test('a window that is over is handed over when the next one of its key opens, before anybody asked what is due', () => {
  const windows = newDedup();
  const first = windows.open('k', of('first'), '', start).window;
  first.repeats.add(start + 1);
  const later = start + 60 * second;
  expect(windows.find('k', later)).toBeUndefined();
  expect(windows.open('k', of('second'), '', later).closed).toEqual([first]);
  expect(windows.closeAll().map((window) => window.of.recordId)).toEqual(['second']);
});

test('a window that was closed can be handed in again and changes nothing', () => {
  const windows = newDedup(10);
  const [a, b, c] = ['a', 'b', 'c'].map((key) => windows.open(key, of(key), '', start).window);
  for (const window of [b, b, a]) if (window !== undefined) windows.close(window);
  expect(windows.closeAll()).toEqual([c]);
});

test('a million keys take no more memory than the limit allows', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const windows = newDedup(10_000);
  const fill = (from: number, to: number): number => {
    for (let key = from; key < to; key += 1) windows.open(`${key}`.padEnd(44, '='), of(`id-${key}`), '', start + key);
    collect();
    return process.memoryUsage().heapUsed;
  };
  const full = fill(0, 20_000);
  expect(fill(20_000, 1_000_000) - full).toBeLessThan(5_000_000);
  expect(windows.closeAll()).toHaveLength(10_000);
});
