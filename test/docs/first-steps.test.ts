import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runProgram } from '../support/program.js';

const page = readFileSync('docs/tutorial/first-steps.md', 'utf8');
const examples = resolve('docs/tutorial/examples');
const home = mkdtempSync(join(tmpdir(), 'seccomply-first-steps-'));
const folder = join(home, 'my-policies');
const [policy = '', test1 = '', exemption = ''] = [...page.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(
  ([, text = '']) => text,
);

beforeAll(() => {
  mkdirSync(folder);
  writeFileSync(join(folder, 'shop.yaml'), policy);
});
afterAll(() => rmSync(home, { recursive: true }));

// From the folder of a reader, so that places read as on the page.
const run = (...args: readonly string[]) => runProgram(args, { cwd: home });

test('policy check says what the page says', async () => {
  const { code, stdout } = await run('policy', 'check', 'my-policies');
  expect(code).toBe(0);
  expect(page).toContain(stdout.trim());
});

test('policy explain tells of the rules as the page does', async () => {
  const { stdout } = await run('policy', 'explain', '-f', join(examples, 'changed.yaml'), '--policies', 'my-policies');
  const logger = stdout.slice(stdout.indexOf('Container logger'), stdout.indexOf('\n\nRequirements'));
  expect(page).toContain(logger);
});

test('its tests pass, and tell of a rule when they expect something else', async () => {
  const file = join(folder, 'shop.test.yaml');
  const here = test1.replaceAll('../docs/tutorial/examples', examples);
  writeFileSync(file, here);
  const passed = await run('policy', 'test', 'my-policies');
  expect(passed.code).toBe(0);
  expect(page).toContain(passed.stdout.trim());
  writeFileSync(file, here.replace('logger: RuntimeDefault', 'logger: web-static'));
  const failed = await run('policy', 'test', 'my-policies');
  expect(failed.code).toBe(1);
  expect(failed.stdout).toContain('because   shop/the-rest (my-policies/shop.yaml:11:7) gives RuntimeDefault');
});

test('the exemption lets the shell through until its date', async () => {
  writeFileSync(join(folder, 'debug-shell.yaml'), exemption);
  const admit = (now: string) =>
    run('admit', '-f', join(examples, 'refused.yaml'), '--policies', 'my-policies', '--now', now);
  const before = await admit('2026-11-24T12:00:00Z');
  expect(before.code).toBe(0);
  expect(page).toContain(before.stdout.trim());
  const after = await admit('2027-01-01T00:00:00Z');
  expect(after.code).toBe(1);
  expect(after.stdout).toContain('exemption debug-shell expired at 2026-12-01T00:00:00Z');
});

test('the profile answers as on the page', async () => {
  const asked = [...page.matchAll(/^npx seccomply (profile simulate .*)$/gm)].map(([, line = '']) => line.split(' '));
  expect(asked).toHaveLength(3);
  for (const args of asked) {
    const { code, stdout } = await run(...args);
    expect(code).toBe(0);
    expect(page).toContain(stdout.trim());
  }
});
