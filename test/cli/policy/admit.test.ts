import { readFileSync } from 'node:fs';
import { runProgram } from '../../support/program.js';

const EXAMPLES = 'docs/tutorial/examples';
const decode = (patch: string): unknown => JSON.parse(Buffer.from(patch, 'base64').toString('utf8'));

describe.each(['yaml', 'json'])('the examples of the tutorial as %s, under the demo set', (ending) => {
  test.each<[name: string, code: number, result: string]>([
    ['changed', 0, 'changed'],
    ['refused', 1, 'refused'],
    ['exempted', 0, 'admitted'],
  ])('%s', async (name, code, result) => {
    const ran = await runProgram(['admit', '-f', `${EXAMPLES}/${name}.${ending}`]);
    expect(ran.code).toBe(code);
    expect(ran.stdout.split('\n')[1]).toMatch(new RegExp(`^${result} `));
    expect(ran.stderr).toContain('the demo set');
  });
});

test('an AdmissionReview gets the very answer of the webhook, one line of JSON with its uid', async () => {
  const { request } = JSON.parse(readFileSync(`${EXAMPLES}/changed.json`, 'utf8'));
  const { stdout } = await runProgram(['admit', '-f', `${EXAMPLES}/changed.json`, '--output', 'json']);
  expect(stdout.trimEnd().includes('\n')).toBe(false);
  const review = JSON.parse(stdout);
  expect(review).toMatchObject({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid: request.uid, allowed: true, patchType: 'JSONPatch' },
  });
  expect(decode(review.response.patch)).toEqual([
    {
      op: 'add',
      path: '/spec/containers/0/securityContext',
      value: {
        seccompProfile: {
          type: 'Localhost',
          localhostProfile: expect.stringMatching(/^seccomply\/web-static\.[0-9a-f]{32}\.json$/),
        },
      },
    },
    { op: 'add', path: '/spec/containers/1/securityContext', value: { seccompProfile: { type: 'RuntimeDefault' } } },
  ]);
});

test('validate does not patch, and refuses what mutate did not see', async () => {
  const ran = await runProgram([
    'admit',
    '-f',
    `${EXAMPLES}/changed.json`,
    '--webhook',
    'validate',
    '--output',
    'json',
  ]);
  const { response } = JSON.parse(ran.stdout);
  expect(response).toMatchObject({ allowed: false, status: { code: 403 } });
  expect(response.patch).toBeUndefined();
  expect(ran.code).toBe(1);
});

test('a bare pod goes through both, and what comes of it can be put out as a manifest', async () => {
  const { stdout } = await runProgram(['admit', '-f', `${EXAMPLES}/changed.yaml`, '--output', 'json']);
  const answer = JSON.parse(stdout);
  expect(answer.response).toMatchObject({ allowed: true, patch: expect.any(String) });
  expect(answer.validate).toMatchObject({ allowed: true });
  expect(answer.object.spec.containers[1].securityContext).toEqual({ seccompProfile: { type: 'RuntimeDefault' } });
  const manifest = await runProgram(['admit', '-f', `${EXAMPLES}/changed.yaml`, '--output', 'manifest']);
  const again = await runProgram(['admit', '-f', '-', '--output', 'manifest'], { stdin: manifest.stdout });
  expect(again.stdout).toBe(manifest.stdout);
});

test('a list with a refused pod in it is exit code 1, and every pod has its line', async () => {
  const files = ['changed', 'refused', 'exempted'].flatMap((name) => ['-f', `${EXAMPLES}/${name}.yaml`]);
  const { code, stdout } = await runProgram(['admit', ...files, '--now', '2026-12-01T00:00:00Z']);
  expect(code).toBe(1);
  expect(stdout).toMatchInlineSnapshot(`
"RESULT    OBJECT             CONTAINERS
changed   Pod shop/web       web: web-static (web-by-image/nginx), logger: RuntimeDefault (runtime-default/everything)
refused   Pod shop/debug
admitted  Pod perf/profiler  profiler: Unconfined in spite of built-in (exemption legacy-profiler until 2026-12-31T00:00:00Z)

Pod shop/debug
  refused: container "shell" has seccompProfile Unconfined, not allowed by policy built-in: remove it or set type RuntimeDefault, or ask for a SeccompExemption (spec.containers[0].securityContext.seccompProfile, its own field)
"
`);
});

test('a Deployment is judged by its template', async () => {
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      template: {
        spec: {
          containers: [{ name: 'web', image: 'x', securityContext: { seccompProfile: { type: 'Unconfined' } } }],
        },
      },
    },
  };
  const { code, stdout } = await runProgram(['admit', '-f', '-'], { stdin: JSON.stringify(deployment) });
  expect(code).toBe(0);
  expect(stdout).toContain('warning');
  expect(stdout).toContain('Deployment shop/web');
});

test('input that cannot be used is exit code 2', async () => {
  for (const stdin of ['', '{', '[]', '{"kind":"AdmissionReview"}']) {
    const { code, stderr } = await runProgram(['admit', '-f', '-'], { stdin });
    expect(code).toBe(2);
    expect(stderr).toMatch(/standard input/);
  }
});

test('what has no pod is told from what was judged, and a list needs items', async () => {
  const of = (stdin: object) => runProgram(['admit', '-f', '-'], { stdin: JSON.stringify(stdin) });
  const template = { spec: { containers: [{ name: 'a', image: 'a' }] } };
  const rollout = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata: { name: 'r' }, spec: { template } };
  const ran = await of(rollout);
  expect(ran.code).toBe(0);
  expect(ran.stdout).toContain(
    'admitted  Rollout default/r  not judged: argoproj.io/Rollout has no pod that is judged here\n',
  );
  for (const items of [3, {}, null]) {
    const bad = await of({ apiVersion: 'v1', kind: 'PodList', items });
    expect([bad.code, bad.stderr]).toEqual([
      2,
      'seccomply: standard input:1:1: the items of this PodList are no list\n',
    ]);
  }
});

test('a long path leaves the table readable', async () => {
  const securityContext = { seccompProfile: { type: 'Localhost', localhostProfile: 'x'.repeat(4_000) } };
  const pod = { kind: 'Pod', spec: { containers: [{ name: 'a', image: 'a', securityContext }] } };
  const { code, stdout } = await runProgram(['admit', '-f', '-'], { stdin: JSON.stringify(pod) });
  expect(code).toBe(0);
  expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThan(300);
});
