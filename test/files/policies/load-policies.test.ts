import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { formatProblem } from '../../../src/core/problem/problem.js';
import { loadPolicies, type PolicyLoad, PolicyReader } from '../../../src/files/policies/load-policies.js';
import { readPolicyFiles } from '../../../src/files/policies/read-policy-files.js';
import { program } from '../../support/program.js';

/** The built thread, as the program starts it. */
const workerFile = join(dirname(program), 'policy-worker.js');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-folder-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const policy = (name: string, profile = 'RuntimeDefault'): string =>
  `apiVersion: seccomply.dev/v1alpha1\nkind: SeccompPolicy\nmetadata: { name: ${name} }\nspec:\n  assign:\n    - profile: ${profile}\n`;
const put = (name: string, text: string | Buffer): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
/** As if it had been written long ago, so that its stamp is to be believed. */
const putOld = (name: string, text: string | Buffer): string => {
  const path = put(name, text);
  const time = new Date(Date.now() - 60_000);
  utimesSync(path, time, time);
  return path;
};
const told = ({ documents, problems }: Pick<PolicyLoad, 'documents' | 'problems'>) => ({
  policies: documents.policies.map(({ value }) => `${value.metadata.name} ${value.spec.assign?.[0]?.profile}`),
  problems: problems.map((problem) => formatProblem(problem).replaceAll(folder, 'DIR')),
});

describe.each([
  ['in the caller', undefined],
  ['in the thread', workerFile],
])('files as they are, read %s', (_, worker) => {
  // More than twenty files go to the thread.
  const filler = (): void => {
    for (let index = 0; index < 25; index += 1) put(`z${index}.yaml`, '# nothing\n');
  };
  const load = async () => {
    filler();
    return told(await loadPolicies([folder], worker === undefined ? {} : { workerFile: worker }));
  };

  test('a byte order mark, other line ends, several documents, JSON', async () => {
    put('a.yaml', `\uFEFF${policy('bom')}`);
    put('b.yaml', policy('crlf').replaceAll('\n', '\r\n'));
    put('c.yaml', `---\n${policy('one')}---\n\n---\n${policy('two')}...\n`);
    put(
      'd.json',
      JSON.stringify({
        apiVersion: 'seccomply.dev/v1alpha1',
        kind: 'SeccompPolicy',
        metadata: { name: 'json' },
        spec: { assign: [{ profile: 'RuntimeDefault' }] },
      }),
    );
    put('e.yaml', '');
    put('f.yaml', '\uFEFF');
    expect(await load()).toEqual({
      policies: ['bom', 'crlf', 'one', 'two', 'json'].map((name) => `${name} RuntimeDefault`),
      problems: [],
    });
  });

  test('what is no text, or no YAML, is told, and the rest is in force', async () => {
    put('a.yaml', Buffer.from(policy('x').replace('x', '\xff'), 'latin1'));
    put('b.yaml', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0]));
    put('c.yaml', Buffer.from(`\uFEFF${policy('utf16')}`, 'utf16le'));
    put('d.yaml', '{');
    put('e.yaml', policy('good'));
    put('f.yaml', '\u0000');
    const { policies, problems } = await load();
    expect(policies).toEqual(['good RuntimeDefault']);
    expect(problems.map((problem) => problem.split('\n')[0])).toMatchInlineSnapshot(`
[
  "DIR/a.yaml: error: this file is not UTF-8 text [PD001]",
  "DIR/c.yaml: error: this file is not UTF-8 text [PD001]",
  "DIR/b.yaml:1:1: error: this is a binary file, not YAML or JSON [PD001]",
  "DIR/d.yaml:1:2: error: this is not YAML: Flow map must end with a } [PD001]",
  "DIR/f.yaml:1:1: error: this is a binary file, not YAML or JSON [PD001]",
]
`);
  });

  test('places are where a person finds them, behind a byte order mark and with other line ends, too', async () => {
    const bad = policy('x').replace('assign', 'asign');
    put('a.yaml', bad);
    put('b.yaml', `\uFEFF${bad}`);
    put('c.yaml', bad.replaceAll('\n', '\r\n'));
    put('d.yaml', `${policy('good')}---\n${bad.replace('{ name: x }', '{ name: "😀é" }')}`);
    const { problems } = await load();
    expect(problems.map((problem) => problem.split(' error:')[0]).sort()).toEqual(
      expect.arrayContaining(['DIR/a.yaml:5:3:', 'DIR/b.yaml:5:3:', 'DIR/c.yaml:5:3:', 'DIR/d.yaml:12:3:']),
    );
  });

  test('a file of more than 128 MiB is not read', async () => {
    const file = openSync(put('a.yaml', ''), 'r+');
    ftruncateSync(file, 128 * 1024 * 1024 + 1);
    closeSync(file);
    put('b.yaml', policy('good'));
    expect(await load()).toEqual({
      policies: ['good RuntimeDefault'],
      problems: ['DIR/a.yaml: error: this file is not read: it has more than 128 MiB [PD004]\n    split it'],
    });
  });
});

test('thousands of policies come through the thread as they come without it', async () => {
  const many = Array.from({ length: 1_500 }, (_, index) => policy(`p${index}`)).join('---\n');
  put('a.yaml', many);
  put('b.yaml', `${policy('after')}---\nkind: [\n`);
  const inThread = await loadPolicies([folder], { workerFile });
  const here = await loadPolicies([folder]);
  expect(told(inThread)).toEqual(told(here));
  expect(inThread.contentSha256).toBe(here.contentSha256);
  expect(inThread.documents.policies).toHaveLength(1_501);
  expect(inThread.documents.policies.at(-2)?.reference).toEqual(here.documents.policies.at(-2)?.reference);
});

test('the thread leaves the caller free to answer', async () => {
  put('a.yaml', Array.from({ length: 3_000 }, (_, index) => policy(`p${index}`)).join('---\n'));
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);
  await loadPolicies([folder], { workerFile });
  clearInterval(timer);
  expect(turns).toBeGreaterThan(5);
});

test('a file that the thread never comes back from, or that ends it, is unreadable; another thread reads those behind it', async () => {
  for (const name of ['a', 'b', 'c', 'd']) put(`${name}.yaml`, `${policy(name)}${'#'.repeat(20_000)}\n`);
  const stuck = put(
    'stuck.mjs',
    `import { parentPort, workerData } from 'node:worker_threads';
    const send = (message) => new Promise((resolve) => { parentPort.once('message', resolve); parentPort.postMessage(message); });
    for (const { path } of workerData.files) {
      if (path.endsWith('b.yaml')) for (;;);
      if (path.endsWith('c.yaml')) process.exit(1);
      await send({ kind: 'unchanged', path });
    }
    await send({ kind: 'done' });
    parentPort.close();`,
  );
  const files = ['a', 'b', 'c', 'd'].map((name) => ({ path: join(folder, `${name}.yaml`), bytes: 20_000 }));
  const outcomes = await readPolicyFiles(files, { workerFile: stuck, longestSilence: 1_000 });
  expect(outcomes.map((one) => ('problem' in one ? one.problem.message : one))).toEqual([
    { unchanged: files[0]?.path },
    'this file could not be read: the thread that reads policies was stopped: it took more than 1 s',
    'this file could not be read: the thread that reads policies ended before it was done',
    { unchanged: files[3]?.path },
  ]);
});

test('a thread that cannot start, or dies, is told, and what was in force stays', async () => {
  for (let index = 0; index < 25; index += 1) put(`${index}.yaml`, policy(`p${index}`));
  const { documents } = await loadPolicies([folder]);
  const broken = put('broken.mjs', 'throw new Error("on purpose")');
  const gone = put('gone.mjs', '');
  for (const [file, why] of [
    [broken, 'the thread that reads policies failed: on purpose'],
    [gone, 'the thread that reads policies ended before it was done'],
    [join(folder, 'none.mjs'), 'the thread that reads policies failed: '],
  ] as const) {
    const load = await new PolicyReader([folder], { workerFile: file }).load(documents);
    expect(load.documents.policies).toHaveLength(25);
    expect(load.problems).toHaveLength(25);
    expect(load.problems[0]?.message).toContain(why);
  }
});

describe('read again', () => {
  test('what cannot be read for its content is not read at every look, and stays told', async () => {
    putOld('a.yaml', policy('a'));
    putOld('b.yaml', Buffer.from([0xff, 0xfe, 0x41]));
    symlinkSync(join(folder, 'nowhere.yaml'), join(folder, 'c.yaml'));
    const reader = new PolicyReader([folder]);
    const codes = ['PD020', 'PD001'];
    expect((await reader.load()).problems.map(({ code }) => code)).toEqual(codes);
    expect(reader.needsLoad(await reader.find())).toBe(false);
    putOld('a.yaml', policy('a2'));
    expect(reader.needsLoad(await reader.find())).toBe(true);
    expect((await reader.load()).problems.map(({ code }) => code)).toEqual(codes);
    putOld('b.yaml', policy('b2'));
    expect(reader.needsLoad(await reader.find())).toBe(true);
    expect((await reader.load()).problems.map(({ code }) => code)).toEqual(['PD020']);
    putOld('nowhere.yaml', policy('c'));
    expect(reader.needsLoad(await reader.find())).toBe(true);
    expect((await reader.load()).problems).toEqual([]);
    expect(reader.needsLoad(await reader.find())).toBe(false);
  });

  test('beside calls the thread reads what is larger than 4 KiB, at the start what is larger than 32 KiB', async () => {
    const starts = put('starts.txt', '');
    const counting = put(
      'counting.mjs',
      `import { appendFileSync } from 'node:fs';
      import { workerData } from 'node:worker_threads';
      appendFileSync(${JSON.stringify(starts)}, workerData.files.length + ' ');
      await import(${JSON.stringify(pathToFileURL(resolve(workerFile)).href)});`,
    );
    for (const name of ['a', 'b']) putOld(`${name}.yaml`, `${policy(name)}${'#'.repeat(8_000)}\n`);
    const reader = new PolicyReader([folder], { workerFile: counting });
    await reader.load();
    expect(readFileSync(starts, 'utf8')).toBe('');
    putOld('a.yaml', `${policy('a2')}${'#'.repeat(8_000)}\n`);
    expect(told(await reader.load()).policies).toEqual(['a2 RuntimeDefault', 'b RuntimeDefault']);
    expect(readFileSync(starts, 'utf8')).toBe('1 ');
    putOld('a.yaml', policy('a3'));
    expect(told(await reader.load()).policies).toEqual(['a3 RuntimeDefault', 'b RuntimeDefault']);
    expect(readFileSync(starts, 'utf8')).toBe('1 ');
  });

  test('a file that took the thread too long is left alone until it changes', async () => {
    for (const name of ['a', 'b']) putOld(`${name}.yaml`, `${policy(name)}${'#'.repeat(40_000)}\n`);
    const starts = join(folder, 'starts.txt');
    const workerFile = put(
      'stuck.mjs',
      `import { appendFileSync } from 'node:fs';
      import { parentPort, workerData } from 'node:worker_threads';
      const send = (message) => new Promise((resolve) => { parentPort.once('message', resolve); parentPort.postMessage(message); });
      appendFileSync(${JSON.stringify(starts)}, workerData.files.map(({ path }) => path.at(-6)).join('') + ' ');
      for (const { path } of workerData.files) {
        if (path.endsWith('b.yaml')) for (;;);
        const rest = { file: path, namespaces: [], problems: [], notes: [], broken: [] };
        await send({ kind: 'file', rest, count: 0, sha256: 'x', bytes: new ArrayBuffer(0) });
      }
      await send({ kind: 'done' });
      parentPort.close();`,
    );
    const reader = new PolicyReader([folder], { workerFile, longestSilence: 500 });
    expect((await reader.load()).problems).toHaveLength(1);
    expect(reader.needsLoad(await reader.find())).toBe(false);
    putOld('a.yaml', `${policy('a2')}${'#'.repeat(40_000)}\n`);
    expect((await reader.load()).problems).toHaveLength(1);
    expect(readFileSync(starts, 'utf8')).toBe('ab a ');
  });

  test('only what has changed is parsed, and the rest stays the same object', async () => {
    putOld('a.yaml', policy('a'));
    putOld('b.yaml', policy('b'));
    const reader = new PolicyReader([folder]);
    const first = await reader.load();
    expect(reader.needsLoad(await reader.find())).toBe(false);
    const same = await reader.load(first.documents);
    expect(same.documents.policies[0]?.value).toBe(first.documents.policies[0]?.value);
    expect(same.contentSha256).toBe(first.contentSha256);
    put('b.yaml', policy('b', 'Localhost/b.json'));
    expect(reader.needsLoad(await reader.find())).toBe(true);
    const changed = await reader.load(first.documents);
    expect(changed.documents.policies[0]?.value).toBe(first.documents.policies[0]?.value);
    expect(told(changed)).toEqual({ policies: ['a RuntimeDefault', 'b Localhost/b.json'], problems: [] });
    expect(changed.contentSha256).not.toBe(first.contentSha256);
    put('c.yaml', policy('c'));
    rmSync(join(folder, 'a.yaml'));
    const next = await reader.load(changed.documents);
    expect(told(next).policies).toEqual(['b Localhost/b.json', 'c RuntimeDefault']);
  });

  test('a write of the same size within the step of the clock is seen, though it leaves the same times', async () => {
    const path = put('a.yaml', policy('a', 'Localhost/1.json'));
    const now = new Date();
    utimesSync(path, now, now);
    const reader = new PolicyReader([folder]);
    expect(told(await reader.load()).policies).toEqual(['a Localhost/1.json']);
    expect(reader.needsLoad(await reader.find())).toBe(true);
    writeFileSync(path, policy('a', 'Localhost/2.json'));
    utimesSync(path, now, now);
    expect(told(await reader.load()).policies).toEqual(['a Localhost/2.json']);
  });

  test('a file that was touched but not changed gives the same documents', async () => {
    const path = putOld('a.yaml', policy('a'));
    const reader = new PolicyReader([folder]);
    const first = await reader.load();
    utimesSync(path, new Date(), new Date());
    expect(reader.needsLoad(await reader.find())).toBe(true);
    const again = await reader.load(first.documents);
    expect(again.documents.policies[0]?.value).toBe(first.documents.policies[0]?.value);
  });

  test('a document that was broken keeps its last good version, until it is removed or mended', async () => {
    put('a.yaml', `${policy('a')}---\n${policy('b')}`);
    const reader = new PolicyReader([folder]);
    let load = await reader.load();
    const next = async (text?: string): Promise<readonly string[]> => {
      if (text !== undefined) put('a.yaml', text);
      load = await reader.load(load.documents);
      return [...told(load).policies].sort();
    };
    expect(await next(`${policy('a').replace('assign', 'asign')}---\n${policy('b', 'Localhost/new.json')}`)).toEqual([
      'a RuntimeDefault',
      'b Localhost/new.json',
    ]);
    expect(load.problems).toHaveLength(1);
    expect(await next('kind: [')).toEqual(['a RuntimeDefault', 'b Localhost/new.json']);
    expect(await next()).toEqual(['a RuntimeDefault', 'b Localhost/new.json']);
    expect(await next(policy('b', 'Localhost/newer.json'))).toEqual(['b Localhost/newer.json']);
    expect(load.problems).toEqual([]);
    rmSync(join(folder, 'a.yaml'));
    expect(await next()).toEqual([]);
  });

  test('a folder that is gone for a moment takes nothing out of force', async () => {
    put('a.yaml', policy('a'));
    const inner = mkdtempSync(join(folder, 'inner-'));
    writeFileSync(join(inner, 'b.yaml'), policy('b'));
    const reader = new PolicyReader([join(folder, 'a.yaml'), inner]);
    const first = await reader.load();
    renameSync(inner, `${inner}-moved`);
    const without = await reader.load(first.documents);
    expect(told(without).policies).toEqual(['a RuntimeDefault', 'b RuntimeDefault']);
    expect(without.problems.map(({ code }) => code)).toEqual(['PD020']);
    renameSync(`${inner}-moved`, inner);
    const back = await reader.load(without.documents);
    expect(told(back)).toEqual({ policies: ['a RuntimeDefault', 'b RuntimeDefault'], problems: [] });
    expect(back.contentSha256).toBe(first.contentSha256);
  });
});
