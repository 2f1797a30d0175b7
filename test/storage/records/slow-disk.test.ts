import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditRecord } from '../../../src/core/audit/record.js';
import { AuditLog } from '../../../src/storage/records/audit-log.js';
import { recordFilesAt } from '../../../src/storage/records/segments.js';
import { verifyRecordFiles } from '../../../src/storage/records/verify-records.js';
import { denialOf } from '../../core/audit/denial-entry.js';
import { diskThatWrites } from '../disk-that-writes.js';
import { handClock } from './hand-clock.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-slow-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The real disk, whose next write hangs once `hang` was called, until `goOn`. */
function hangingDisk() {
  let hangs = false;
  let begun: () => void = () => undefined;
  let goOn: (error?: Error) => void = () => undefined;
  const disk = diskThatWrites(async (bytes, position, real) => {
    if (hangs) {
      hangs = false;
      await new Promise<void>((resolve, reject) => {
        goOn = (error) => (error === undefined ? resolve() : reject(error));
        begun();
      });
    }
    await real(bytes, position);
  });
  return {
    disk,
    /** Resolves when a write hangs. */
    hang: () =>
      new Promise<void>((resolve) => {
        hangs = true;
        begun = resolve;
      }),
    goOn: (error?: Error) => goOn(error),
  };
}

async function opened() {
  const clock = handClock();
  const streamed: Record<string, unknown>[] = [];
  const { disk, ...slow } = hangingDisk();
  const log = await AuditLog.open(folder, {
    source: { component: 'webhook', version: 'test' },
    clock,
    disk,
    stream: (lines) => {
      for (const line of lines.toString().split('\n').slice(0, -1)) streamed.push(JSON.parse(line));
    },
  });
  return { clock, log, streamed, ...slow };
}

async function records(): Promise<readonly AuditRecord[]> {
  const { files } = await recordFilesAt(folder);
  return files.flatMap((file) => readFileSync(file, 'utf8').trimEnd().split('\n')).map((line) => JSON.parse(line));
}

const names = async () => (await records()).flatMap((one) => ('request' in one ? [one.request.name] : []));
const stores = async () =>
  (await records()).flatMap((one) =>
    one.recordType === 'store' ? [`${one.store.state} ${one.store.code} ${one.store.unrecorded}`] : [],
  );
const verify = async () => verifyRecordFiles(await recordFilesAt(folder));

test('a write that hangs makes the store unhealthy until it returns, and what waited for it is written then', async () => {
  const { clock, log, hang, goOn } = await opened();
  const hung = hang();
  const first = log.append([denialOf('first')]);
  await hung;
  const second = log.append([denialOf('second')]);
  clock.advance(4);
  expect(log.status().state).toBe('ok');
  clock.advance(1);
  expect(log.status()).toMatchObject({ state: 'degraded', problem: { code: 'record-store-stalled' } });
  const repeated = await log.append([denialOf('second')]);
  const refused = await log.append([denialOf('third')]);
  expect([repeated, refused]).toMatchObject(
    Array(2).fill({ recorded: false, problem: { code: 'record-store-stalled' } }),
  );
  // It is under way, and not tried again beside it.
  clock.advance(120);
  goOn();
  expect([await first, await second]).toMatchObject(Array(2).fill({ recorded: true, as: 'record' }));
  expect(log.status()).toMatchObject({ state: 'ok', unrecorded: 2 });
  expect(await log.append([denialOf('third')])).toMatchObject({ recorded: true, as: 'record' });
  await log.close('done');
  expect(await names()).toEqual(['first', 'second', 'third']);
  expect(await stores()).toEqual(['failing record-store-stalled 0', 'recovered record-store-stalled 2']);
  expect(await verify()).toMatchObject({ ok: true, instances: [{ ended: 'stopped' }] });
});

test('a write that hangs and fails is a failure like any other', async () => {
  const { clock, log, hang, goOn } = await opened();
  const hung = hang();
  const first = log.append([denialOf('first')]);
  await hung;
  clock.advance(5);
  goOn(Object.assign(new Error('i/o error'), { code: 'EIO' }));
  expect(await first).toMatchObject({ recorded: false, problem: { code: 'record-store-failing' } });
  expect(log.status().problem).toMatchObject({ code: 'record-store-failing' });
  const well = new Promise<void>((resolve) => log.onStatus(({ state }) => state === 'ok' && resolve()));
  clock.advance(6);
  await well;
  expect(await log.append([denialOf('after')])).toMatchObject({ recorded: true });
  await log.close('done');
  expect(await names()).toEqual(['after']);
  expect(await stores()).toEqual([
    'failing record-store-stalled 0',
    'failing record-store-failing 1',
    'recovered record-store-failing 1',
  ]);
  expect(await verify()).toMatchObject({ ok: true });
});

test('only so much waits for the disk; when half of it is written admissions are recorded again', async () => {
  const { log, hang, goOn } = await opened();
  const hung = hang();
  const waiting = [log.append([denialOf('first')])];
  await hung;
  while (log.status().state === 'ok')
    waiting.push(log.append([denialOf(`pod-${waiting.length}`, `namespace-${waiting.length}`)]));
  expect(log.status().problem).toMatchObject({ code: 'record-store-behind' });
  expect(waiting.length).toBeGreaterThan(5_000);
  expect(waiting.length).toBeLessThan(10_000);
  expect(await log.append([denialOf('too-much')])).toMatchObject({ recorded: false });
  goOn();
  expect((await Promise.all(waiting)).every(({ recorded }) => recorded)).toBe(true);
  expect(log.status()).toMatchObject({ state: 'ok', unrecorded: 1 });
  await log.close('done');
  expect(await names()).toHaveLength(waiting.length);
  expect(await stores()).toEqual(['failing record-store-behind 0', 'recovered record-store-behind 1']);
  expect(await verify()).toMatchObject({ ok: true });
});

test('repeats that wait for a record that hangs are no more than that either', async () => {
  const { log, hang, goOn } = await opened();
  const hung = hang();
  const waiting = [log.append([denialOf('same')])];
  await hung;
  while (log.status().state === 'ok') waiting.push(log.append([denialOf('same')]));
  expect(waiting.length).toBeLessThan(10_000);
  goOn();
  expect((await Promise.all(waiting)).every(({ recorded }) => recorded)).toBe(true);
  await log.close('done');
  expect((await records()).find((one) => one.recordType === 'folded')).toMatchObject({
    folded: { count: waiting.length - 1 },
  });
});

test('a stop does not wait for a disk that does not come back; what was not written is on the stream', async () => {
  const { clock, log, streamed, hang, goOn } = await opened();
  await log.append([denialOf('same')]);
  await log.append([denialOf('same')]);
  const hung = hang();
  const lost = [log.append([denialOf('a')])];
  await hung;
  lost.push(log.append([denialOf('b')]));
  const closed = log.close('done');
  clock.advance(5);
  await closed;
  expect(await Promise.all(lost)).toMatchObject(Array(2).fill({ recorded: false }));
  expect(
    streamed.flatMap((line) => (line.stream === 'audit-unrecorded' ? [[line.recordType, line.problem]] : [])),
  ).toEqual(['denial', 'denial', 'folded', 'stop'].map((type) => [type, 'record-store-stalled']));
  expect(log.status().unrecorded).toBe(4);
  goOn();
});
