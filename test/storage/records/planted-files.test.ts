import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { ChainReport } from '../../../src/core/audit/chain/chain-report.js';
import { KeptElsewhere } from '../../../src/core/audit/chain/kept-elsewhere.js';
import { SealedLines } from '../../../src/core/audit/chain/sealed-lines.js';
import type { AuditRecord } from '../../../src/core/audit/record.js';
import { AuditLog } from '../../../src/storage/records/audit-log.js';
import type { AuditLogOptions } from '../../../src/storage/records/audit-log-options.js';
import { recordFilesAt } from '../../../src/storage/records/segments.js';
import { verifyRecordFiles } from '../../../src/storage/records/verify-records.js';
import { denialOf as denial } from '../../core/audit/denial-entry.js';
import { diskThatWrites, ioError } from '../disk-that-writes.js';
import { handClock } from './hand-clock.js';

let folder: string;
let store: string;
let collected: string[];
/** Of instances that were killed: whoever is killed closes nothing, and a test does. */
let left: AuditLog[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-planted-'));
  store = join(folder, 'audit');
  collected = [];
  left = [];
});
afterEach(async () => {
  for (const log of left) await log.close('done');
  rmSync(folder, { recursive: true, force: true });
});

const open = (options: Partial<AuditLogOptions> = {}): Promise<AuditLog> =>
  AuditLog.open(store, {
    source: { component: 'webhook', version: 'test' },
    stream: (lines) => collected.push(lines.toString()),
    ...options,
  });

/** The report over some folders together, as the command line has it. */
async function verify(paths: readonly string[] = [store], withKept = false): Promise<ChainReport> {
  const found = await Promise.all(paths.map((path) => recordFilesAt(path)));
  const kept = new KeptElsewhere();
  if (withKept) for (const line of collected.join('').split('\n')) kept.addLine(Buffer.from(line));
  return verifyRecordFiles(
    {
      files: found.flatMap(({ files }) => files),
      complete: found.every(({ complete }) => complete),
      folders: found.flatMap(({ folders }) => folders),
      odd: found.flatMap(({ odd }) => odd),
    },
    withKept ? { kept } : {},
  );
}
const codes = ({ findings }: ChainReport): readonly string[] => findings.map(({ code }) => code);
const gaps = (report: ChainReport): readonly string[] => report.gaps.map(({ code }) => code);

/** Runs one instance after another, each with a few denials; returns their folders, oldest first. */
async function instances(count: number, options: Partial<AuditLogOptions> = {}): Promise<readonly string[]> {
  const folders: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const log = await open(options);
    for (let number = 0; number < 6; number += 1) await log.append([denial(`pod-${index}-${number}`)]);
    await log.close('done');
    folders.push(join(store, log.status().instance));
  }
  return folders;
}

/** An instance as `kill -9` leaves it, with denials that no signature covers. */
async function killed(): Promise<string> {
  const log = await open({ clock: handClock() });
  left.push(log);
  await log.append([denial('a'), denial('b')]);
  const inside = join(store, log.status().instance);
  gone(inside);
  return inside;
}

function gone(inside: string): void {
  writeFileSync(join(inside, 'owner.json'), JSON.stringify({ pid: 999_999_999, host: hostname() }));
}

const segment = (inside: string, number = 1): string => join(inside, `00000${number}.jsonl`);
const linesOf = (file: string): readonly string[] => readFileSync(file, 'utf8').split('\n').slice(0, -1);
const keep = (file: string, lines: number): void =>
  truncateSync(file, linesOf(file).slice(0, lines).join('\n').length + 1);

test('folders that nobody touched are good, alone and together, in any order and spelling', async () => {
  await instances(3);
  for (const paths of [[store], [folder], [folder, store], [store, `${store}/.`]])
    expect(await verify(paths, true)).toMatchObject({ findings: [], unproven: 0, gaps: [], notes: [] });
});

test('a file of records beside the folders of instances hides none of them', async () => {
  const [first = '', second = ''] = await instances(2);
  copyFileSync(segment(first), join(store, '000001.jsonl'));
  keep(segment(second), 4);
  expect(codes(await verify())).toEqual(expect.arrayContaining(['misplaced', 'tail-cut']));
  renameSync(join(store, '000001.jsonl'), join(folder, '000001.jsonl'));
  expect(codes(await verify([folder]))).toEqual(expect.arrayContaining(['misplaced', 'tail-cut']));
});

test('records in the folder of another instance are found, though their chains are whole', async () => {
  const [first = '', second = ''] = await instances(2);
  renameSync(segment(first), join(folder, 'x'));
  renameSync(segment(second), segment(first));
  renameSync(join(folder, 'x'), segment(second));
  expect(codes(await verify([store], true))).toEqual(['foreign-record', 'foreign-record']);
});

describe('heads that are planted', () => {
  test('in folders of their own, for another instance', async () => {
    const [only = ''] = await instances(1);
    const planted = join(store, '20261130T070000Z-00000001');
    mkdirSync(planted);
    copyFileSync(join(only, 'head.json'), join(planted, 'head.json'));
    expect(codes(await verify([store], true))).toEqual(['bad-head']);
  });

  test.each([
    ['damaged', '{"instance":'],
    ['another text', '[]'],
  ])('%s', async (_, text) => {
    const [only = ''] = await instances(1);
    writeFileSync(join(only, 'head.json'), text);
    expect(codes(await verify())).toEqual(['bad-head']);
  });
});

describe('what is no regular file is named, and nobody waits for it', () => {
  test.each([
    ['a folder', (path: string) => mkdirSync(path)],
    ['a dangling link', (path: string) => symlinkSync('/nowhere', path)],
    ['a link to a file', (path: string) => symlinkSync('/dev/zero', path)],
    ['a FIFO', (path: string) => spawnSync('mkfifo', [path])],
  ])('%s', async (_, make) => {
    const [only = ''] = await instances(1);
    make(segment(only, 2));
    make(join(store, '20261130T070000Z-0000000a.x'));
    expect((await verify()).findings).toMatchObject([{ code: 'not-a-file', file: segment(only, 2) }]);
    rmSync(segment(only, 2), { recursive: true });
    for (const name of ['head.json', 'ended.json']) {
      rmSync(join(only, name), { force: true });
      make(join(only, name));
    }
    expect(codes(await verify())).toEqual(expect.arrayContaining(['bad-head', 'ended-differently']));
  });

  test('a link in place of the folder of an instance', async () => {
    const [only = ''] = await instances(1);
    renameSync(only, join(folder, 'away'));
    symlinkSync(join(folder, 'away'), only);
    expect((await verify()).findings).toMatchObject([{ code: 'not-a-file', file: only }]);
  });
});

describe('segments that lie elsewhere', () => {
  async function moved(): Promise<{ readonly inside: string; readonly archive: string }> {
    const [inside = ''] = await instances(1, { segmentBytes: 2_500, checkpoint: { records: 3, seconds: 1 } });
    const archive = join(folder, 'archive');
    const there = join(archive, basename(inside));
    mkdirSync(there, { recursive: true });
    const segments = readdirSync(inside).filter((name) => name.endsWith('.jsonl'));
    expect(segments.length).toBeGreaterThan(3);
    for (const name of segments.slice(0, -1)) renameSync(join(inside, name), join(there, name));
    return { inside, archive };
  }

  test('leave what is there unproven, and together all is good in either order', async () => {
    const { archive } = await moved();
    const alone = await verify();
    expect([codes(alone), gaps(alone)]).toEqual([[], ['segments-before']]);
    const other = await verify([archive]);
    expect([codes(other), gaps(other)]).toEqual([[], ['head-missing', 'end-unproven']]);
    for (const paths of [
      [store, archive],
      [archive, store],
    ])
      expect(await verify(paths, true)).toMatchObject({ findings: [], unproven: 0, gaps: [], notes: [] });
  });

  test('are missing where others before and after them are there', async () => {
    const { inside, archive } = await moved();
    rmSync(join(archive, basename(inside), '000002.jsonl'));
    expect(codes(await verify([store, archive]))).toEqual(['missing']);
  });
});

test('whole instances that lie elsewhere are said, and together all is good', async () => {
  const [first = '', second = ''] = await instances(3);
  const archive = join(folder, 'archive');
  mkdirSync(archive);
  for (const inside of [first, second]) renameSync(inside, join(archive, basename(inside)));
  expect(codes(await verify())).toEqual(['chain-missing']);
  const report = await verify([archive]);
  expect([codes(report), gaps(report)]).toEqual([[], ['instance-elsewhere']]);
  for (const paths of [
    [store, archive],
    [archive, store],
  ])
    expect(await verify(paths)).toMatchObject({ findings: [], unproven: 0, gaps: [] });
});

describe('what stands behind the end of a finished segment', () => {
  /** An instance whose first segment ended with a write that failed. */
  async function withFailedWrite(): Promise<string> {
    let isFailing = false;
    const disk = diskThatWrites((bytes, position, real) => {
      if (!isFailing) return real(bytes, position);
      isFailing = false;
      return Promise.reject(ioError());
    });
    const log = await open({ disk });
    await log.append([denial('before')]);
    isFailing = true;
    expect(await log.append([denial('lost')])).toMatchObject({ recorded: false });
    await log.close('done');
    return join(store, log.status().instance);
  }

  /** A line that follows the last one of a file, and is whole by itself. */
  function appendable(file: string): string {
    const last = JSON.parse(linesOf(file).at(-1) ?? '') as AuditRecord;
    const lines = new SealedLines();
    const { recordId, time, source, seq, hash: prevHash } = last;
    lines.add(denial('made up'), { recordId, time, source, seq: seq + 1, prevHash });
    return lines.bytes.toString();
  }

  async function finished(rest: string | Buffer): Promise<ChainReport> {
    const [inside = ''] = await instances(1, { segmentBytes: 2_500 });
    appendFileSync(segment(inside), rest);
    return verify();
  }

  test.each([
    ['an unfinished record', '{"hash":"half a record'],
    ['the beginning of one', '{"ha'],
    ['blocks that never reached the disk', '\0'.repeat(5_000)],
    ['both', `{"hash":"half a rec${'\0'.repeat(100)}`],
  ])('is what a write that failed leaves, where one failed: %s', async (_, rest) => {
    appendFileSync(segment(await withFailedWrite()), rest);
    const report = await verify();
    expect(codes(report)).toEqual([]);
    expect(report.notes.join()).toContain('a write that failed left them');
    expect(codes(await finished(rest))).toEqual(['left-over']);
  });

  test('is a record that would go on with the chain: of a write that failed, or made up', async () => {
    const failed = await withFailedWrite();
    const own = appendable(segment(failed));
    appendFileSync(segment(failed), own);
    expect(codes(await verify())).toEqual([]);
    rmSync(store, { recursive: true });
    const [inside = ''] = await instances(1, { segmentBytes: 2_500 });
    appendFileSync(segment(inside), appendable(segment(inside)));
    expect(codes(await verify())).toEqual(['left-over']);
  });

  test('an emptied segment is found, where the next one says what it held', async () => {
    const [inside = ''] = await instances(1, { segmentBytes: 2_500 });
    truncateSync(segment(inside), 0);
    expect(codes(await verify())).toEqual(['missing']);
  });

  test.each([
    ['junk', 'junk'],
    ['a finished line', 'junk\n'],
    ['another record of this chain', '{"hash":"half a rec\n'],
    ['blanks', '   '],
    ['something behind NUL bytes', '\0\0junk'],
  ])('is something else: %s', async (_, rest) => {
    expect(codes(await finished(rest))).toEqual(['left-over']);
  });

  test('is a copy of a record', async () => {
    const [inside = ''] = await instances(1, { segmentBytes: 2_500 });
    const [line = ''] = linesOf(segment(inside));
    appendFileSync(segment(inside), `${line}\n`);
    expect(codes(await verify())).toEqual(['left-over']);
  });

  test('is a limit that somebody made up', async () => {
    const [inside = ''] = await instances(1);
    writeFileSync(join(inside, '000000.jsonl'), '{"segment":{"previous":{"number":1,"bytes":100}}}\n');
    const report = await verify();
    expect(codes(report)).toEqual(['not-a-record']);
    expect(report.instances[0]?.ended).toBe('stopped');
  });
});

test('bytes behind the end of an instance that stopped in order are found after the next start, too', async () => {
  const [first = ''] = await instances(1);
  appendFileSync(segment(first), 'junk');
  expect(codes(await verify())).toEqual(['torn-line']);
  await instances(1);
  expect(codes(await verify())).toEqual(['left-over']);
});

describe('the end of a chain that was killed', () => {
  test('is unproven, with all of its records there', async () => {
    const inside = await killed();
    expect(gaps(await verify())).toEqual(['end-unproven']);
    await instances(1);
    const report = await verify();
    expect([codes(report), gaps(report)]).toEqual([[], ['end-unproven']]);
    expect(report.instances.find(({ instance }) => instance === basename(inside))).toMatchObject({
      ended: 'crashed',
      unprovenEnd: { after: 5, until: expect.any(String) },
    });
    expect(await verify([store], true)).toMatchObject({ findings: [], unproven: 0, gaps: [] });
  });

  test('is unproven where all that is unsigned was cut before the next start, and found with lines kept elsewhere', async () => {
    const inside = await killed();
    keep(segment(inside), 3);
    await instances(1);
    const report = await verify();
    expect(report).toMatchObject({ findings: [], unproven: 0 });
    expect(gaps(report)).toEqual(['end-unproven']);
    expect(codes(await verify([store], true))).toEqual(['tail-cut']);
  });

  test('is found cut where the signature goes, too, by its head and by what the next start saw of that', async () => {
    const inside = await killed();
    keep(segment(inside), 2);
    expect(codes(await verify())).toEqual(['tail-cut']);
    await instances(1);
    rmSync(join(inside, 'head.json'));
    expect(codes(await verify())).toEqual(['tail-cut']);
  });

  test('is unproven where the next start found no head', async () => {
    const inside = await killed();
    keep(segment(inside), 3);
    rmSync(join(inside, 'head.json'));
    await instances(1);
    const report = await verify();
    expect(gaps(report)).toEqual(['head-missing', 'end-unproven']);
    expect(report.notes.join()).toContain('head.json, missing when it looked at its end');
  });
});

test('a chain that stopped and was cut with its head is not said to be whole', async () => {
  const [inside = ''] = await instances(1, { segmentBytes: 2_500, checkpoint: { records: 1, seconds: 1 } });
  rmSync(join(inside, 'head.json'));
  const last = readdirSync(inside)
    .filter((name) => name.endsWith('.jsonl'))
    .sort();
  while (last.length > 1) {
    rmSync(join(inside, last.pop() ?? ''));
    expect(gaps(await verify())).toEqual(['head-missing', 'end-unproven']);
  }
});

test('a chain that was cut or made anew is found after as many starts as somebody likes', async () => {
  const [first = ''] = await instances(2);
  keep(segment(first), 3);
  for (const name of ['ended.json', 'head.json']) rmSync(join(first, name));
  await instances(2);
  expect(codes(await verify())).toEqual(['ended-differently']);
});

test('the instance that found the end of another is missed where it is gone', async () => {
  const [, second = ''] = await instances(2);
  rmSync(second, { recursive: true });
  const report = await verify();
  expect([codes(report), gaps(report)]).toEqual([[], ['instance-elsewhere']]);
});

test.each(['..', '.', '', 'x', '20261124T095722Z-1f3a9c2b/..', 7, null])(
  'the file that says who found an end names nobody: %j',
  async (recordedBy) => {
    const [first = ''] = await instances(2);
    writeFileSync(join(first, 'ended.json'), JSON.stringify({ recordedBy }));
    expect(codes(await verify())).toEqual(['ended-differently']);
  },
);

test('a chain of which nothing but its head is left is missing', async () => {
  const [first = ''] = await instances(1);
  rmSync(segment(first));
  expect(codes(await verify())).toEqual(['chain-missing']);
});

test('a copy of the folder of one instance under another name is checked by itself', async () => {
  const [first = ''] = await instances(2);
  const copy = join(folder, 'copy');
  cpSync(first, copy, { recursive: true });
  const report = await verify([copy]);
  expect([codes(report), gaps(report)]).toEqual([[], []]);
  keep(segment(copy), 4);
  expect(codes(await verify([copy]))).toEqual(['tail-cut']);
});

test('beside a running writer nothing is found, and it is said to run', async () => {
  const log = await open({ segmentBytes: 20_000, checkpoint: { records: 5, seconds: 1 } });
  let stop = false;
  const writing = (async () => {
    for (let number = 0; !stop; number += 1) await log.append([denial(`pod-${number}`)]);
  })();
  for (let round = 0; round < 8; round += 1) {
    const report = await verify();
    expect([round, codes(report), gaps(report)]).toEqual([round, [], ['running']]);
  }
  stop = true;
  await writing;
  await log.close('done');
  expect(await verify()).toMatchObject({ findings: [], unproven: 0, gaps: [] });
});
