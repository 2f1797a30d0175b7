import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type CatalogueProfile, catalogueOf } from '../../../src/core/profile/catalogue-of.js';

const profile = (name: string, mentionedCapabilities: readonly string[] = []): CatalogueProfile => ({
  name,
  digest: name.repeat(4),
  available: true,
  withinRuntimeDefault: true,
  refusesNothing: false,
  mentionedCapabilities,
});
const caps = Array.from({ length: 14 }, (_, i) => `CAP_${String.fromCharCode(65 + i)}`);
const catalogue = () =>
  catalogueOf([profile('web'), profile('default', caps)], { within: (a, b) => a === 'web' && b === 'default' });

test('a path leads back to its profile and stage, in a catalogue that did not make it', () => {
  for (const stage of ['Enforce', 'Complain', 'Record'] as const) {
    const path = catalogue().pathOf('web', stage, ['CAP_SYS_ADMIN']) ?? '';
    expect(catalogue().byPath(path)).toMatchObject({ entry: { name: 'web' }, stage });
  }
});

test('a path of a capability class is known to those who say the capabilities, whatever their number', () => {
  const added = ['CAP_A', 'CAP_B', 'CAP_C', 'CAP_D', 'CAP_E', 'CAP_Z'];
  const path = catalogue().pathOf('default', 'Enforce', added) ?? '';
  expect(catalogue().byPath(path, added)?.entry.name).toBe('default');
  expect(catalogue().byPath(path, ['CAP_A'])).toBeUndefined();
  expect(catalogue().byPath(path, [])).toBeUndefined();
  expect(catalogue().byPath(catalogue().pathOf('default', 'Enforce', ['ALL']) ?? '')?.entry.name).toBe('default');
  expect(catalogue().byPath(catalogue().pathOf('default', 'Record', ['CAP_A', 'CAP_N']) ?? '')?.stage).toBe('Record');
});

test.each([
  'seccomply/web.00000000000000000000000000000000.json',
  'seccomply/none.00000000000000000000000000000000.json',
  'seccomply/web.json',
  'web.00000000000000000000000000000000.json',
  'seccomply//web.00000000000000000000000000000000.json',
  'seccomply/constructor.00000000000000000000000000000000.json',
])('%s is unknown', (path) => {
  expect(catalogue().byPath(path)).toBeUndefined();
});

test('names are sorted; an unlisted name has no entry and no path, and is within nothing', () => {
  const found = catalogue();
  expect(found.names()).toEqual(['default', 'web']);
  expect(found.get('nope')).toBeUndefined();
  expect(found.pathOf('nope', 'Enforce', [])).toBeUndefined();
  expect([found.within('web', 'default'), found.within('default', 'web'), found.within('web', 'web')]).toEqual([
    true,
    false,
    true,
  ]);
  expect([found.within('nope', 'nope'), found.within('nope', 'web')]).toEqual([false, false]);
});

test('classes that containers ask for are not kept for ever', () => {
  const found = catalogue();
  setFlagsFromString('--expose-gc');
  const heap = (): number => {
    (runInNewContext('gc') as () => void)();
    return process.memoryUsage().heapUsed;
  };
  const classOf = (index: number): readonly string[] => caps.filter((_, bit) => (index & (1 << bit)) !== 0);
  const first = found.pathOf('default', 'Enforce', classOf(5)) ?? '';
  const before = heap();
  for (let index = 0; index < 2 ** caps.length; index += 1) found.byPath('seccomply/default.x.json', classOf(index));
  for (let index = 0; index < 2 ** caps.length; index += 1) found.pathOf('default', 'Enforce', classOf(index));
  expect(heap() - before).toBeLessThan(3_000_000);
  expect(found.pathOf('default', 'Enforce', classOf(5))).toBe(first);
  expect(found.byPath(first, classOf(5))?.stage).toBe('Enforce');
});

test('a profile that mentions very many capabilities has no more classes than are tried in a moment', () => {
  const capabilities = Array.from({ length: 3_000 }, (_, index) => `CAP_${index}`);
  const catalogue = catalogueOf([profile('many', capabilities)], { within: () => false });
  const path = catalogue.pathOf('many', 'Enforce', []) ?? '';
  expect(catalogue.byPath(path)?.entry.name).toBe('many');
  expect(catalogue.byPath(`seccomply/many.${'0'.repeat(32)}.json`)).toBeUndefined();
});
