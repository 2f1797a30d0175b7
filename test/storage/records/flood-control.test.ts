import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditRecord } from '../../../src/core/audit/record.js';
import { FloodControl } from '../../../src/storage/records/flood-control.js';
import type { Receipt } from '../../../src/storage/records/receipt.js';
import { RecordStore } from '../../../src/storage/records/record-store.js';
import { denialEntry } from '../../core/audit/denial-entry.js';
import { diskThatWrites, ioError } from '../disk-that-writes.js';
import { handClock } from './hand-clock.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-flood-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A flood before a store on the real disk, whose writes can be made to fail. */
async function flooded(rateLimit = { burst: 100, perSecond: 0 }, maxBytes?: number) {
  const state = { failing: false };
  const disk = diskThatWrites((bytes, position, real) =>
    state.failing ? Promise.reject(ioError()) : real(bytes, position),
  );
  const clock = handClock();
  const counted: string[] = [];
  const options = {
    source: { component: 'webhook', version: 'test' },
    disk,
    rateLimit,
    ...(maxBytes === undefined ? {} : { maxBytes }),
    hooks: {
      folded: () => counted.push('folded'),
      overQuota: () => counted.push('over quota'),
      refused: (code: string, uses: number) => counted.push(`${uses} refused: ${code}`),
    },
  };
  const store = new RecordStore(folder, options, clock);
  expect(await store.prepare()).toBe(true);
  return { state, store, counted, clock, flood: new FloodControl(store, clock, options) };
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
  expect(counted).toHaveLength(2);
  expect(flood.closeAll()).toMatchObject([{ overQuota: { state: 'count', count: 1 } }]);
  await store.close(() => []);
});

const use = (name: string) =>
  denialEntry({
    recordType: 'exemption',
    decision: { allowed: true, outcome: 'allowed', mode: 'enforce', code: 200 },
    exemption: { name: 'legacy', contentSha256: 'e'.repeat(64), owner: 'o', reason: 'r', expires: '2027-01-01' },
    workload: { kind: 'ReplicaSet', name, chain: ['Pod/x', `ReplicaSet/${name}`] },
  });

function onDisk(): readonly AuditRecord[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n'))
    .map((line) => JSON.parse(line) as AuditRecord);
}

const foldedUses = (records: readonly AuditRecord[]): readonly number[] =>
  records.flatMap((record) => (record.recordType === 'folded' ? [record.folded.count] : []));

test('uses of an exemption are counted on disk before they are answered, many in one record', async () => {
  const { flood, store, counted } = await flooded();
  const uses = await Promise.all(Array.from({ length: 200 }, () => flood.append(use('rollout'))));
  const [first] = uses;
  expect(uses.map((receipt) => (receipt.recorded ? receipt.as : 'refused'))).toEqual(
    uses.map((_, index) => (index === 0 ? 'record' : 'folded')),
  );
  expect(new Set(uses.map(({ recordId }) => recordId))).toEqual(new Set([first?.recordId]));
  // No count is open: those who were answered are in the file.
  expect(foldedUses(onDisk())).toEqual([199]);
  expect(await flood.append(use('rollout'))).toMatchObject({ as: 'folded' });
  expect(foldedUses(onDisk())).toEqual([199, 1]);
  expect(onDisk().find(({ recordType }) => recordType === 'folded')).toMatchObject({
    folded: { recordId: first?.recordId, foldedType: 'exemption', exemption: 'legacy' },
  });
  expect(counted).toHaveLength(200);
  expect(flood.closeAll()).toEqual([]);
  await store.close(() => []);
});

test('uses that come while a count is on its way share the next one', async () => {
  const { flood, store } = await flooded();
  await flood.append(use('rollout'));
  const waves: Promise<Receipt>[] = [];
  for (let wave = 0; wave < 20; wave += 1) {
    for (let pod = 0; pod < 10; pod += 1) waves.push(flood.append(use('rollout')));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect((await Promise.all(waves)).every(({ recorded }) => recorded)).toBe(true);
  const counts = foldedUses(onDisk());
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(200);
  expect(counts.length).toBeLessThan(20);
  await store.close(() => []);
});

test('uses whose count does not reach the disk are refused, and not counted when it is back', async () => {
  const { flood, store, state, counted } = await flooded();
  await flood.append(use('rollout'));
  state.failing = true;
  const lost = await Promise.all([1, 2, 3].map(() => flood.append(use('rollout'))));
  expect(lost.map(({ recorded }) => recorded)).toEqual([false, false, false]);
  expect(store.health.unrecorded).toBe(3);
  expect(counted).toEqual(Array(3).fill('1 refused: record-store-failing'));
  state.failing = false;
  expect(await store.prepare()).toBe(true);
  await store.recover();
  expect(await flood.append(use('rollout'))).toMatchObject({ recorded: true, as: 'folded' });
  await store.close(() => []);
  expect(foldedUses(onDisk())).toEqual([1]);
});

test('past its share a namespace is refused the use of exemptions, and the record says how many', async () => {
  const { flood, store, counted, clock } = await flooded({ burst: 8, perSecond: 0 });
  // Denials leave the last of the share to uses of exemptions.
  const denials = await Promise.all(Array.from({ length: 10 }, (_, index) => flood.append(denial(`${index}`))));
  expect(denials.map((receipt) => (receipt.recorded ? receipt.as : 'refused'))).toEqual([
    ...Array(7).fill('record'),
    ...Array(3).fill('counted'),
  ]);
  expect(await flood.append(use('first'))).toMatchObject({ recorded: true, as: 'record' });
  const refused = await Promise.all(['first', 'second', 'second'].map((name) => flood.append(use(name))));
  expect(refused).toEqual(
    Array(3).fill({
      recorded: false,
      problem: expect.objectContaining({
        code: 'record-share-used-up',
        message: 'namespace shop has used up the share of audit records, which comes back within a day',
      }),
    }),
  );
  expect(counted).toEqual([...Array(3).fill('over quota'), ...Array(3).fill('1 refused: record-share-used-up')]);
  expect(store.health.unrecorded).toBe(0);
  clock.advance(61);
  expect(flood.due(clock.elapsed())).toMatchObject([{ overQuota: { state: 'count', count: 2, refused: 3 } }]);
  await store.close(() => []);
});

test('uses that were refused late are on record with the ids that say otherwise, and count on the share', async () => {
  const { flood, store, counted } = await flooded();
  const [first, again, other] = await Promise.all(['one', 'one', 'two'].map((name) => flood.append(use(name))));
  counted.length = 0;
  for (const { recordId = '' } of [first, again, other] as readonly Receipt[]) flood.refusedLate(use('any'), recordId);
  await store.idle();
  await store.idle();
  const late = onDisk().flatMap((record) => (record.recordType === 'refused-late' ? [record.refusedLate] : []));
  const whose = { namespace: 'shop', unauthenticated: true };
  expect(late).toEqual([
    { ...whose, count: 1, uses: [{ recordId: first?.recordId, count: 1 }] },
    {
      ...whose,
      count: 2,
      uses: [
        { recordId: first?.recordId, count: 1 },
        { recordId: other?.recordId, count: 1 },
      ],
    },
  ]);
  expect(counted).toEqual(Array(3).fill('1 refused: record-late'));
  await store.close(() => []);
});

test('a flood of late refusals is a few records, each within the limit, and the stop has the last of them', async () => {
  const { flood, store } = await flooded();
  const ids = Array.from({ length: 1_000 }, () => store.newRecordId());
  for (const id of [...ids, ...ids]) flood.refusedLate(use('any'), id);
  await store.close(() => flood.closeAll());
  const late = onDisk().flatMap((record) => (record.recordType === 'refused-late' ? [record] : []));
  expect(late.length).toBeLessThan(10);
  expect(late.reduce((sum, { refusedLate }) => sum + refusedLate.count, 0)).toBe(2_000);
  expect(new Set(late.flatMap(({ refusedLate }) => refusedLate.uses.map(({ recordId }) => recordId)))).toEqual(
    new Set(ids),
  );
  expect(Math.max(...late.map((record) => JSON.stringify(record).length))).toBeLessThan(16 * 1024);
});

test('what strangers make up closes no window of a caller that authenticated', async () => {
  const { flood, store } = await flooded({ burst: 100_000, perSecond: 0 });
  const known = { ...use('rollout'), caller: { authenticated: true } };
  const { recordId } = await flood.append(known);
  await Promise.all(Array.from({ length: 10_500 }, (_, index) => flood.append(denial(`made-up-${index}`))));
  expect(await flood.append(known)).toEqual({ recorded: true, recordId, as: 'folded' });
  await store.close(() => []);
});

test('a burst of uses is refused only for what it really takes', async () => {
  const { flood, store } = await flooded({ burst: 100, perSecond: 0 }, 4 * 1024 * 1024);
  // A share of 256 KiB has no room for 40 records as large as they may be, nor for 200 of about 1.4 KiB.
  const burst = await Promise.all(Array.from({ length: 40 }, (_, index) => flood.append(use(`use-${index}`))));
  expect(burst.filter(({ recorded }) => recorded)).toHaveLength(40);
  const denials = await Promise.all(Array.from({ length: 40 }, (_, index) => flood.append(denial(`no-${index}`))));
  expect(denials.filter((receipt) => receipt.recorded && receipt.as === 'record')).toHaveLength(40);
  await store.close(() => []);
});

test('a window that closes while its first record is on its way hands out its count afterwards', async () => {
  const { flood, store, clock } = await flooded();
  const all = [1, 2, 3].map(() => flood.append(denial('same')));
  clock.advance(61);
  expect(flood.due(clock.elapsed())).toEqual([]);
  await Promise.all(all);
  await store.idle();
  expect(foldedUses(onDisk())).toEqual([2]);
  await store.close(() => []);
});
