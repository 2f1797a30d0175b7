import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeptElsewhere } from '../../../src/core/audit/chain/kept-elsewhere.js';
import type { AuditRecord } from '../../../src/core/audit/record.js';
import { type DurableFolder, diskFolder } from '../../../src/storage/disk/durable-folder.js';
import { AuditLog } from '../../../src/storage/records/audit-log.js';
import type { AuditLogOptions } from '../../../src/storage/records/audit-log-options.js';
import { readKept } from '../../../src/storage/records/read-kept.js';
import { recordFilesAt } from '../../../src/storage/records/segments.js';
import { verifyRecordFiles } from '../../../src/storage/records/verify-records.js';
import { denialOf as denial } from '../../core/audit/denial-entry.js';
import { diskThatWrites, ioError } from '../disk-that-writes.js';
import { handClock } from './hand-clock.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-audit-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const source = { component: 'webhook', version: 'test' };
const open = (options: Partial<AuditLogOptions> = {}): Promise<AuditLog> =>
  AuditLog.open(folder, { source, ...options });

async function records(): Promise<readonly AuditRecord[]> {
  const { files } = await recordFilesAt(folder);
  return files
    .filter((file) => lstatSync(file).isFile())
    .flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as AuditRecord),
    );
}

const linesOf = (lines: Buffer): readonly string[] => lines.toString().split('\n').slice(0, -1);

const types = async (): Promise<readonly string[]> => (await records()).map(({ recordType }) => recordType);
const verify = async () => verifyRecordFiles(await recordFilesAt(folder));

/** Resolves when the log has reached a state. */
function reached(log: AuditLog, state: 'ok' | 'degraded'): Promise<void> {
  if (log.status().state === state) return Promise.resolve();
  return new Promise((resolve) => {
    const end = log.onStatus((status) => {
      if (status.state !== state) return;
      end();
      resolve();
    });
  });
}

test('what append says is recorded stands on disk in a chain that verifies', async () => {
  const streamed: string[] = [];
  const log = await open({ stream: (lines) => streamed.push(...linesOf(lines)) });
  const receipts = await Promise.all(Array.from({ length: 30 }, (_, index) => log.append([denial(`pod-${index}`)])));
  expect(receipts.every((receipt) => receipt.recorded && receipt.as === 'record')).toBe(true);
  const onDisk = new Set((await records()).map(({ recordId }) => recordId));
  for (const { recordId } of receipts) expect(onDisk.has(recordId ?? '')).toBe(true);
  await log.close('the test ends');
  expect(await verify()).toMatchObject({ ok: true, notes: [], instances: [{ ended: 'stopped' }] });
  expect(streamed).toEqual((await records()).map((record) => expect.stringContaining(record.hash)));
});

test('identical denials leave one record, and the count is a record', async () => {
  const clock = handClock();
  const log = await open({ clock });
  const first = await log.append([denial('same')]);
  const again = await Promise.all([log.append([denial('same')]), log.append([denial('same')])]);
  expect(again).toEqual([
    { recorded: true, recordId: first.recordId, as: 'folded' },
    { recorded: true, recordId: first.recordId, as: 'folded' },
  ]);
  clock.advance(61);
  await log.close('done');
  expect((await records()).find(({ recordType }) => recordType === 'folded')).toMatchObject({
    folded: { recordId: first.recordId, count: 2 },
  });
});

test('a namespace past its share does not take the place of others', async () => {
  const clock = handClock();
  const log = await open({ clock, rateLimit: { burst: 2, perSecond: 0 } });
  const flood = await Promise.all(Array.from({ length: 5 }, (_, index) => log.append([denial(`f-${index}`, 'flood')])));
  expect(flood.map((receipt) => (receipt.recorded ? receipt.as : 'lost'))).toEqual([
    'record',
    'record',
    'counted',
    'counted',
    'counted',
  ]);
  expect(await log.append([denial('quiet', 'calm')])).toMatchObject({ recorded: true, as: 'record' });
  await log.close('done');
  expect((await records()).filter(({ recordType }) => recordType === 'over-quota')).toMatchObject([
    { overQuota: { namespace: 'flood', state: 'reached' } },
    { overQuota: { namespace: 'flood', state: 'count', count: 2 } },
  ]);
});

test('segments carry on the chain, and one that is missing is a finding', async () => {
  const log = await open({ segmentBytes: 3_000 });
  for (let index = 0; index < 12; index += 1) await log.append([denial(`pod-${index}`)]);
  await log.close('done');
  const { files } = await recordFilesAt(folder);
  expect(files.length).toBeGreaterThan(3);
  expect(await verify()).toMatchObject({ ok: true });
  rmSync(files[1] ?? '');
  expect((await verify()).findings[0]).toMatchObject({ code: 'missing' });
});

test('an unfinished last line of a crash is set aside at the next start, and the chain before it is whole', async () => {
  const crashed = await open();
  await crashed.append([denial('last')]);
  const [file] = (await recordFilesAt(folder)).files;
  appendFileSync(file ?? '', '{"hash":"half a record');
  // The process is gone: its owner file names a process that never was.
  rmSync(join(folder, crashed.status().instance, 'owner.json'));
  expect(await verify()).toMatchObject({ findings: [], gaps: [{ code: 'unfinished' }, { code: 'end-unproven' }] });

  const next = await open();
  await next.close('done');
  const report = await verify();
  expect(report).toMatchObject({ ok: true, findings: [] });
  expect(report.notes.join('\n')).toContain(
    'an unfinished record of 22 bytes, which the next start moved to 000001.jsonl.torn',
  );
  expect((await records()).find(({ recordType }) => recordType === 'instance-ended')).toMatchObject({
    ended: { endedInstance: crashed.status().instance, how: 'crashed', torn: { bytes: 22 } },
  });
  await crashed.close('done');
});

test('a tail cut after the next start saw it is found', async () => {
  const first = await open();
  await first.append([denial('kept'), denial('cut')]);
  await first.close('done');
  await (await open()).close('done');
  const file = join(folder, first.status().instance, '000001.jsonl');
  const lines = readFileSync(file, 'utf8').split('\n');
  truncateSync(file, lines.slice(0, -3).join('\n').length + 1);
  expect((await verify()).findings).toMatchObject([{ code: 'tail-cut' }, { code: 'ended-differently' }]);
});

test('two processes on one folder keep chains of their own', async () => {
  const [one, other] = [await open(), await open()];
  await Promise.all([one.append([denial('one')]), other.append([denial('other')])]);
  await one.close('done');
  await other.close('done');
  expect(await verify()).toMatchObject({ ok: true, instances: [{}, {}] });
});

test.each([
  ['not written yet', undefined],
  ['half written', '{"pid":'],
])(
  'a start is not taken for one that ended by another start that sees its folder with the owner %s',
  async (_, owner) => {
    let other: AuditLog | undefined;
    const one = await open({
      disk: {
        ...diskFolder,
        async make(path) {
          await diskFolder.make(path);
          if (owner !== undefined) writeFileSync(join(path, 'owner.json'), owner);
          other = await open();
        },
      },
    });
    await one.append([denial('one')]);
    await other?.close('done');
    await one.close('done');
    expect((await records()).filter(({ recordType }) => recordType === 'instance-ended')).toEqual([]);
    expect(await verify()).toMatchObject({ ok: true, instances: [{}, {}] });
    // The next start says how both ended.
    await (await open()).close('done');
    expect(
      (await records()).flatMap((record) => (record.recordType === 'instance-ended' ? [record.ended] : [])),
    ).toMatchObject([{ how: 'stopped' }, { how: 'stopped' }]);
  },
);

test('checkpoints that a log collector kept prove the end of a chain', async () => {
  const collected = join(folder, 'collected.log');
  const log = await open({
    checkpoint: { records: 3, seconds: 3_600 },
    stream: (lines) => appendFileSync(collected, lines),
  });
  for (let index = 0; index < 7; index += 1) await log.append([denial(`pod-${index}`)]);
  await log.close('done');
  const kept = new KeptElsewhere();
  expect(await readKept(collected, kept)).toBe((await records()).length);
  const files = await recordFilesAt(folder);
  expect(await verifyRecordFiles(files, { kept })).toMatchObject({ ok: true });
  const [file = ''] = files.files;
  truncateSync(file, readFileSync(file, 'utf8').split('\n').slice(0, 4).join('\n').length + 1);
  expect((await verifyRecordFiles(files, { kept })).findings.map(({ code }) => code)).toContain('tail-cut');
});

describe('trouble with the disk', () => {
  /** The real disk, which refuses to write while `full` is set, for every file but those the reserve gives way to. */
  function failingDisk(): DurableFolder & { full: boolean } {
    const noSpace = (): Error => Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    const disk: DurableFolder & { full: boolean } = {
      ...diskThatWrites((bytes, position, real) => (disk.full ? Promise.reject(noSpace()) : real(bytes, position))),
      full: false,
      reserve: (path: string, bytes: number) =>
        disk.full ? Promise.reject(noSpace()) : diskFolder.reserve(path, bytes),
    };
    return disk;
  }

  test('a denial that cannot be recorded is said to be unrecorded, and the log recovers by itself', async () => {
    const clock = handClock();
    const disk = failingDisk();
    const failures: string[] = [];
    const streamed: string[] = [];
    const log = await open({
      clock,
      disk,
      stream: (lines) => streamed.push(...linesOf(lines)),
      hooks: { failed: (code) => failures.push(code) },
    });
    await log.append([denial('before')]);
    disk.full = true;
    const lost = await log.append([denial('lost')]);
    expect(lost).toMatchObject({ recorded: false, problem: { severity: 'error' } });
    expect(log.status()).toMatchObject({ state: 'degraded', unrecorded: 1 });
    expect(streamed.some((line) => line.includes('audit-unrecorded') && line.includes('"lost"'))).toBe(true);
    expect(failures.length).toBeGreaterThan(0);

    disk.full = false;
    const recovered = reached(log, 'ok');
    clock.advance(6);
    await recovered;
    expect(await log.append([denial('after')])).toMatchObject({ recorded: true });
    await log.close('done');
    expect(await verify()).toMatchObject({ ok: true });
    const stores = (await records()).flatMap((record) => (record.recordType === 'store' ? [record.store.state] : []));
    expect(stores).toEqual(expect.arrayContaining(['failing', 'recovered']));
    expect((await records()).some((record) => 'request' in record && record.request.name === 'lost')).toBe(false);
  });

  test('what comes while a write fails is answered by its own fate, in order, and the chain has no gap', async () => {
    const clock = handClock();
    let fail: () => void = () => undefined;
    let writing: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => {
      writing = resolve;
    });
    let armed = false;
    const disk = diskThatWrites((bytes, position, real) => {
      if (!armed) return real(bytes, position);
      armed = false;
      writing();
      return new Promise((_, reject) => {
        fail = () => reject(ioError());
      });
    });
    const log = await open({ clock, disk });
    await log.append([denial('before')]);
    armed = true;
    const answered: string[] = [];
    const append = async (name: string): Promise<void> => {
      const { recorded } = await log.append([denial(name)]);
      answered.push(`${name} ${recorded ? 'recorded' : 'lost'}`);
    };
    const first = append('first');
    await begun;
    const later = [append('second'), append('third')];
    fail();
    await Promise.all([first, ...later]);
    expect(answered).toEqual(['first lost', 'second lost', 'third lost']);
    const recovered = reached(log, 'ok');
    clock.advance(6);
    await recovered;
    await append('after');
    await log.close('done');
    expect(answered.at(-1)).toBe('after recorded');
    expect(await verify()).toMatchObject({ ok: true });
    const named = (await records()).flatMap((record) => ('request' in record ? [record.request.name] : []));
    expect(named).toEqual(['before', 'after']);
  });

  test('a folder that has reached its size keeps room for the record that says so', async () => {
    const log = await open({ maxBytes: 40_000, reserveBytes: 8_000, clock: handClock() });
    let refused = 0;
    for (let index = 0; index < 60; index += 1)
      if (!(await log.append([denial(`pod-${index}`, `namespace-${index}`)])).recorded) refused += 1;
    expect(refused).toBeGreaterThan(0);
    await log.close('done');
    const size = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
    expect(size).toBeLessThanOrEqual(40_000);
    expect(await types()).toContain('store');
    expect(await verify()).toMatchObject({ ok: true });
  });

  test('a folder that cannot be made leaves the log degraded, not the process dead', async () => {
    const file = join(folder, 'a-file');
    appendFileSync(file, '');
    const log = await AuditLog.open(join(file, 'audit'), { source, clock: handClock() });
    expect(log.status()).toMatchObject({
      state: 'degraded',
      problem: { code: 'record-store-failing', place: { file: join(file, 'audit') } },
    });
    expect(await log.append([denial('x')])).toMatchObject({ recorded: false });
    await log.close('done');
  });

  /** The real disk, whose writes fail while `failing` is set; everything else works. */
  function brokenDisk() {
    let told: () => void = () => undefined;
    const broken = {
      failing: false,
      /** Resolves with the next write that fails. */
      failure: () =>
        new Promise<void>((resolve) => {
          told = resolve;
        }),
      disk: diskThatWrites((bytes, position, real) => {
        if (!broken.failing) return real(bytes, position);
        told();
        return Promise.reject(ioError());
      }),
    };
    return broken;
  }
  const stores = async () =>
    (await records()).flatMap((record) => (record.recordType === 'store' ? [record.store] : []));

  /** Lets time pass until something has happened: a try that is under way is not begun again. */
  async function trying(clock: ReturnType<typeof handClock>, what: Promise<void>): Promise<void> {
    let isOver = false;
    void what.then(() => {
      isOver = true;
    });
    while (!isOver) {
      clock.advance(6);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  test('a recovery is on record only when there was one, and each loss is counted once', async () => {
    const clock = handClock();
    const broken = brokenDisk();
    const streamed: string[] = [];
    const log = await open({ clock, disk: broken.disk, stream: (lines) => streamed.push(...linesOf(lines)) });
    for (const losses of [1, 2]) {
      broken.failing = true;
      for (let lost = 0; lost < losses; lost += 1) await log.append([denial(`lost-${lost}`)]);
      for (let tried = 0; tried < 3; tried += 1) await trying(clock, broken.failure());
      broken.failing = false;
      await trying(clock, reached(log, 'ok'));
    }
    await log.close('done');
    const said = await stores();
    expect(said.map(({ state }) => state).sort()).toEqual(['failing', 'failing', 'recovered', 'recovered']);
    expect(said.flatMap(({ state, unrecorded }) => (state === 'recovered' ? [unrecorded] : []))).toEqual([1, 2]);
    // Those of before the recovery are not counted again.
    expect(Math.max(...said.map(({ unrecorded }) => unrecorded))).toBe(2);
    expect(streamed.filter((line) => line.includes('audit-unrecorded'))).toHaveLength(3);
    expect(await verify()).toMatchObject({ ok: true });
  });

  describe.each([
    ['is broken at the stop', true],
    ['is well again at the stop', false],
  ])('of what is held while the disk %s', (_, isBroken) => {
    test(
      isBroken ? 'nothing gets lost: it is on the stream and counted' : 'nothing gets lost: it is in the file',
      async () => {
        const clock = handClock();
        const broken = brokenDisk();
        const streamed: Record<string, unknown>[] = [];
        const log = await open({
          clock,
          disk: broken.disk,
          stream: (lines) => {
            for (const line of linesOf(lines)) streamed.push(JSON.parse(line));
          },
        });
        for (let time = 0; time <= 50; time += 1) await log.append([denial('same')]);
        broken.failing = true;
        const failure = broken.failure();
        clock.advance(61);
        await failure;
        const policySet = { result: 'refused', policies: 0, exemptions: 0, sha256: '', problems: ['x'] };
        await log.append([{ recordType: 'policy-set', policySet } as never]);
        broken.failing = isBroken;
        await log.close('done');
        const unrecorded = streamed.flatMap((line) => (line.stream === 'audit-unrecorded' ? [line.recordType] : []));
        const inFile = (await types()).filter((type) => type === 'folded' || type === 'policy-set');
        if (isBroken) {
          expect(unrecorded).toEqual(expect.arrayContaining(['folded', 'policy-set', 'stop']));
          expect(streamed.find(({ recordType }) => recordType === 'folded')).toMatchObject({ folded: { count: 50 } });
          expect(inFile).toEqual([]);
          expect(log.status().unrecorded).toBeGreaterThanOrEqual(51);
        } else {
          expect(unrecorded).toEqual([]);
          expect(inFile).toEqual(['folded', 'policy-set']);
          expect(log.status().unrecorded).toBe(0);
          expect(await verify()).toMatchObject({ ok: true, instances: [{ ended: 'stopped' }] });
        }
      },
    );
  });

  test('a wall clock that goes back holds up no signature, no count and no recovery', async () => {
    const clock = handClock();
    const broken = brokenDisk();
    const streamed: AuditRecord[] = [];
    let written: () => void = () => undefined;
    const log = await open({
      clock,
      disk: broken.disk,
      stream: (lines) => {
        for (const line of linesOf(lines)) streamed.push(JSON.parse(line));
        written();
      },
    });
    const nextWrite = () =>
      new Promise<void>((resolve) => {
        written = resolve;
      });
    await log.append([denial('a')]);
    await log.append([denial('a')]);
    clock.set(-3_600);
    let next = nextWrite();
    clock.advance(2);
    await next;
    expect(streamed.at(-1)).toMatchObject({ recordType: 'checkpoint', time: expect.stringMatching(/T09:00:0/) });
    next = nextWrite();
    clock.advance(60);
    await next;
    expect(streamed.some(({ recordType }) => recordType === 'folded')).toBe(true);
    expect(await log.append([denial('a')])).toMatchObject({ recorded: true, as: 'record' });

    broken.failing = true;
    await log.append([denial('b')]);
    broken.failing = false;
    clock.set(-3_600);
    const recovered = reached(log, 'ok');
    clock.advance(6);
    await recovered;
    await log.close('done');
    expect(await verify()).toMatchObject({ ok: true });
  });

  const earlier = '20260101T000000Z-00000000';
  test.each<[string, (path: string) => void]>([
    ['a folder', (path) => mkdirSync(path)],
    ['a pipe', (path) => execFileSync('mkfifo', [path])],
    ['a link to nowhere', (path) => symlinkSync('/nonexistent', path)],
    ['a link to a file', (path) => symlinkSync('/etc/hostname', path)],
  ])('%s in the place of a segment stops no start, hides no other instance, and is on record', async (_, put) => {
    const before = await open();
    await before.append([denial('x')]);
    await before.close('done');
    mkdirSync(join(folder, earlier));
    writeFileSync(join(folder, earlier, '000001.jsonl'), '');
    put(join(folder, earlier, '000002.jsonl'));
    const log = await open();
    expect(await log.append([denial('x')])).toMatchObject({ recorded: true });
    await log.close('done');
    expect(await stores()).toMatchObject([
      {
        state: 'unreadable',
        code: 'record-instance-unreadable',
        message: `how instance ${earlier} in this folder ended cannot be told: "000002.jsonl" is no regular file`,
      },
    ]);
    expect(
      (await records()).flatMap((record) =>
        record.recordType === 'instance-ended' ? [record.ended.endedInstance] : [],
      ),
    ).toEqual([before.status().instance]);
  });

  test('a pipe in the place of an owner, or of where an unfinished line goes, stops no start', async () => {
    const crashed = await open();
    await crashed.append([denial('x')]);
    const inside = join(folder, crashed.status().instance);
    appendFileSync(join(inside, '000001.jsonl'), '{"hash":"half a record');
    rmSync(join(inside, 'owner.json'));
    execFileSync('mkfifo', [join(inside, 'owner.json'), join(inside, '000001.jsonl.torn')]);
    const log = await open();
    await log.close('done');
    expect(readFileSync(join(folder, log.status().instance, '000001.jsonl'), 'utf8')).toContain(
      '"code":"record-instance-unreadable"',
    );
    expect(readFileSync(join(inside, '000001.jsonl'), 'utf8')).toMatch(/half a record$/);
    await crashed.close('done');
  });
});
