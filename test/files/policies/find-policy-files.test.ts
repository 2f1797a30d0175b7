import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { formatProblem } from '../../../src/core/problem/problem.js';
import { findPolicyFiles } from '../../../src/files/policies/find-policy-files.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-files-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const put = (...names: readonly string[]): void => {
  for (const name of names) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), `# ${name}\n`);
  }
};
const link = (target: string, name: string): void => symlinkSync(target, join(folder, name));
const short = (text: string): string => text.replaceAll(folder, 'DIR');
const find = async (paths: readonly string[] = [folder], data?: string) => {
  const { files, folders, unreadable } = await findPolicyFiles(paths, { dataFolder: data });
  return {
    files: files.map(({ path }) => short(path)),
    folders: [...folders.keys()].map(short),
    problems: unreadable.map(({ problem }) => short(formatProblem(problem))),
  };
};

test('a folder and all below it, by name; nothing that starts with a dot, no tests, no other files', async () => {
  put('b.yaml', 'a.yml', 'c.json', 'a/z.yaml', 'a/b/c/d.yaml', 'B.yaml', '10.yaml', '9.yaml');
  put(
    'x.test.yaml',
    'x.test.yml',
    'README.md',
    'x.yaml.bak',
    'x.YAML',
    '.hidden.yaml',
    '.git/x.yaml',
    '..x/x.yaml',
    'x.yaml~',
  );
  put('yaml', 'a/.x/y.yaml', 'test.yaml', 'x.test.json');
  expect(await find()).toEqual({
    files: [
      'DIR/10.yaml',
      'DIR/9.yaml',
      'DIR/B.yaml',
      'DIR/a/b/c/d.yaml',
      'DIR/a/z.yaml',
      'DIR/a.yml',
      'DIR/b.yaml',
      'DIR/c.json',
      'DIR/test.yaml',
      'DIR/x.test.json',
    ],
    folders: ['DIR', 'DIR/a', 'DIR/a/b', 'DIR/a/b/c'],
    problems: [],
  });
});

test('a file that is given counts whatever its name is, and each file once, in the order of the paths', async () => {
  put('a/x.test.yaml', 'a/.hidden', 'a/b.yaml', 'a/a.yaml');
  const at = (name: string): string => join(folder, name);
  expect(
    (await find([at('a/b.yaml'), at('a/x.test.yaml'), at('a/.hidden'), at('a'), at('a///'), at('./a')])).files,
  ).toEqual(['DIR/a/b.yaml', 'DIR/a/x.test.yaml', 'DIR/a/.hidden', 'DIR/a/a.yaml']);
});

test('the folder of a ConfigMap: each file once, under the name that shows', async () => {
  put('..2026_11_24/a.yaml', '..2026_11_24/b.yaml');
  link('..2026_11_24', '..data');
  link('..data/a.yaml', 'a.yaml');
  link('..data/b.yaml', 'b.yaml');
  expect((await find()).files).toEqual(['DIR/a.yaml', 'DIR/b.yaml']);
  const stamps = async () => new Map((await findPolicyFiles([folder])).files.map(({ path, stamp }) => [path, stamp]));
  const before = await stamps();
  expect(await stamps()).toEqual(before);
  put('..2026_11_25/a.yaml');
  renameSync(join(folder, '..2026_11_24/b.yaml'), join(folder, '..2026_11_25/b.yaml'));
  symlinkSync('..2026_11_25', join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  expect((await stamps()).get(join(folder, 'a.yaml'))).not.toBe(before.get(join(folder, 'a.yaml')));
});

test('links to files and folders are followed, each place once, however they go round', async () => {
  put('a/x.yaml', 'outside/y.yaml', 'outside/deeper/z.yaml');
  link('../outside', 'a/out');
  link('.', 'a/self');
  link('a', 'b');
  link('x.yaml', 'a/again.yaml');
  const { files, problems } = await find([join(folder, 'a')]);
  expect(problems).toEqual([]);
  expect(files.map((path) => path.split('/').at(-1)).sort()).toEqual(['again.yaml', 'y.yaml', 'z.yaml']);
  expect((await find([join(folder, 'b')])).files).toContain('DIR/b/again.yaml');
});

test('links that lead nowhere, or only to themselves, are told; others than policies are passed over', async () => {
  link('gone', 'a.yaml');
  link('b.yaml', 'b.yaml');
  link('gone', 'notes');
  put('c.yaml');
  mkdirSync(join(folder, 'd.yaml'));
  put('d.yaml/e.yaml');
  expect(await find()).toMatchInlineSnapshot(`
{
  "files": [
    "DIR/c.yaml",
    "DIR/d.yaml/e.yaml",
  ],
  "folders": [
    "DIR",
    "DIR/d.yaml",
  ],
  "problems": [
    "DIR/a.yaml: error: there is no such file or folder [PD020]
    check the path; a link may point to something that is gone",
    "DIR/b.yaml: error: this link leads back to itself [PD020]
    remove the link",
  ],
}
`);
});

test('paths that are not there, or go through a file', async () => {
  put('a.yaml');
  expect(
    (
      await find([
        join(folder, 'none'),
        join(folder, 'a.yaml/b'),
        join(folder, 'none/none'),
        '/'.repeat(3) + folder.slice(1),
      ])
    ).problems.join('\n'),
  ).toMatchInlineSnapshot(`
"DIR/none: error: there is no such file or folder [PD020]
    check the path; a link may point to something that is gone
DIR/a.yaml/b: error: there is no such file or folder: a part of the path is a file [PD020]
    check the path
DIR/none/none: error: there is no such file or folder [PD020]
    check the path; a link may point to something that is gone"
`);
});

test('the data folder is passed over, by whatever way it is reached, and cannot be given', async () => {
  put('a.yaml', 'data/audit/x.json', 'data/policies/demo/y.yaml', 'p/q.yaml');
  link('../data', 'p/linked');
  expect(await find([folder], join(folder, 'data'))).toMatchObject({
    files: ['DIR/a.yaml', 'DIR/p/q.yaml'],
    problems: [],
  });
  expect(await find([join(folder, 'p')], join(folder, 'p/linked'))).toMatchObject({
    files: ['DIR/p/q.yaml'],
    problems: [],
  });
  expect((await find([join(folder, 'data')], `${join(folder, 'data')}/`)).problems).toMatchInlineSnapshot(`
[
  "DIR/data: error: this is the data folder, which Seccomply writes to [PD020]
    keep policies in another folder",
]
`);
  expect((await find([join(folder, 'data/policies/demo')], join(folder, 'data'))).files).toEqual([
    'DIR/data/policies/demo/y.yaml',
  ]);
});

test('folders nested without end are told, and what is above them is found', async () => {
  put('a.yaml', `${'d/'.repeat(32)}deep.yaml`, `${'d/'.repeat(33)}deeper.yaml`);
  const { files, problems } = await find();
  expect(files.map((path) => path.split('/').at(-1))).toEqual(['a.yaml', 'deep.yaml']);
  expect(problems).toEqual([expect.stringMatching(/folders are nested more than 32 deep \[PD020\]\n/)]);
});

test('a pipe, a socket or a device in a folder is no policy', async () => {
  link('/dev/zero', 'zero.yaml');
  put('a.yaml');
  expect(await find()).toMatchObject({
    files: ['DIR/a.yaml'],
    problems: [
      'DIR/zero.yaml: error: this is a device, a socket or a pipe, and no file [PD020]\n    remove it, or give it another name',
    ],
  });
  expect(await find(['/dev/zero'])).toMatchObject({
    files: [],
    problems: [
      '/dev/zero: error: this is a device, a socket or a pipe, and no file [PD020]\n    give the path of a file or folder',
    ],
  });
});

test('a link to what is around the policies, or to the whole disk, is told and not followed', async () => {
  put('a/x.yaml', 'b/y.yaml');
  link('..', 'a/up');
  link('/', 'a/disk');
  link('../b', 'a/beside');
  expect(await find([join(folder, 'a')])).toMatchObject({
    files: ['DIR/a/beside/y.yaml', 'DIR/a/x.yaml'],
    problems: ['disk', 'up'].map(
      (name) =>
        `DIR/a/${name}: error: this link leads to a folder in which the policies themselves stand [PD020]\n    remove the link, or let it lead to a folder that has policies in it and nothing else`,
    ),
  });
});

test('a folder with too much in it is not read at all, and the others are', async () => {
  put('good/a.yaml');
  mkdirSync(join(folder, 'many'));
  for (let index = 0; index < 1_001; index += 1) mkdirSync(join(folder, `many/${index}`));
  put('many/0.yaml');
  mkdirSync(join(folder, 'large'));
  for (const name of ['a', 'b', 'c']) {
    put(`large/${name}.yaml`);
    truncateSync(join(folder, `large/${name}.yaml`), 100 * 1024 * 1024);
  }
  const said = (name: string, why: string) =>
    `DIR/${name}: error: this folder is not read: it has ${why} in it [PD020]\n    keep nothing but policies in it, and no links to anything else`;
  expect(await find(['many', 'large', 'good'].map((name) => join(folder, name)))).toMatchObject({
    files: ['DIR/good/a.yaml'],
    problems: [said('many', 'more than 1000 folders'), said('large', 'more than 256 MiB')],
  });
});

test('a pipe that is given is read where it is read once only', async () => {
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  expect((await find([join(folder, 'pipe')])).problems).toHaveLength(1);
  expect((await findPolicyFiles([join(folder, 'pipe')], { pipes: true })).files).toHaveLength(1);
});

test('what must not be read is told', async () => {
  put('a/x.yaml', 'b.yaml');
  chmodSync(folder, 0o755);
  chmodSync(join(folder, 'a'), 0o000);
  // Root may read everything: it becomes somebody else for the moment.
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    expect((await find()).problems).toEqual([
      'DIR/a: error: the user that Seccomply runs as has no permission to read this folder [PD020]\n    allow reading it (chmod, or fsGroup in a pod)',
    ]);
  } finally {
    if (isRoot) process.seteuid?.(0);
    chmodSync(join(folder, 'a'), 0o755);
  }
});

test('a stamp changes with every write, even of the same size and time', async () => {
  put('a.yaml');
  const path = join(folder, 'a.yaml');
  const stamp = async () => (await findPolicyFiles([folder])).files[0]?.stamp;
  const seen = [await stamp()];
  const time = new Date(1_000_000);
  for (const write of [
    () => utimesSync(path, time, time),
    () => {
      writeFileSync(`${path}.new`, '# b.yaml\n');
      utimesSync(`${path}.new`, time, time);
      renameSync(`${path}.new`, path);
    },
  ]) {
    write();
    seen.push(await stamp());
  }
  expect(new Set(seen).size).toBe(seen.length);
});
