import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoFiles, demoSet } from '../../src/files/demo-set.js';
import { loadPolicies } from '../../src/files/policies/load-policies.js';

const day = 86_400_000;
const now = Date.parse('2030-03-05T17:30:00Z');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-demo-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const expires = async (): Promise<readonly string[]> =>
  (await loadPolicies([folder])).documents.exemptions.map(({ value }) => value.spec.expires);

test('the copy is the set without its tests, with the exemption ending thirty days ahead', async () => {
  const paths = await demoSet(join(folder, 'demo'), now);
  const shipped = readdirSync('policies/demo')
    .filter((name) => !name.endsWith('.test.yaml'))
    .sort();
  expect(paths).toEqual(shipped.map((name) => join(folder, 'demo', name)));
  expect(readdirSync(join(folder, 'demo')).sort()).toEqual(shipped);
  expect(await expires()).toEqual(['2030-04-04T00:00:00Z']);
});

test('later the date moves on, and what somebody has edited stays', async () => {
  await demoSet(folder, now);
  await demoSet(folder, now + 10 * day);
  expect(await expires()).toEqual(['2030-04-14T00:00:00Z']);
  const edited = join(folder, 'runtime-default.yaml');
  writeFileSync(edited, `${readFileSync(edited, 'utf8')}  mode: Warn\n`);
  const exemption = join(folder, 'profiler-exemption.yaml');
  writeFileSync(exemption, readFileSync(exemption, 'utf8').replace('[perf]', '[perf, lab]'));
  await demoSet(folder, now + 20 * day);
  expect(readFileSync(edited, 'utf8')).toContain('mode: Warn');
  expect(await expires()).toEqual(['2030-04-14T00:00:00Z']);
});

test('lines stay where they are, so places are those of the shipped files', async () => {
  for (const { source, text } of await demoFiles(now)) {
    const shipped = readFileSync(source, 'utf8');
    expect(text.split('\n').length).toBe(shipped.split('\n').length);
    expect(text.replace(/expires: \S+/, '')).toBe(shipped.replace(/expires: \S+/, ''));
  }
});
