import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PolicyLoad } from '../../../src/files/policies/load-policies.js';
import {
  type PolicyWatch,
  type PolicyWatchOptions,
  watchPolicies,
} from '../../../src/files/policies/watch-policies.js';

let folder: string;
let watches: PolicyWatch[] = [];
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'seccomply-watch-')), 'policies');
  mkdirSync(folder);
});
afterEach(() => {
  for (const watch of watches) watch.close();
  watches = [];
  rmSync(join(folder, '..'), { recursive: true });
});

const policy = (name: string, profile = 'RuntimeDefault'): string =>
  `apiVersion: seccomply.dev/v1alpha1\nkind: SeccompPolicy\nmetadata: { name: ${name} }\nspec:\n  assign:\n    - profile: ${profile}\n`;
const at = (name: string): string => join(folder, name);
const put = (name: string, text: string): void => writeFileSync(at(name), text);
const textOf = ({ documents, problems }: PolicyLoad): string =>
  [
    ...documents.policies.map(({ value }) => `${value.metadata.name}=${value.spec.assign?.[0]?.profile}`).sort(),
    ...problems.map(({ code }) => code),
  ].join(' ');

/** A watch whose loads can be waited for; by default it hears of changes from the system alone. */
async function watching(paths: readonly string[] = [folder], options: PolicyWatchOptions = {}) {
  const loads: string[] = [];
  let told: () => void = () => undefined;
  const watch = await watchPolicies(
    paths,
    (load) => {
      loads.push(textOf(load));
      told();
    },
    { settle: 20, poll: 3_600_000, ...options },
  );
  watches.push(watch);
  return {
    watch,
    loads,
    /** Until the last load says this. The test's own deadline ends it otherwise. */
    async until(text: string): Promise<void> {
      while (loads.at(-1) !== text)
        await new Promise<void>((resolve) => {
          told = resolve;
        });
    },
  };
}

test('the first load is there when the watch is', async () => {
  put('a.yaml', policy('a'));
  expect((await watching()).loads).toEqual(['a=RuntimeDefault']);
});

test('a file written, written again, renamed into place, moved and removed', async () => {
  put('a.yaml', policy('a'));
  const { loads, until } = await watching();
  put('a.yaml', policy('a', 'web-static'));
  await until('a=web-static');
  put('b.yaml', policy('b'));
  await until('a=web-static b=RuntimeDefault');
  // As editors write: the new text beside it, then into place, the old one kept as a copy.
  renameSync(at('b.yaml'), at('b.yaml~'));
  put('.b.yaml.swp', policy('b', 'net-service'));
  renameSync(at('.b.yaml.swp'), at('b.yaml'));
  await until('a=web-static b=net-service');
  renameSync(at('b.yaml'), at('c.yaml'));
  await until('a=web-static b=net-service');
  rmSync(at('a.yaml'));
  await until('b=net-service');
  appendFileSync(at('c.yaml'), `---\n${policy('d')}`);
  await until('b=net-service d=RuntimeDefault');
  expect(new Set(loads).size).toBeGreaterThanOrEqual(5);
});

test('what was broken and mended, with the last good version between', async () => {
  put('a.yaml', policy('a'));
  const { until } = await watching();
  put('a.yaml', 'kind: [');
  await until('a=RuntimeDefault PD001');
  put('a.yaml', policy('a', 'web-static'));
  await until('a=web-static');
});

test('folders below that come, change and go', async () => {
  const { until } = await watching();
  mkdirSync(at('x/y'), { recursive: true });
  put('x/y/a.yaml', policy('a'));
  await until('a=RuntimeDefault');
  put('x/y/a.yaml', policy('a', 'web-static'));
  await until('a=web-static');
  renameSync(at('x'), at('z'));
  put('z/b.yaml', policy('b'));
  await until('a=web-static b=RuntimeDefault');
  rmSync(at('z'), { recursive: true });
  await until('');
});

test('the folder of a ConfigMap, swapped again and again', async () => {
  const swap = (version: number): void => {
    mkdirSync(at(`..v${version}`));
    put(`..v${version}/a.yaml`, policy('a', `Localhost/${version}.json`));
    symlinkSync(`..v${version}`, at('..data_tmp'));
    renameSync(at('..data_tmp'), at('..data'));
    if (version > 1) rmSync(at(`..v${version - 1}`), { recursive: true });
  };
  swap(1);
  symlinkSync('..data/a.yaml', at('a.yaml'));
  const { loads, until } = await watching();
  for (let version = 2; version < 6; version += 1) {
    swap(version);
    await until(`a=Localhost/${version}.json`);
  }
  expect(loads).toEqual([1, 2, 3, 4, 5].map((version) => `a=Localhost/${version}.json`));
});

test('a folder that is deleted and made again, or replaced by another', async () => {
  put('a.yaml', policy('a'));
  const { until } = await watching();
  rmSync(folder, { recursive: true });
  await until('a=RuntimeDefault PD020');
  mkdirSync(folder);
  put('a.yaml', policy('a', 'web-static'));
  await until('a=web-static');
  mkdirSync(`${folder}.new`);
  writeFileSync(`${folder}.new/a.yaml`, policy('a', 'net-service'));
  renameSync(folder, `${folder}.old`);
  renameSync(`${folder}.new`, folder);
  await until('a=net-service');
  put('a.yaml', policy('a'));
  await until('a=RuntimeDefault');
});

test('a single file that is given, written in place and replaced', async () => {
  put('a.yaml', policy('a'));
  const { loads, until } = await watching([at('a.yaml')]);
  put('a.yaml', policy('a', 'web-static'));
  await until('a=web-static');
  put('new', policy('a', 'net-service'));
  renameSync(at('new'), at('a.yaml'));
  await until('a=net-service');
  put('other.yaml', policy('other'));
  rmSync(at('a.yaml'));
  await until('a=net-service PD020');
  expect(loads.join(' ')).not.toContain('other');
});

test('what the system does not tell is found by looking, and by being asked', async () => {
  // A folder reached through a link elsewhere: where that link points is told to nobody.
  mkdirSync(`${folder}-1`);
  mkdirSync(`${folder}-2`);
  for (const [index, profile] of [
    [1, 'web-static'],
    [2, 'net-service'],
  ] as const)
    writeFileSync(`${folder}-${index}/a.yaml`, policy('a', profile));
  mkdirSync(`${folder}-elsewhere`);
  const link = `${folder}-elsewhere/link`;
  symlinkSync(`${folder}-1`, link);
  symlinkSync(link, at('linked'));
  const asked = await watching();
  const polling = await watching([folder], { poll: 50 });
  rmSync(link);
  symlinkSync(`${folder}-2`, link);
  await asked.watch.refresh();
  expect(asked.loads).toEqual(['a=web-static', 'a=net-service']);
  await polling.until('a=net-service');
});

test('a burst of changes: loads never overlap, wait for what they are handed to, and the last one is the last state', async () => {
  put('a.yaml', policy('a'));
  let running = 0;
  let most = 0;
  const loads: string[] = [];
  const watch = await watchPolicies(
    [folder],
    async (load) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 15));
      loads.push(textOf(load));
      running -= 1;
    },
    { settle: 1, poll: 5 },
  );
  watches.push(watch);
  const refreshes: Promise<void>[] = [];
  for (let round = 0; round < 40; round += 1) {
    put('a.yaml', policy('a', `Localhost/${round}.json`));
    put(`b${round % 3}.yaml`, round % 2 === 0 ? policy(`b${round % 3}`) : '# nothing\n');
    if (round % 5 === 0) refreshes.push(watch.refresh());
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(refreshes);
  await watch.refresh();
  expect(most).toBe(1);
  expect(running).toBe(0);
  expect(loads.at(-1)).toBe('a=Localhost/39.json b2=RuntimeDefault');
  expect(loads.every((text, index) => text !== loads[index - 1])).toBe(true);
});

test('changes that change nothing are no load', async () => {
  put('a.yaml', policy('a'));
  const { watch, loads } = await watching();
  put('a.yaml', policy('a'));
  put('README.md', 'x');
  put('.hidden.yaml', policy('hidden'));
  put('a.test.yaml', 'x');
  await watch.refresh();
  await watch.refresh();
  expect(loads).toEqual(['a=RuntimeDefault']);
});

test('the data folder may be written to without end', async () => {
  put('a.yaml', policy('a'));
  mkdirSync(at('data'));
  const { watch, loads } = await watching([folder], { dataFolder: at('data') });
  put('data/x.yaml', policy('x'));
  await watch.refresh();
  expect(loads).toEqual(['a=RuntimeDefault']);
});

test('what is thrown for a load is told, and the next load comes all the same', async () => {
  put('a.yaml', policy('a'));
  const errors: string[] = [];
  const loads: string[] = [];
  let told: () => void = () => undefined;
  const watch = await watchPolicies(
    [folder],
    (load) => {
      loads.push(textOf(load));
      told();
      if (loads.length === 2) throw new Error('on purpose');
    },
    {
      settle: 5,
      poll: 3_600_000,
      onError: (error) => {
        errors.push(String(error));
        told();
      },
    },
  );
  watches.push(watch);
  const next = (change: () => void): Promise<void> =>
    new Promise((resolve) => {
      told = resolve;
      change();
    });
  await next(() => put('a.yaml', policy('a', 'web-static')));
  await next(() => put('a.yaml', policy('a', 'net-service')));
  while (loads.at(-1) !== 'a=net-service') await next(() => undefined);
  expect(errors).toEqual(['Error: on purpose']);
});

test('after it is closed nothing is loaded any more', async () => {
  put('a.yaml', policy('a'));
  const { watch, loads } = await watching([folder], { poll: 5 });
  watch.close();
  put('a.yaml', policy('a', 'web-static'));
  await watch.refresh();
  await watch.refresh();
  expect(loads).toEqual(['a=RuntimeDefault']);
});

test('where the first load is thrown back nothing is watched any more', async () => {
  put('a.yaml', policy('a'));
  let calls = 0;
  const refused = watchPolicies(
    [folder],
    () => {
      calls += 1;
      throw new Error('on purpose');
    },
    { settle: 5, poll: 5 },
  );
  await expect(refused).rejects.toThrow('on purpose');
  const { until } = await watching([folder], { settle: 50 });
  put('a.yaml', policy('a', 'web-static'));
  await until('a=web-static');
  expect(calls).toBe(1);
});
