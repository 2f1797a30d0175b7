import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DurableFolder, diskFolder } from '../../../src/storage/disk/durable-folder.js';
import { FloodControl } from '../../../src/storage/records/flood-control.js';
import { RecordStore } from '../../../src/storage/records/record-store.js';
import { denialEntry } from '../../core/audit/denial-entry.js';
import { handClock } from './hand-clock.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-flood-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A flood before a store on the real disk, whose writes can be made to fail. */
async function flooded(rateLimit = { burst: 100, perSecond: 0 }) {
  const state = { failing: false };
  const disk: DurableFolder = {
    ...diskFolder,
    async create(path) {
      const file = await diskFolder.create(path);
      return {
        ...file,
        write: (bytes, position) =>
          state.failing
            ? Promise.reject(Object.assign(new Error('i/o error'), { code: 'EIO' }))
            : file.write(bytes, position),
      };
    },
  };
  const clock = handClock();
  const counted: string[] = [];
  const options = {
    source: { component: 'webhook', version: 'test' },
    disk,
    rateLimit,
    hooks: { folded: () => counted.push('folded'), overQuota: () => counted.push('over quota') },
  };
  const store = new RecordStore(folder, options, clock);
  expect(await store.prepare()).toBe(true);
  return { state, store, counted, flood: new FloodControl(store, clock, options) };
}

const denial = (name: string) => denialEntry({ workload: { kind: 'Pod', name, chain: [] } });

test('repeats wait for the record that stands for them', async () => {
  const { flood, store, counted } = await flooded();
  const [first, ...again] = await Promise.all([1, 2, 3].map(() => flood.append(denial('same'))));
  expect(first).toMatchObject({ recorded: true, as: 'record' });
  expect(again).toEqual([1, 2].map(() => ({ recorded: true, recordId: first?.recordId, as: 'folded' })));
  expect(counted).toEqual(['folded', 'folded']);
  expect(flood.closeAll()).toMatchObject([{ folded: { recordId: first?.recordId, count: 2 } }]);
  await store.close(() => []);
});

test('repeats share the fate of a first record that is lost, and the next one is a first again', async () => {
  const { flood, store, state } = await flooded();
  state.failing = true;
  const lost = await Promise.all([1, 2, 3].map(() => flood.append(denial('same'))));
  expect(lost.map(({ recorded }) => recorded)).toEqual([false, false, false]);
  expect(store.health.unrecorded).toBe(3);
  expect(flood.closeAll()).toEqual([]);
  state.failing = false;
  expect(await store.prepare()).toBe(true);
  await store.recover();
  expect(await flood.append(denial('same'))).toMatchObject({ recorded: true, as: 'record' });
  await store.close(() => []);
});

test('over-quota admissions share the fate of the record that says so, which is written anew after a loss', async () => {
  const { flood, store, state, counted } = await flooded({ burst: 0, perSecond: 0 });
  state.failing = true;
  const lost = await Promise.all(['a', 'b'].map((name) => flood.append(denial(name))));
  expect(lost.map(({ recorded }) => recorded)).toEqual([false, false]);
  state.failing = false;
  expect(await store.prepare()).toBe(true);
  await store.recover();
  const [one, other] = await Promise.all(['c', 'd'].map((name) => flood.append(denial(name))));
  expect(one).toMatchObject({ recorded: true, as: 'counted', recordId: expect.any(String) });
  expect(other).toEqual(one);
  expect(counted).toHaveLength(4);
  expect(flood.closeAll()).toMatchObject([{ overQuota: { state: 'count', count: 1 } }]);
  await store.close(() => []);
});
