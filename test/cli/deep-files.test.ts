import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '../support/program.js';

// V8 ends the process, whatever catches, when it compiles a regular expression near the end of the stack: a folder with texts of every
// depth around there is what no single text shows.

const forms: readonly ((depth: number) => string)[] = [
  (depth) => '['.repeat(depth),
  (depth) => '[ "a", '.repeat(depth),
  (depth) => `${'{a: '.repeat(depth)}1${'}'.repeat(depth)}`,
  (depth) => `${'- '.repeat(depth)}1`,
  (depth) => `${'? '.repeat(depth)}1`,
  (depth) => '- ? [{a: '.repeat(depth / 4),
  (depth) => Array.from({ length: Math.min(depth, 2_000) }, (_, index) => `${' '.repeat(index)}a:\n`).join(''),
];
const depths = [150, ...Array.from({ length: 26 }, (_, index) => (index + 1) * 500), 100_000];
const texts = forms.flatMap((form) => depths.map(form));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-deep-'));
  texts.forEach((text, index) => {
    writeFileSync(join(folder, `${index}.yaml`), text);
    writeFileSync(join(folder, `${index}.profile.yml`), `defaultAction: SCMP_ACT_ERRNO\nsyscalls: ${text}`);
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ['policy check', 'values are nested more than 100 deep'],
  ['admit -f', 'values are nested more than 100 deep'],
  ['profile lint', 'values are nested more than 64 deep'],
])('%s tells of every text that it is nested too deep', async (command, message) => {
  const { code, stdout, stderr } = await runProgram([...command.split(' '), folder]);
  expect([1, 2]).toContain(code);
  expect(`${stdout}${stderr}`.split(message).length - 1).toBeGreaterThanOrEqual(texts.length);
  expect(stderr).not.toMatch(/\n {4}at /);
});

test.each(['serve --config', 'webhook --kubeconfig'])('%s is not started', async (command) => {
  for (const index of [0, 60, texts.length - 1]) {
    const { code, stdout, stderr } = await runProgram([...command.split(' '), join(folder, `${index}.yaml`)]);
    expect([1, 2]).toContain(code);
    expect(`${stdout}${stderr}`).toMatch(/values are nested more than 100 deep|it has more than/);
  }
});
