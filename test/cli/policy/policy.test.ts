import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Ran, runProgram } from '../../support/program.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-policy-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}
/** Runs in the temporary folder, so that paths in messages are short. */
const run = (args: readonly string[], stdin = ''): Promise<Ran> => runProgram(args, { cwd: folder, stdin });
const NOW = ['--now', '2026-12-01T00:00:00Z'];

const policy = (name: string, spec: string): string =>
  `apiVersion: seccomply.dev/v1alpha1\nkind: SeccompPolicy\nmetadata: { name: ${name} }\nspec:\n${spec.trim().replace(/^/gm, '  ')}\n`;
const ALL = '[Container, Sidecar, Init, Ephemeral]';
const EVERYTHING = policy('everything', `assign:\n- { name: all, containerTypes: ${ALL}, profile: RuntimeDefault }`);
const pod = (name: string, image: string, more = ''): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name}, namespace: shop }\nspec:\n  containers:\n    - { name: web, image: "${image}"${more} }\n`;
const UNCONFINED = ', securityContext: { seccompProfile: { type: Unconfined } }';

describe('policy check', () => {
  test('says that there is nothing wrong', async () => {
    write('p.yaml', EVERYTHING);
    expect(await run(['policy', 'check', 'p.yaml'])).toEqual({
      code: 0,
      stdout: '1 policy and 0 exemptions in 1 file: no problems\n',
      stderr: '',
    });
  });

  test('lists what it finds in the order of the files, with a tally', async () => {
    write('a.yaml', policy('web', `asign:\n- profile: web-statc`));
    write(
      'b.yaml',
      policy(
        'db',
        `match: { podSelector: { matchLabels: { app: db } } }\nassign:\n- { containerTypes: ${ALL}, profile: db-sq }\nrequire: { profiles: ["*"] }`,
      ),
    );
    const { code, stdout } = await run(['policy', 'check', '.', ...NOW]);
    expect(code).toBe(1);
    expect(stdout).toMatchSnapshot();
  });

  test('warnings alone fail, unless only errors are asked for; notes never do', async () => {
    write('a.yaml', policy('a', `assign:\n- { containerTypes: ${ALL}, profile: RuntimeDefault }`));
    write(
      'b.yaml',
      policy('b', `match: { namespaces: [x] }\nassign:\n- { containerTypes: ${ALL}, profile: web-static }`),
    );
    expect((await run(['policy', 'check', '.'])).code).toBe(1);
    expect((await run(['policy', 'check', '.', '--fail-on', 'error'])).code).toBe(0);
    rmSync(join(folder, 'b.yaml'));
    write('c.yaml', policy('a2', 'assign:\n- { profile: RuntimeDefault }'));
    const { code, stdout } = await run(['policy', 'check', '.']);
    expect(stdout).toContain('info');
    expect(code).toBe(0);
  });

  test('as JSON, SARIF and JUnit', async () => {
    write('a b.yaml', policy('web', 'mode: <x>\nassign:\n- profile: RuntimeDefault'));
    const json = JSON.parse((await run(['policy', 'check', '.', '-o', 'json'])).stdout);
    expect(json.problems).toMatchObject([
      { code: 'PD009', severity: 'error', place: { line: 5, column: 9, path: 'spec.mode' } },
    ]);
    expect(json.tally).toEqual({ policies: 0, exemptions: 0, files: 1 });
    const sarif = JSON.parse((await run(['policy', 'check', '.', '-o', 'sarif'])).stdout);
    expect(sarif).toMatchObject({
      version: '2.1.0',
      runs: [
        {
          tool: { driver: { name: 'seccomply', rules: [{ id: 'PD009' }] } },
          results: [
            {
              ruleId: 'PD009',
              ruleIndex: 0,
              level: 'error',
              locations: [
                {
                  physicalLocation: {
                    artifactLocation: { uri: 'a%20b.yaml' },
                    region: { startLine: 5, startColumn: 9 },
                  },
                },
              ],
            },
          ],
        },
      ],
    });
    const { stdout } = await run(['policy', 'check', '.', '-o', 'junit']);
    expect(stdout).toMatchSnapshot();
  });

  test.each<[name: string, args: readonly string[]]>([
    ['no path', ['policy', 'check']],
    ['a path that is not there', ['policy', 'check', 'missing']],
    ['an empty folder', ['policy', 'check', '.']],
    ['a bad time', ['policy', 'check', '.', '--now', 'tomorrow']],
    ['a bad span', ['policy', 'check', '.', '--longest-exemption', 'long']],
    ['a bad format', ['policy', 'check', '.', '-o', 'xml']],
    ['profiles that are not there', ['policy', 'check', 'p/p.yaml', '--profiles', 'missing']],
    ['a misspelt subcommand', ['policy', 'chek']],
  ])('%s', async (_, args) => {
    mkdirSync(join(folder, 'empty'), { recursive: true });
    if (args.includes('p/p.yaml')) write('p/p.yaml', EVERYTHING);
    const { code, stdout, stderr } = await run(args);
    expect(`exit ${code}\n${stdout}${stderr}`).toMatchSnapshot();
    expect(code).not.toBe(0);
  });
});

test('where there is no policy, what stands there instead is named', async () => {
  write('k.yaml', 'apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: { name: k }\n---\nkind: Job\n');
  write('pod.yaml', pod('web', 'nginx'));
  const check = await run(['policy', 'check', 'k.yaml']);
  expect([check.code, check.stderr]).toEqual([
    2,
    'seccomply: there is no policy and no exemption in k.yaml: files end in .yaml, .yml or .json and hold SeccompPolicy or SeccompExemption documents; one document of kind ClusterPolicy left alone (k.yaml:1:1), and 1 more such note\n',
  ]);
  const explain = await run(['policy', 'explain', '-f', 'pod.yaml', '--policies', 'k.yaml']);
  expect(explain.stderr).toContain('documents; one document of kind ClusterPolicy left alone (k.yaml:1:1)');
});

describe('policy test', () => {
  const tests = (expected: string): string =>
    `apiVersion: seccomply.dev/v1alpha1\nkind: PolicyTest\nmetadata: { name: shop }\ntests:\n  - name: nginx gets the default\n    file: pods/web.yaml\n    expect: { allowed: true, containers: { web: RuntimeDefault } }\n  - name: Unconfined is refused\n    pod: { metadata: { name: x, namespace: shop }, spec: { containers: [{ name: web, image: x${UNCONFINED} }] } }\n    expect: ${expected}\n`;

  test('passes, with a table and a tally', async () => {
    write('p.yaml', EVERYTHING);
    write('pods/web.yaml', pod('web', 'nginx'));
    write('p.test.yaml', tests('{ allowed: false, denials: [{ container: web, policy: built-in }] }'));
    const { code, stdout, stderr } = await run(['policy', 'test', '.']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatchInlineSnapshot(`
"RESULT  SUITE  TEST
pass    shop   nginx gets the default
pass    shop   Unconfined is refused

2 tests in 1 file: 2 passed, 0 failed
"
`);
  });

  test('fails, with what came instead and why', async () => {
    write('p.yaml', EVERYTHING);
    write('pods/web.yaml', pod('web', 'nginx'));
    write('p.test.yaml', tests('{ allowed: true }'));
    const { code, stdout } = await run(['policy', 'test', 'p.test.yaml']);
    expect(code).toBe(1);
    expect(stdout).toMatchInlineSnapshot(`
"RESULT  SUITE  TEST
pass    shop   nginx gets the default
FAIL    shop   Unconfined is refused

p.test.yaml:8:5: FAIL Unconfined is refused
    allowed (line 10)
      expected  allowed
      got       refused
      because   container "web" has seccompProfile Unconfined, not allowed by policy built-in: remove it or set type RuntimeDefault, or ask for a SeccompExemption (spec.containers[0].securityContext.seccompProfile, its own field)

2 tests in 1 file: 1 passed, 1 failed
"
`);
    const junit = await run(['policy', 'test', '.', '-o', 'junit']);
    expect(junit.stdout).toMatchSnapshot();
    const json = JSON.parse((await run(['policy', 'test', '.', '-o', 'json'])).stdout);
    expect(json.tally).toEqual({ tests: 2, passed: 1, failed: 1 });
    expect(json.tests[1]).toMatchObject({
      suite: 'shop',
      result: 'fail',
      failures: [{ what: 'allowed', expected: 'allowed', got: 'refused' }],
    });
    expect((await run(['policy', 'test', '.', '--run', 'default$'])).code).toBe(0);
  });

  test.each<[name: string, files: Readonly<Record<string, string>>, args: readonly string[]]>([
    ['no test file', { 'p.yaml': EVERYTHING }, ['.']],
    [
      'no test of that name',
      { 'p.yaml': EVERYTHING, 'p.test.yaml': tests('{ allowed: false }'), 'pods/web.yaml': pod('web', 'nginx') },
      ['.', '--run', 'redis'],
    ],
    ['a bad regular expression', {}, ['.', '--run', '(']],
    [
      'no policies beside the tests',
      { 'p.test.yaml': tests('{ allowed: false }'), 'pods/web.yaml': 'kind: ConfigMap\n' },
      ['.'],
    ],
    [
      'policies with an error',
      {
        'p.yaml': EVERYTHING.replace('assign', 'asign'),
        'p.test.yaml': tests('{ allowed: false }'),
        'pods/web.yaml': pod('web', 'nginx'),
      },
      ['.'],
    ],
    ['a pod file that is not there', { 'p.yaml': EVERYTHING, 'p.test.yaml': tests('{ allowed: false }') }, ['.']],
    [
      'a pod file with two pods',
      {
        'p.yaml': EVERYTHING,
        'p.test.yaml': tests('{ allowed: false }'),
        'pods/web.yaml': `${pod('a', 'x')}---\n${pod('b', 'x')}`,
      },
      ['.'],
    ],
    ['a path that is not there', {}, ['missing']],
  ])('%s', async (_, files, args) => {
    for (const [name, text] of Object.entries(files)) write(name, text);
    const { code, stdout, stderr } = await run(['policy', 'test', ...args]);
    expect(`exit ${code}\n${stdout}${stderr}`).toMatchSnapshot();
    expect(code).not.toBe(0);
  });
});

describe('policy explain', () => {
  test('tells the whole story', async () => {
    write(
      'p.yaml',
      `${EVERYTHING}---\n${policy('web', 'priority: 5\nmatch: { namespaceSelector: { matchLabels: { tier: web } } }\nassign:\n- { images: ["redis:*"], profile: cache }\n- { images: ["nginx:*"], profile: RuntimeDefault }')}`,
    );
    write('pod.yaml', `${pod('web', 'nginx:1')}  initContainers: [{ name: init, image: busybox }]\n`);
    const args = ['policy', 'explain', '-f', 'pod.yaml', '--policies', 'p.yaml', ...NOW];
    const unknown = await run(args);
    expect(unknown.code).toBe(0);
    expect(unknown.stdout).toMatchSnapshot();
    const known = await run([...args, '--namespace-labels', 'tier=web', '--all']);
    expect(known.stdout).toMatchSnapshot();
    const json = JSON.parse((await run([...args, '-o', 'json'])).stdout);
    expect(json.explanations[0].containers[0]).toMatchObject({
      name: 'init',
      before: 'Unset',
      after: 'RuntimeDefault',
    });
  });

  test('a refused pod gives exit code 1 and the way out; lists and standard input are taken', async () => {
    write('p.yaml', EVERYTHING);
    const list = JSON.stringify({
      kind: 'PodList',
      apiVersion: 'v1',
      items: [
        {
          metadata: { name: 'a', namespace: 'shop' },
          spec: {
            containers: [{ name: 'web', image: 'x', securityContext: { seccompProfile: { type: 'Unconfined' } } }],
          },
        },
      ],
    });
    const { code, stdout } = await run(['policy', 'explain', '-f', '-', '--policies', 'p.yaml'], list);
    expect(code).toBe(1);
    expect(stdout).toContain('refused');
    expect(stdout).toContain('SeccompExemption');
  });

  test.each<[name: string, input: string, args: readonly string[]]>([
    ['no file named', '', []],
    ['nothing in it', '', ['-f', '-']],
    ['a file that is not there', '', ['-f', 'missing.yaml']],
    ['no YAML', 'a: "', ['-f', '-']],
    ['no object', 'hello', ['-f', '-']],
    ['no kind and no spec', 'metadata: { name: a }', ['-f', '-']],
    ['an AdmissionReview without a request', 'apiVersion: admission.k8s.io/v1\nkind: AdmissionReview\n', ['-f', '-']],
    ['bad labels', pod('a', 'x'), ['-f', '-', '--namespace-labels', 'tier']],
    ['policies with errors', pod('a', 'x'), ['-f', '-', '--policies', 'bad.yaml']],
    ['no policies', pod('a', 'x'), ['-f', '-', '--policies', 'empty.yaml']],
  ])('%s is exit code 2', async (_, input, args) => {
    write('bad.yaml', EVERYTHING.replace('assign', 'asign'));
    write('empty.yaml', 'kind: ConfigMap\n');
    const { code, stdout, stderr } = await run(['policy', 'explain', ...args], input);
    expect(`exit ${code}\n${stdout}${stderr}`).toMatchSnapshot();
    expect(code).toBe(2);
  });
});

describe('policy diff', () => {
  test('shows whose outcome changes', async () => {
    write('a.yaml', EVERYTHING);
    write(
      'b.yaml',
      `${EVERYTHING}---\n${policy('web', 'priority: 1\nassign:\n- { images: [nginx], profile: web-static, containerTypes: [Container] }\nrequire: { profiles: ["*", RuntimeDefault] }')}`,
    );
    write(
      'pods.yaml',
      [
        pod('same', 'redis'),
        pod('tighter', 'nginx'),
        pod('refused', 'x', ', securityContext: { seccompProfile: { type: Localhost, localhostProfile: x.json } }'),
        pod('both', 'x', UNCONFINED),
      ].join('---\n'),
    );
    const { code, stdout } = await run(['policy', 'diff', 'a.yaml', 'b.yaml', '-f', 'pods.yaml']);
    expect(code).toBe(1);
    expect(stdout).toMatchSnapshot();
    const json = JSON.parse(
      (await run(['policy', 'diff', 'a.yaml', 'b.yaml', '-f', 'pods.yaml', '-o', 'json'])).stdout,
    );
    expect(json.tally).toEqual({ objects: 4, changed: 2, newlyRefused: 1, newlyAllowed: 0, otherProfile: 1 });
    const same = await run(['policy', 'diff', 'a.yaml', 'a.yaml', '-f', 'pods.yaml']);
    expect(same).toEqual({
      code: 0,
      stderr: '',
      stdout: '0 of 4 objects would change: the outcome is the same for all\n',
    });
  });
});
