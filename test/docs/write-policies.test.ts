import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { compileImagePatterns, matchesAnyImage } from '../../src/core/policy/match/image-pattern-list.js';
import { parseImageReference } from '../../src/core/policy/match/image-reference.js';
import { runProgram } from '../support/program.js';

const page = readFileSync('docs/how-to/write-policies.md', 'utf8');
const home = mkdtempSync(join(tmpdir(), 'seccomply-write-policies-'));
const profiles = ['--profiles', 'my-profiles', '--profiles', resolve('profiles')];

beforeAll(() => {
  mkdirSync(join(home, 'policies'));
  mkdirSync(join(home, 'my-profiles'));
  const documents = [...page.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, text = '']) => text);
  for (const [index, text] of documents.entries()) writeFileSync(join(home, 'policies', `${index}.yaml`), text);
  writeFileSync(
    join(home, 'my-profiles', 'payments-api.json'),
    JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW' }] }),
  );
});
afterAll(() => rmSync(home, { recursive: true }));

const run = (...args: readonly string[]) => runProgram(args, { cwd: home });

test('the policies of the page fit together', async () => {
  const { code, stdout } = await run('policy', 'check', 'policies', '--now', '2026-12-15T00:00:00Z', ...profiles);
  expect([code, stdout.trim()]).toEqual([0, '3 policies and 2 exemptions in 5 files: no problems']);
});

test('the label chooses the profile in the namespaces of the team, and the digest by its image', async () => {
  const pod = join(home, 'pod.yaml');
  const digest = `sha256:${'0'.repeat(64)}`;
  writeFileSync(
    pod,
    `apiVersion: v1
kind: Pod
metadata: { name: api, namespace: pay, labels: { payments.example/profile: api } }
spec: { containers: [{ name: api, image: "ghcr.io/acme/cache@${digest}" }] }
`,
  );
  const admit = async (labels: string) =>
    (await run('admit', '-f', pod, '--policies', 'policies', ...profiles, '--namespace-labels', labels)).stdout;
  expect(await admit('team=payments')).toContain('payments-api');
  expect(await admit('team=shop')).toMatch(/api: .*\bcache\b/);
});

test.each([
  ['nginx', 'nginx:1.27', true],
  ['nginx', `nginx@sha256:${'0'.repeat(64)}`, true],
  ['nginx', 'ghcr.io/acme/nginx:1', false],
  ['nginx:1.*', 'nginx:1.27', true],
  ['nginx:1.*', 'nginx:2.0', false],
  ['ghcr.io/acme/*', 'ghcr.io/acme/cache:1', true],
  ['ghcr.io/acme/*', 'ghcr.io/acme/a/cache:1', false],
  ['ghcr.io/acme/**', 'ghcr.io/acme/a/cache:1', true],
  ['**/nginx', 'ghcr.io/acme/a/nginx:1', true],
  ['ghcr.io/acme/cache@sha256:*', `ghcr.io/acme/cache:7@sha256:${'0'.repeat(64)}`, true],
  ['ghcr.io/acme/cache@sha256:*', 'ghcr.io/acme/cache:7', false],
])('the table holds: %s and %s', (pattern, image, expected) => {
  expect(page).toContain(`\`${pattern}\``);
  expect(matchesAnyImage(compileImagePatterns([pattern]), parseImageReference(image))).toBe(expected);
});
