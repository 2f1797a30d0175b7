import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ChainReport } from '../../../src/core/audit/chain/chain-report.js';
import { KeptElsewhere } from '../../../src/core/audit/chain/kept-elsewhere.js';
import type { AuditRecord } from '../../../src/core/audit/record.js';
import { AuditLog } from '../../../src/storage/records/audit-log.js';
import type { AuditLogOptions } from '../../../src/storage/records/audit-log-options.js';
import { recordFilesAt } from '../../../src/storage/records/segments.js';
import { verifyRecordFiles } from '../../../src/storage/records/verify-records.js';
import { denialOf as denial } from '../../core/audit/denial-entry.js';
import { handClock } from './hand-clock.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-tampered-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (options: Partial<AuditLogOptions> = {}): Promise<AuditLog> =>
  AuditLog.open(folder, { source: { component: 'webhook', version: 'test' }, ...options });
const verify = async () => verifyRecordFiles(await recordFilesAt(folder));
const found = async () => (await verify()).findings.map(({ code, line }) => [line, code]);
const codes = async () => (await verify()).findings.map(({ code }) => code);
/** Instances that start within a second are in no order. */
const summaryIn = (report: ChainReport, log: AuditLog) =>
  report.instances.find(({ instance }) => instance === log.status().instance);
const linesOf = (file: string): readonly string[] => readFileSync(file, 'utf8').split('\n').slice(0, -1);
const recordsOf = (file: string) => linesOf(file).map((line) => JSON.parse(line) as AuditRecord);

/** An instance with so many denials that ended in order, or that is left as a crash leaves it; its file and its records. */
async function ended(
  how: 'stopped' | 'crashed',
  denials = 20,
): Promise<{ readonly file: string; readonly log: AuditLog }> {
  // One that has crashed looks after its file no more.
  const log = await open(how === 'crashed' ? { clock: handClock() } : {});
  await Promise.all(Array.from({ length: denials }, (_, index) => log.append([denial(`pod-${index}`)])));
  if (how === 'stopped') await log.close('done');
  const inside = join(folder, log.status().instance);
  // The process is gone: its owner file names a process that never was.
  if (how === 'crashed')
    writeFileSync(join(inside, 'owner.json'), JSON.stringify({ pid: 999_999_999, host: hostname() }));
  return { file: join(inside, '000001.jsonl'), log };
}

async function startOnce(): Promise<void> {
  await (await open()).close('done');
}

/** Resolves when the checkpoint beside the segments signs the record, or a later one; nobody is told of it. */
async function headSigns(log: AuditLog, seq: number): Promise<string> {
  const head = join(folder, log.status().instance, 'head.json');
  for (;;) {
    const text = existsSync(head) ? readFileSync(head, 'utf8') : '{}';
    const { checkpoint } = JSON.parse(text) as { readonly checkpoint?: { readonly lastSeq: number } };
    if ((checkpoint?.lastSeq ?? 0) >= seq) return text;
    await nextTurn();
  }
}

/** Where a line begins, from 1, or what follows the last. */
function offsetOf(file: string, line: number): number {
  return linesOf(file)
    .slice(0, line - 1)
    .reduce((sum, one) => sum + Buffer.byteLength(one) + 1, 0);
}

function overwrite(file: string, at: number, byte: number): void {
  const bytes = readFileSync(file);
  bytes[at] = byte;
  writeFileSync(file, bytes);
}

describe('what the next start leaves where it is', () => {
  test.each(['stopped', 'crashed'] as const)('records behind a NUL byte (%s)', async (how) => {
    const { file, log } = await ended(how);
    const { length } = linesOf(file);
    overwrite(file, offsetOf(file, 9), 0);
    await startOnce();
    expect(existsSync(`${file}.torn`)).toBe(false);
    expect(linesOf(file)).toHaveLength(length);
    expect(await found()).toEqual([[9, 'hole']]);
    if (how === 'crashed') await log.close('done');
  });

  test.each([
    ['a NUL byte', 0],
    ['a blank', 0x20],
  ])('a last record whose line end is %s', async (_, byte) => {
    const { file } = await ended('stopped');
    overwrite(file, statSync(file).size - 1, byte);
    const before = readFileSync(file);
    await startOnce();
    expect(readFileSync(file)).toEqual(before);
    expect((await codes()).length).toBeGreaterThan(0);
  });

  test('records whose line ends are gone, all of them', async () => {
    const { file } = await ended('stopped');
    const bytes = readFileSync(file);
    for (let at = bytes.indexOf(0x0a, offsetOf(file, 9)); at >= 0; at = bytes.indexOf(0x0a, at)) bytes[at] = 0;
    writeFileSync(file, bytes);
    await startOnce();
    expect(readFileSync(file)).toEqual(bytes);
    expect((await codes())[0]).toBe('hole');
  });

  test('more NUL bytes than a write can have left', async () => {
    const { file } = await ended('crashed');
    truncateSync(file, statSync(file).size + 40 * 1024 * 1024);
    await startOnce();
    expect(existsSync(`${file}.torn`)).toBe(false);
    expect((await codes())[0]).toBe('hole');
  });
});

describe('what the next start sets aside', () => {
  test.each([
    ['an unfinished record', '{"hash":"half a record'],
    ['blocks that never reached the disk', '\0'.repeat(5_000)],
    ['both', `{"hash":"half a rec${'\0'.repeat(100)}`],
  ])('%s', async (_, rest) => {
    const { file, log } = await ended('crashed');
    const { size } = statSync(file);
    writeFileSync(file, rest, { flag: 'a' });
    await startOnce();
    expect(statSync(file).size).toBe(size);
    expect(readFileSync(`${file}.torn`, 'utf8')).toBe(rest);
    const report = await verify();
    expect(report.findings).toEqual([]);
    expect(summaryIn(report, log)?.ended).toBe('crashed');
    await log.close('done');
  });
});

describe('a file that is rolled back', () => {
  test('after an orderly stop does not fit the last signature, which is kept beside it', async () => {
    const { file } = await ended('stopped');
    const lines = recordsOf(file);
    const checkpoints = lines.flatMap(({ recordType, seq }) => (recordType === 'checkpoint' ? [seq] : []));
    expect(checkpoints.length).toBeGreaterThan(1);
    // To where all was signed: nothing in the file is wrong by itself.
    truncateSync(file, offsetOf(file, (checkpoints.at(-2) ?? 0) + 1));
    expect(await codes()).toEqual(['tail-cut']);
  });

  test.each([
    ['cut', (file: string, size: number) => truncateSync(file, size)],
    [
      'put back from a copy',
      (file: string, _: number, copy: string) => {
        copyFileSync(copy, file);
      },
    ],
    ['replaced by a copy', (file: string, _: number, copy: string) => renameSync(copy, file)],
    ['removed', (file: string) => rmSync(file)],
  ])('under a process that writes to it is noticed, and nothing later is lost: %s', async (_, act) => {
    const clock = handClock();
    const log = await open({ clock });
    await log.append([denial('early')]);
    clock.advance(1);
    await log.append([denial('signed')]);
    const file = join(folder, log.status().instance, '000001.jsonl');
    const head = join(folder, log.status().instance, 'head.json');
    const copy = `${file}.copy`;
    copyFileSync(file, copy);
    const { size } = statSync(file);
    const oldHead = await headSigns(log, 4);
    await log.append([denial('gone')]);
    clock.advance(2);
    await log.append([denial('gone, too')]);
    await headSigns(log, 7);
    act(file, size, copy);
    // The signature beside it goes back as well.
    writeFileSync(head, oldHead);
    clock.advance(2);
    const nextFile = join(folder, log.status().instance, '000002.jsonl');
    while (!existsSync(nextFile)) await nextTurn();
    await log.append([denial('later')]);
    await log.close('done');
    rmSync(copy, { force: true });
    const next = recordsOf(nextFile);
    expect(next.map(({ recordType }) => recordType)).toEqual(expect.arrayContaining(['segment', 'store', 'denial']));
    expect(next.find(({ recordType }) => recordType === 'store')).toMatchObject({
      store: { state: 'changed', code: 'record-file-changed' },
    });
    const report = await verify();
    expect(report.findings.map(({ code }) => code)).toContain(
      basename(file) && existsSync(file) ? 'missing' : 'no-beginning',
    );
    expect(report.gaps).toContainEqual(
      expect.objectContaining({ code: 'file-changed', message: expect.stringContaining('noticed at') }),
    );
  });

  test('while it is read by nobody but verify, and the process has nothing to write', async () => {
    const clock = handClock();
    const log = await open({ clock });
    await log.append([denial('a')]);
    const file = join(folder, log.status().instance, '000001.jsonl');
    const { size } = statSync(file);
    clock.advance(2);
    await log.append([denial('b')]);
    clock.advance(2);
    await log.append([denial('c')]);
    await headSigns(log, 4);
    truncateSync(file, size);
    expect(await codes()).toEqual(['tail-cut']);
    await log.close('done');
  });
});

describe('signatures', () => {
  const types = (file: string) => recordsOf(file).map(({ recordType }) => recordType);

  test('come with the start, with the stop, after so many records, and after so much time', async () => {
    const clock = handClock();
    const log = await open({ clock, checkpoint: { records: 3, seconds: 5 } });
    const file = join(folder, log.status().instance, '000001.jsonl');
    expect(types(file)).toEqual(['segment', 'start', 'checkpoint']);
    for (const name of ['a', 'b', 'c']) await log.append([denial(name)]);
    expect(types(file).slice(3)).toEqual(['denial', 'denial', 'denial', 'checkpoint']);
    await log.append([denial('d')]);
    clock.advance(4);
    await log.append([denial('e')]);
    expect(types(file).slice(7)).toEqual(['denial', 'denial']);
    clock.advance(2);
    await log.append([denial('f')]);
    expect(types(file).slice(9)).toEqual(['denial', 'checkpoint']);
    await log.close('done');
    expect(types(file).slice(11)).toEqual(['stop', 'checkpoint']);
    expect(await verify()).toMatchObject({ ok: true, unproven: 0 });
  });

  test('cover the stop however many records come before it at the end', async () => {
    const log = await open();
    const written = Array.from({ length: 2_500 }, (_, index) => log.append([denial(`pod-${index}`)]));
    await log.close('done');
    await Promise.all(written);
    expect(await verify()).toMatchObject({ ok: true, unproven: 0, instances: [{ ended: 'stopped' }] });
  });

  test('of a crashed process are missing for its last records, and the lines of standard output prove them', async () => {
    const collected: string[] = [];
    const log = await open({ clock: handClock(), stream: (lines) => collected.push(lines.toString()) });
    await log.append([denial('a'), denial('b')]);
    const inside = join(folder, log.status().instance);
    writeFileSync(join(inside, 'owner.json'), JSON.stringify({ pid: 999_999_999, host: hostname() }));
    expect(await verify()).toMatchObject({ ok: true, unproven: 2 });
    await startOnce();
    const report = await verify();
    expect(report).toMatchObject({ ok: true, unproven: 2 });
    expect(summaryIn(report, log)).toMatchObject({
      ended: 'crashed',
      unproven: { from: 4, to: 5, until: expect.any(String) },
    });
    const kept = new KeptElsewhere();
    for (const line of collected.join('').split('\n')) kept.addLine(Buffer.from(line));
    expect(await verifyRecordFiles(await recordFilesAt(folder), { kept })).toMatchObject({ ok: true, unproven: 0 });
    await log.close('done');
  });
});
