import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { AuditLog } from '../../../src/storage/records/audit-log.js';
import { denialEntry } from '../../core/audit/denial-entry.js';
import { handClock } from '../../storage/records/hand-clock.js';
import { runProgram } from '../../support/program.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-cli-audit-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Records of two denials under DIR/audit; returns their file. */
async function write(): Promise<string> {
  const log = await AuditLog.open(join(folder, 'audit'), { source: { component: 'serve', version: 'test' } });
  const { request } = denialEntry();
  await log.append([denialEntry()]);
  await log.append([denialEntry({ request: { ...request, namespace: 'perf' } })]);
  await log.close('done');
  const [instance = ''] = readdirSync(join(folder, 'audit'));
  return join(folder, 'audit', instance, '000001.jsonl');
}

/** What differs from run to run, taken out. */
const steady = (text: string): string =>
  text
    .replaceAll(folder, 'DIR')
    .replace(/\d{8}T\d{6}Z-[0-9a-f]{8}/g, 'INSTANCE')
    .replace(/\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME');

test('verify says that records are good, and what that shows', async () => {
  await write();
  const { code, stdout } = await runProgram(['audit', 'verify', folder]);
  expect(code).toBe(0);
  expect(steady(stdout)).toMatchInlineSnapshot(`
"good: 7 records of 1 instance, nothing changed, nothing missing in it

  INSTANCE  records 1 to 7, signed up to 7, stopped in order

What this shows: none of the signed records was changed, left out, put in between or put in another order since it was
signed, by the process that wrote it.
What it does not show: that the process wrote the truth, or that no instance was removed, added or made anew with a new
key as a whole. Lines of standard output that were kept elsewhere (--collected) show that, up to the last of them.
"
`);
});

test('verify names the first bad record and exits with 1', async () => {
  const file = await write();
  writeFileSync(file, readFileSync(file, 'utf8').replace('"namespace":"shop"', '"namespace":"shoq"'));
  const { code, stdout } = await runProgram(['audit', 'verify', folder]);
  expect(code).toBe(1);
  expect(steady(stdout).split('\n').slice(0, 4).join('\n')).toMatchInlineSnapshot(`
"bad: 7 records of 1 instance; one finding

  DIR/audit/INSTANCE/000001.jsonl:4: record 4: the record was changed: its hash does not fit its content [changed]
"
`);
});

describe('records that no signature covers', () => {
  /** Two denials and no signature over them; the file, and what went to standard output. */
  async function crashed(): Promise<{ readonly file: string; readonly collected: string; readonly log: AuditLog }> {
    const collected = join(folder, 'collected.log');
    const log = await AuditLog.open(join(folder, 'audit'), {
      source: { component: 'serve', version: 'test' },
      clock: handClock(),
      stream: (lines) => appendFileSync(collected, lines),
    });
    const { request } = denialEntry();
    await log.append([denialEntry()]);
    await log.append([denialEntry({ request: { ...request, namespace: 'perf' } })]);
    return { file: join(folder, 'audit', log.status().instance, '000001.jsonl'), collected, log };
  }

  test('verify says which, since when, and does not vouch for them', async () => {
    const { log } = await crashed();
    const { code, stdout } = await runProgram(['audit', 'verify', folder]);
    expect(code).toBe(0);
    expect(steady(stdout)).toMatchInlineSnapshot(`
"not all proven: 5 records of 1 instance, 2 of them unproven; nothing wrong was found in the others

  INSTANCE  records 1 to 5, signed up to 3, 4 to 5 unproven since TIME, running

  not shown: instance INSTANCE is running, as its owner.json says: record 5 is its last one so far, and its end has not come

  note: instance INSTANCE: records 4 to 5 are unproven since TIME: no signature covers them yet, so a change or a gap would not show

What this shows: none of the signed records was changed, left out, put in between or put in another order since it was
signed, by the process that wrote it.
What it does not show: that the process wrote the truth, or that no instance was removed, added or made anew with a new
key as a whole. Lines of standard output that were kept elsewhere (--collected) show that, up to the last of them.
"
`);
    expect((await runProgram(['audit', 'verify', folder, '--all-proven'])).code).toBe(1);
    const json = await runProgram(['audit', 'verify', folder, '--output', 'json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: true,
      unproven: 2,
      instances: [{ unproven: { from: 4, to: 5 } }],
    });
    await log.close('done');
  });

  test.each(['--collected', '--checkpoints'])(
    'with the lines of standard output they are proven, or not (%s)',
    async (flag) => {
      const { file, collected, log } = await crashed();
      const whole = await runProgram(['audit', 'verify', folder, flag, collected, '--all-proven']);
      expect([whole.code, steady(whole.stdout).split('\n').slice(0, 3)]).toMatchSnapshot();
      const [lines, without] = [readFileSync(file, 'utf8'), 4];
      writeFileSync(file, lines.split('\n').toSpliced(without, 1).join('\n'));
      const cut = await runProgram(['audit', 'verify', folder, flag, collected]);
      expect([cut.code, steady(cut.stdout).split('\n').slice(0, 3)]).toMatchSnapshot();
      await log.close('done');
    },
  );
});

describe('the headline', () => {
  const headOf = (stdout: string) => steady(stdout).split('\n')[0];

  test('beside a process that runs says so, and never that nothing is missing', async () => {
    const log = await AuditLog.open(join(folder, 'audit'), {
      source: { component: 'serve', version: 'test' },
      clock: handClock(),
    });
    const { code, stdout } = await runProgram(['audit', 'verify', folder]);
    expect([code, headOf(stdout)]).toEqual([
      0,
      'proven so far: 3 records of 1 instance, nothing changed; 1 instance still running',
    ]);
    expect((await runProgram(['audit', 'verify', folder, '--all-proven'])).code).toBe(1);
    await log.close('done');
  });

  test('of a chain that was cut at a signature says that not all may be here, and what', async () => {
    const file = await write();
    const lines = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, lines.slice(0, 3).join('\n').concat('\n'));
    rmSync(join(dirname(file), 'head.json'));
    const { code, stdout } = await runProgram(['audit', 'verify', folder]);
    expect(code).toBe(0);
    expect(steady(stdout).split('\n').slice(0, 6).join('\n')).toMatchInlineSnapshot(`
"not all proven: 3 records of 1 instance; none of these was changed, and whether others are missing is not shown

  INSTANCE  records 1 to 3, signed up to 3, open, its end unproven

  not shown: instance INSTANCE has no head.json: its last signature is not there to tell how far it went
  not shown: the end of instance INSTANCE is unproven: it has no signed stop, and nothing tells whether more records came after record 3 (lines kept elsewhere would: --collected)"
`);
    expect((await runProgram(['audit', 'verify', folder, '--all-proven'])).code).toBe(1);
  });
});

describe('lines kept elsewhere', () => {
  test.each([
    ['the folder is gone', (file: string) => rmSync(join(dirname(file), '..'), { recursive: true })],
    ['the folder of the instance is gone', (file: string) => rmSync(dirname(file), { recursive: true })],
    ['its file is empty', (file: string) => writeFileSync(file, '')],
  ])('tell of what should be there: %s', async (_, act) => {
    const file = await write();
    const kept = join(folder, 'kept.log');
    writeFileSync(kept, readFileSync(file));
    act(file);
    const { code, stdout } = await runProgram(['audit', 'verify', join(folder, 'audit'), '--collected', kept]);
    expect(code).toBe(1);
    expect(stdout).toContain('[chain-missing]');
  });

  test('that were changed are named by their line', async () => {
    const file = await write();
    const kept = join(folder, 'kept.log');
    writeFileSync(kept, readFileSync(file, 'utf8').replace('"namespace":"shop"', '"namespace":"shoq"'));
    const { code, stdout } = await runProgram(['audit', 'verify', folder, '--collected', kept]);
    expect([code, steady(stdout).split('\n')[2]]).toMatchInlineSnapshot(`
[
  1,
  "  DIR/kept.log:4: record 4: a line of what was kept elsewhere was changed: it says that it is record 4 of instance INSTANCE, and its hash does not fit its content [kept-changed]",
]
`);
  });
});

test('a store whose files are of no kind is no crash', async () => {
  const file = await write();
  mkdirSync(join(dirname(file), '000002.jsonl'));
  const { code, stdout } = await runProgram(['audit', 'verify', folder]);
  expect([code, steady(stdout).split('\n')[2]]).toMatchInlineSnapshot(`
[
  1,
  "  DIR/audit/INSTANCE/000002.jsonl: a file is wanted here, and this is something else: nothing of it was read [not-a-file]",
]
`);
  const direct = await runProgram(['audit', 'verify', join(dirname(file), '000002.jsonl')]);
  expect(direct.code).toBe(2);
});

test('verify reads the log of a container, with lines of others in it', async () => {
  const file = await write();
  const log = `starting up\n${readFileSync(file, 'utf8')}{"level":30,"msg":"ready"}\n`;
  const mixed = await runProgram(['audit', 'verify', '--mixed', '-'], { stdin: log });
  expect([mixed.code, mixed.stdout.split('\n')[0]]).toEqual([
    0,
    'good: 7 records of 1 instance, nothing changed, nothing missing in it',
  ]);
  // As after the log was rotated.
  const rotated = await runProgram(['audit', 'verify', '--mixed', '-'], { stdin: log.split('\n').slice(4).join('\n') });
  expect([rotated.code, rotated.stdout]).toEqual([
    0,
    expect.stringContaining('records 1 to 3, and the key that they name, are not here'),
  ]);
  const unmarked = log.replace(/"stream":"audit"(?=[^\n]*\n\{"level")/, '"stream":"other"');
  const changed = await runProgram(['audit', 'verify', '--mixed', '-'], { stdin: unmarked });
  expect([changed.code, changed.stdout.split('\n')[2]]).toEqual([1, expect.stringContaining('[changed]')]);
  const strict = await runProgram(['audit', 'verify', '-'], { stdin: log });
  expect([strict.code, strict.stdout.split('\n')[2]]).toMatchInlineSnapshot(`
[
  1,
  "  standard input:1: this line is not an audit record [not-a-record]",
]
`);
});

test.each([
  [['audit', 'verify', 'nowhere']],
  [['audit', 'verify', '.']],
  [['audit', 'verify', '-', 'records']],
  [['audit', 'verify', '--output', 'pdf']],
  [['audit', 'tail', '-n', 'many']],
  [['audit', 'verfy']],
])('a mistake gets exit code 2 and a way out: %j', async (args) => {
  const { code, stdout, stderr } = await runProgram(args, { cwd: folder });
  expect([code, stdout, steady(stderr)]).toMatchSnapshot();
});

test.each([
  [undefined, ''],
  ['none', ', callers are not authenticated'],
  ['optional', ', callers may be authenticated'],
  ['required', ', callers are authenticated'],
] as const)('tail says once, at the start, whether callers are known: %s', async (clientCertificates, said) => {
  const log = await AuditLog.open(join(folder, 'audit'), {
    source: { component: 'webhook', version: 'test' },
    ...(clientCertificates === undefined ? {} : { clientCertificates }),
  });
  await log.append([denialEntry()]);
  await log.close('done');
  const lines = steady((await runProgram(['audit', 'tail', folder])).stdout).split('\n');
  expect(lines[0]).toBe(`TIME  START      webhook test, instance INSTANCE${said}`);
  expect(lines.slice(1).join()).not.toContain('callers');
});

test('tail prints denials for a person, and the records themselves for a program', async () => {
  const file = await write();
  const people = await runProgram(['audit', 'tail', folder, '--decision', 'deny']);
  expect(steady(people.stdout)).toMatchInlineSnapshot(`
"TIME  DENIED     shop Pod/debug: container "shell" asks for Unconfined
TIME  DENIED     perf Pod/debug: container "shell" asks for Unconfined
"
`);
  const machine = await runProgram(['audit', 'tail', folder, '--namespace', 'perf', '--output', 'json']);
  expect(readFileSync(file, 'utf8')).toContain(machine.stdout.trim());
  expect(JSON.parse(machine.stdout)).toMatchObject({ request: { namespace: 'perf' } });
});

test('tail says which uses of exemptions were refused after all', async () => {
  const log = await AuditLog.open(join(folder, 'audit'), { source: { component: 'webhook', version: 'test' } });
  const use = denialEntry({
    recordType: 'exemption',
    caller: { authenticated: true },
    decision: { allowed: true, outcome: 'allowed', mode: 'enforce', code: 200 },
  });
  const { recordId = '' } = await log.append([use]);
  log.refusedLate(use, recordId);
  await log.close('done');
  for (const args of [
    ['--decision', 'exempt'],
    ['--namespace', 'shop'],
  ]) {
    const { stdout } = await runProgram(['audit', 'tail', folder, ...args]);
    expect(stdout).toContain(
      `Z  REFUSED    namespace shop: 1 use of exemptions on record was refused, since the record came too late for the answer: ${recordId}\n`,
    );
  }
  expect((await runProgram(['audit', 'tail', folder, '--decision', 'deny'])).stdout).toBe('');
});

test('names from requests cannot draw on the terminal', async () => {
  const log = await AuditLog.open(join(folder, 'audit'), { source: { component: 'serve', version: 'test' } });
  await log.append([denialEntry({ decision: { ...denialEntry().decision, message: '\u001b[31mred\u0007\nDENIED' } })]);
  await log.close('done');
  const { stdout } = await runProgram(['audit', 'tail', folder, '--decision', 'deny']);
  for (const control of ['\u001b', '\u0007']) expect(stdout).not.toContain(control);
  expect(stdout.trim().split('\n')).toHaveLength(1);
});

test('a record that is appended while a file is read is no finding', async () => {
  const file = await write();
  appendFileSync(file, '');
  expect((await runProgram(['audit', 'verify', file])).code).toBe(0);
});

test('tail leaves out what stands behind the end that the next segment names', async () => {
  const log = await AuditLog.open(join(folder, 'audit'), {
    source: { component: 'serve', version: 'test' },
    segmentBytes: 1_000,
  });
  const { request } = denialEntry();
  for (const name of ['one', 'two', 'three']) await log.append([denialEntry({ request: { ...request, name } })]);
  await log.close('done');
  const inside = join(folder, 'audit', log.status().instance);
  const [record = ''] = readFileSync(join(inside, '000002.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line.includes('"denial"'));
  appendFileSync(join(inside, '000001.jsonl'), `${record.replace(/"name":"(one|two|three)"/, '"name":"made-up"')}\n`);
  expect(readFileSync(join(inside, '000001.jsonl'), 'utf8')).toContain('made-up');
  const { stdout } = await runProgram(['audit', 'tail', folder, '-n', '100', '-o', 'json']);
  expect(stdout).toContain('"name":"three"');
  expect(stdout).not.toContain('made-up');
});
