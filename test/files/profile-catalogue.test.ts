import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { catalogueFacts, isWithinRuntimeDefault } from '../../src/core/compare/catalogue-facts.js';
import { comparable } from '../../src/core/compare/comparable.js';
import { isComparableWithin } from '../../src/core/compare/within.js';
import { loadCatalogue } from '../../src/files/profile-catalogue.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-profiles-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const LOG_ALL = '{"defaultAction":"SCMP_ACT_LOG"}';
const READ_ONLY = '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"}]}';

describe('the shipped catalogue', () => {
  test('loads without a problem, and its index says what the profiles say', async () => {
    const { catalogue, files, problems } = await loadCatalogue(['profiles']);
    expect(problems).toEqual([]);
    const index = JSON.parse(readFileSync('profiles/index.generated.json', 'utf8'));
    expect(Object.keys(index.profiles).sort()).toEqual(catalogue.names());
    const tables = new Map([...files].map(([name, file]) => [name, comparable(file.profile())]));
    for (const [name, file] of files) {
      expect(index.profiles[name]).toMatchObject(catalogueFacts(file.profile()));
      for (const runtime of ['containerd', 'crio'] as const) {
        expect(index.profiles[name].withinRuntimeDefault[runtime]).toBe(
          isWithinRuntimeDefault(tables.get(name), runtime),
        );
      }
      for (const other of files.keys()) {
        expect(catalogue.within(name, other)).toBe(
          name === other || isComparableWithin(tables.get(name), tables.get(other)),
        );
      }
    }
  });

  test('every profile has a provenance that names it, and recorded ones are within both runtime defaults', async () => {
    const { files } = await loadCatalogue(['profiles']);
    for (const name of files.keys()) {
      const provenance = JSON.parse(readFileSync(`profiles/${name}.provenance.json`, 'utf8'));
      expect(provenance).toMatchObject({
        profile: name,
        description: expect.any(String),
        makeAgain: expect.any(String),
      });
      if (provenance.kind !== 'recorded') continue;
      for (const runtimeDefault of ['containerd', 'crio'] as const) {
        const { catalogue } = await loadCatalogue(['profiles'], { runtimeDefault });
        expect([name, catalogue.get(name)?.withinRuntimeDefault]).toEqual([name, true]);
      }
    }
  });
});

test('within the default means within every default, unless the nodes have one', async () => {
  const within = async (runtimeDefault?: 'any' | 'containerd' | 'crio') => {
    const { catalogue } = await loadCatalogue(['profiles'], runtimeDefault === undefined ? {} : { runtimeDefault });
    return ['runtime-default-plus', 'runtime-default-containerd', 'runtime-default-crio'].map(
      (name) => catalogue.get(name)?.withinRuntimeDefault,
    );
  };
  expect(await within()).toEqual([true, false, false]);
  expect(await within('any')).toEqual([true, false, false]);
  expect(await within('containerd')).toEqual([true, true, false]);
  expect(await within('crio')).toEqual([true, false, true]);
});

test('a file is a profile under its own name, a folder one for each file; other files are passed over', async () => {
  write('one.json', LOG_ALL);
  write(
    'two.yaml',
    'apiVersion: security-profiles-operator.x-k8s.io/v1beta1\nkind: SeccompProfile\nmetadata: {name: x}\nspec: {defaultAction: SCMP_ACT_LOG}\n',
  );
  write('.hidden.json', '{');
  write('one.provenance.json', '{}');
  write('README.md', '');
  mkdirSync(join(folder, 'deep'));
  writeFileSync(join(folder, 'deep', 'three.json'), LOG_ALL);
  const { catalogue, problems } = await loadCatalogue([folder, join(folder, 'deep', 'three.json')]);
  expect(problems).toEqual([]);
  expect(catalogue.names()).toEqual(['one', 'three', 'two']);
  expect(catalogue.get('one')?.digest).toBe(catalogue.get('two')?.digest);
});

test('without an index the questions are answered from the profiles', async () => {
  write('all.json', LOG_ALL);
  write('read.json', READ_ONLY);
  const { catalogue } = await loadCatalogue([folder]);
  expect(catalogue.get('all')?.withinRuntimeDefault).toBe(false);
  expect(catalogue.get('read')?.withinRuntimeDefault).toBe(true);
  expect(catalogue.within('read', 'all')).toBe(true);
  expect(catalogue.within('all', 'read')).toBe(false);
});

test('an index does not speak for a file that has changed since', async () => {
  cpSync('profiles', folder, { recursive: true });
  const before = (await loadCatalogue([folder])).catalogue.get('web-static');
  write('web-static.json', LOG_ALL);
  const { catalogue } = await loadCatalogue([folder]);
  expect(catalogue.get('web-static')?.digest).not.toBe(before?.digest);
  expect([before?.withinRuntimeDefault, catalogue.get('web-static')?.withinRuntimeDefault]).toEqual([true, false]);
  expect(catalogue.within('web-static', 'runtime-default-containerd')).toBe(false);
});

test('bad files are told and left out, and the others load', async () => {
  write('good.json', LOG_ALL);
  write('broken.json', '{"defaultAction": "SCMP_ACT_ERRNO";}');
  write('Upper.json', LOG_ALL);
  write('index.generated.json', 'nonsense');
  mkdirSync(join(folder, 'more'));
  writeFileSync(join(folder, 'more', 'good.json'), READ_ONLY);
  const { catalogue, problems } = await loadCatalogue([folder, join(folder, 'more'), join(folder, 'absent')]);
  expect(catalogue.names()).toEqual(['good']);
  expect(problems.map(({ code, severity, place }) => [code, severity, place?.file?.replace(folder, '')])).toEqual([
    ['PF01', 'error', '/absent'],
    ['PF04', 'warning', '/index.generated.json'],
    ['PF02', 'error', '/Upper.json'],
    ['SP001', 'error', '/broken.json'],
    ['PF03', 'error', '/more/good.json'],
  ]);
});
