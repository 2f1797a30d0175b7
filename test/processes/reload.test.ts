import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { podReview } from '../support/pod-review.js';
import { eventually, type Serving, scratch, startServing, stopAll } from '../support/serving.js';

afterEach(stopAll);

const policy = (name: string, profile: string): string =>
  `apiVersion: seccomply.dev/v1alpha1\nkind: SeccompPolicy\nmetadata: { name: ${name} }\nspec:\n  assign:\n    - profile: ${profile}\n`;
const patched = async (serving: Serving): Promise<string> => {
  const { patch } = await serving.review('mutate', podReview({ containers: [{ name: 'a', image: 'nginx' }] }));
  if (patch === undefined) return 'none';
  const [{ value }] = JSON.parse(Buffer.from(patch, 'base64').toString()) as [
    { value: { seccompProfile: { type: string; localhostProfile?: string } } },
  ];
  return value.seccompProfile.localhostProfile?.split('/')[1]?.split('.')[0] ?? value.seccompProfile.type;
};
const becomes = (serving: Serving, profile: string): Promise<string> =>
  eventually(
    () => patched(serving),
    (now) => now === profile,
  );
const ready = async (serving: Serving): Promise<string> => (await serving.get('/readyz?verbose')).text;

test('a ConfigMap that swaps its ..data link is taken over, and what mutate gave before is accepted for a while', async () => {
  const folder = join(scratch(), 'policies');
  const put = (version: string, profile: string): void => {
    mkdirSync(join(folder, version), { recursive: true });
    writeFileSync(join(folder, version, 'web.yaml'), policy('web', profile));
    symlinkSync(version, join(folder, '..next'));
    renameSync(join(folder, '..next'), join(folder, '..data'));
  };
  put('..v1', 'RuntimeDefault');
  symlinkSync('..data/web.yaml', join(folder, 'web.yaml'));
  const serving = await startServing('webhook', ['--policies', folder]);
  expect(await patched(serving)).toBe('RuntimeDefault');
  put('..v2', 'web-static');
  rmSync(join(folder, '..v1'), { recursive: true });
  await becomes(serving, 'web-static');
  const before = { name: 'a', image: 'nginx', securityContext: { seccompProfile: { type: 'RuntimeDefault' } } };
  expect((await serving.review('validate', podReview({ containers: [before] }))).allowed).toBe(true);
  const sets = await eventually(
    async () => serving.records().filter(({ recordType }) => recordType === 'policy-set'),
    (found) => found.length >= 2,
  );
  expect(sets.map(({ policySet }) => Object.keys(policySet as unknown as object))).toEqual([
    expect.arrayContaining(['added']),
    expect.arrayContaining(['changed', 'previousSha256']),
  ]);
});

test('a broken file never replaces the last good set; readiness stays, and says why', async () => {
  const folder = scratch();
  writeFileSync(join(folder, 'web.yaml'), policy('web', 'RuntimeDefault'));
  const serving = await startServing('webhook', ['--policies', folder]);
  writeFileSync(join(folder, 'web.yaml'), policy('web', 'Unconfined'));
  writeFileSync(join(folder, 'more.yaml'), policy('more', 'web-static').replace('spec:', 'spec:\n  priority: 10'));
  await becomes(serving, 'web-static');
  expect(await patched(serving)).toBe('web-static');
  const { status, text } = await serving.get('/readyz?verbose');
  expect(status).toBe(200);
  expect(text.replaceAll(folder, 'DIR')).toMatch(
    /^ok, degraded: policies\n\[-\] policies\n {4}DIR\/web\.yaml:6:\d+: error: .*Unconfined/,
  );
  const { text: metrics } = await serving.get('/metrics');
  expect(metrics).toMatch(/^seccomply_degraded\{reason="policies"\} 1$/m);
  expect(metrics).toMatch(/^seccomply_ready 1$/m);
  expect(metrics).toMatch(/^seccomply_policy_reloads_total\{result="refused"\} [1-9]/m);
  expect(metrics).toMatch(/^seccomply_policies\{kind="SeccompPolicy"\} 2$/m);
  rmSync(join(folder, 'more.yaml'));
  await becomes(serving, 'RuntimeDefault');
  writeFileSync(join(folder, 'web.yaml'), policy('web', 'web-static'));
  await becomes(serving, 'web-static');
  await eventually(
    () => ready(serving),
    (now) => now.startsWith('ok\n'),
  );
  expect(
    serving
      .records()
      .some(({ policySet }) => (policySet as unknown as { result?: string } | undefined)?.result === 'refused'),
  ).toBe(true);
});

test('webhook starts with what loads, and where nothing does, waits and is not ready', async () => {
  const folder = scratch();
  writeFileSync(join(folder, 'bad.yaml'), policy('bad', 'Nonsense Name'));
  const serving = await startServing('webhook', ['--policies', folder]);
  const { status, text } = await serving.get('/readyz?verbose');
  expect(status).toBe(503);
  expect(text).toMatch(/^not ready: waiting for policies: none of the documents could be loaded\n/);
  expect((await serving.get('/healthz')).status).toBe(200);
  const answer = await serving.send('POST', '/mutate', '{}', { 'content-type': 'application/json' });
  expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
  expect(answer.text).toContain('"code":"not-ready"');
  writeFileSync(join(folder, 'good.yaml'), policy('good', 'RuntimeDefault'));
  await eventually(
    async () => (await serving.get('/readyz')).status,
    (now) => now === 200,
  );
  expect(await patched(serving)).toBe('RuntimeDefault');
  expect(await ready(serving)).toMatch(/^ok, degraded: policies\n/);
});

test('a folder that is really empty is in force, and only the built-in requirement counts', async () => {
  const serving = await startServing('webhook', ['--policies', scratch()]);
  expect(await ready(serving)).toMatch(/^ok\n/);
  expect(await patched(serving)).toBe('none');
  expect(serving.stderr()).toContain(
    'no policy is in force: no pod is given a profile, and only what --baseline does not allow is refused',
  );
});

test('no call waits for a reload of thousands of policies', async () => {
  const folder = scratch();
  const many = (profile: string): string =>
    Array.from({ length: 3_000 }, (_, index) =>
      policy(`p${index}`, profile).replace('spec:\n', `spec:\n  match: { namespaces: [n${index}] }\n`),
    ).join('---\n');
  writeFileSync(join(folder, 'many.yaml'), many('web-static'));
  const serving = await startServing('webhook', ['--policies', folder]);
  writeFileSync(join(folder, 'many.yaml'), `${many('RuntimeDefault')}---\n${policy('all', 'RuntimeDefault')}`);
  let calls = 0;
  let longest = 0;
  await eventually(
    async () => {
      const began = performance.now();
      const profile = await patched(serving);
      longest = Math.max(longest, performance.now() - began);
      calls += 1;
      return profile;
    },
    (now) => now === 'RuntimeDefault',
    50_000,
  );
  expect(calls).toBeGreaterThan(2);
  // How long exactly is a matter of bench/policies; here, that calls are answered meanwhile.
  expect(longest).toBeLessThan(2_500);
});
