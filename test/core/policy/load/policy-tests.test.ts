import { readFileSync } from 'node:fs';
import { runPolicyTest } from '../../../../src/core/admission/test-run/policy-test-run.js';
import { documentSet } from '../../../../src/core/policy/load/document-set.js';
import { parseDocuments } from '../../../../src/core/policy/load/parse-documents.js';
import { parsePolicyTests } from '../../../../src/core/policy/load/policy-test-file.js';
import { compileRuleSet } from '../../../../src/core/policy/rules/rule-set.js';
import { formatPlace, formatProblem } from '../../../../src/core/problem/problem.js';
import type { Catalogue } from '../../../../src/core/profile/catalogue.js';

const HEAD = 'apiVersion: seccomply.dev/v1alpha1\nkind: PolicyTest\n';
const POD =
  '    pod: { metadata: { name: p, namespace: shop }, spec: { containers: [{ name: web, image: nginx }] } }\n';
const problems = (text: string): string => parsePolicyTests(text, 'x.test.yaml').problems.map(formatProblem).join('\n');

describe('mistakes in a test file', () => {
  test.each<[name: string, text: string]>([
    ['a policy', 'apiVersion: seccomply.dev/v1alpha1\nkind: SeccompPolicy\n'],
    ['a text', 'hello\n'],
    ['no tests', HEAD],
    ['an empty list of tests', `${HEAD}tests: []\n`],
    ['no pod', `${HEAD}tests:\n  - name: a\n    expect: { allowed: true }\n`],
    ['a pod and a file', `${HEAD}tests:\n  - name: a\n    file: p.yaml\n${POD}    expect: { allowed: true }\n`],
    [
      'a pod without a spec',
      `${HEAD}tests:\n  - name: a\n    pod: { containers: [] }\n    expect: { allowed: true }\n`,
    ],
    ['no expectation', `${HEAD}tests:\n  - name: a\n${POD}    expect: {}\n`],
    ['expect is missing', `${HEAD}tests:\n  - name: a\n${POD}`],
    ['a misspelt key', `${HEAD}tests:\n  - name: a\n${POD}    expect:\n      allow: true\n`],
    [
      'a profile that there cannot be',
      `${HEAD}tests:\n  - name: a\n${POD}    expect:\n      containers:\n        web: Runtime_Default\n`,
    ],
    [
      'a pattern for a profile',
      `${HEAD}tests:\n  - name: a\n${POD}    expect:\n      containers:\n        web: "web-*"\n`,
    ],
    [
      'a misspelt key of a container',
      `${HEAD}tests:\n  - name: a\n${POD}    expect:\n      containers:\n        web: { profil: RuntimeDefault }\n`,
    ],
    ['a time without a zone', `${HEAD}now: 2026-12-01\ntests:\n  - name: a\n${POD}    expect: { allowed: true }\n`],
    [
      'two tests of a name',
      `${HEAD}tests:\n  - name: a\n${POD}    expect: { allowed: true }\n  - name: a\n${POD}    expect: { allowed: true }\n`,
    ],
    [
      'allowed, with denials',
      `${HEAD}tests:\n  - name: a\n${POD}    expect: { allowed: true, denials: [{ container: web }] }\n`,
    ],
    [
      'a label that is a number',
      `${HEAD}namespaces: { shop: { tier: 1 } }\ntests:\n  - name: a\n${POD}    expect: { allowed: true }\n`,
    ],
    ['a key twice', `${HEAD}tests:\n  - name: a\n    name: b\n${POD}    expect: { allowed: true }\n`],
  ])('%s', (_, text) => {
    expect(problems(text)).toMatchSnapshot();
    expect(problems(text)).not.toBe('');
    expect(parsePolicyTests(text, 'x.test.yaml').suites).toEqual([]);
  });
});

const catalogue: Catalogue = {
  names: () => ['web-static'],
  get: (name) =>
    name === 'web-static'
      ? { name, digest: 'a'.repeat(64), available: true, withinRuntimeDefault: true, refusesNothing: false }
      : undefined,
  pathOf: (name) => `seccomply/${name}.${'a'.repeat(32)}.json`,
  byPath: (path) => {
    const entry = path === `seccomply/web-static.${'a'.repeat(32)}.json` ? catalogue.get('web-static') : undefined;
    return entry === undefined ? undefined : { entry, stage: 'Enforce' };
  },
  within: (a, b) => a === b,
};
const POLICIES = `apiVersion: seccomply.dev/v1alpha1
kind: SeccompPolicy
metadata: { name: web }
spec:
  priority: 10
  match: { namespaceSelector: { matchLabels: { tier: web } } }
  assign:
    - { name: nginx, images: [nginx], profile: web-static }
---
apiVersion: seccomply.dev/v1alpha1
kind: SeccompPolicy
metadata: { name: all }
spec:
  assign:
    - { name: rest, containerTypes: [Container, Sidecar, Init, Ephemeral], profile: RuntimeDefault }
---
apiVersion: seccomply.dev/v1alpha1
kind: SeccompExemption
metadata: { name: profiler }
spec:
  match: { namespaces: [perf] }
  allow: [Unconfined]
  reason: r
  owner: o
  expires: 2026-12-20T00:00:00Z
`;
const rules = compileRuleSet(documentSet([parseDocuments(POLICIES, { file: 'p.yaml' })]).documents, {
  catalogue,
  baseline: ['RuntimeDefault', '*', 'Localhost/**', 'Unset'],
  longestExemption: 90 * 86_400_000,
});

/** Runs one test and tells its failures. */
function run(pod: string, expect: string, more = ''): string {
  const text = `${HEAD}now: 2026-12-01T00:00:00Z\n${more}tests:\n  - name: a\n    pod: ${pod}\n    expect: ${expect}\n`;
  const { suites, problems: found } = parsePolicyTests(text, 'x.test.yaml');
  if (found.length > 0) throw new Error(found.map(formatProblem).join('\n'));
  const [suite] = suites;
  const [test] = suite?.tests ?? [];
  if (suite === undefined || test === undefined) throw new Error('no test');
  return runPolicyTest(rules, {
    object: 'pod' in test.subject ? test.subject.pod : undefined,
    now: test.now ?? 0,
    namespaces: suite.namespaces,
    expect: test.expect,
    expectationPlace: test.expectationPlace,
  })
    .map(({ what, expected, got, reasons, place }) =>
      [`${formatPlace(place)} ${what}: expected ${expected}, got ${got}`, ...reasons].join('\n    '),
    )
    .join('\n');
}

const NGINX = '{ metadata: { name: p, namespace: shop }, spec: { containers: [{ name: web, image: nginx }] } }';
const UNCONFINED =
  '{ metadata: { name: p, namespace: perf }, spec: { containers: [{ name: prof, image: x, securityContext: { seccompProfile: { type: Unconfined } } }] } }';
const WEB = 'namespaces: { shop: { tier: web } }\n';

describe('a test that passes', () => {
  test.each<readonly [name: string, pod: string, expect: string, more?: string]>([
    [
      'by profile, policy, rule and stage',
      NGINX,
      '{ allowed: true, containers: { web: { profile: web-static, policy: web, rule: nginx, stage: Enforce } } }',
      WEB,
    ],
    [
      'without the labels of the namespace',
      NGINX,
      '{ containers: { web: { profile: RuntimeDefault, policy: all, rule: rest } } }',
    ],
    [
      'with a denial',
      UNCONFINED.replace('perf', 'shop'),
      '{ allowed: false, denials: [{ container: prof, policy: built-in, code: unconfined, message: UNCONFINED }] }',
    ],
    [
      'with an exemption and its warning',
      UNCONFINED,
      '{ allowed: true, containers: { prof: { profile: Unconfined, exemption: profiler } } }',
    ],
    ['without denials and warnings', NGINX, '{ denials: [], warnings: [] }'],
    [
      'a workload',
      '{ apiVersion: apps/v1, kind: Deployment, metadata: { name: d, namespace: shop }, spec: { template: { spec: { containers: [{ name: web, image: nginx }] } } } }',
      '{ allowed: true }',
    ],
  ])('%s', (...row) => {
    // jest hands a callback to a function with more parameters than the row has.
    const [, pod = '', expected = '', more = ''] = row;
    expect(run(pod, expected, more)).toBe('');
  });
});

describe('a test that fails says what came instead, and why', () => {
  test('another profile', () => {
    expect(run(NGINX, '{ containers: { web: web-static } }')).toMatchInlineSnapshot(`
"x.test.yaml:7:34 profile of container web: expected web-static, got RuntimeDefault
    all/rest (p.yaml:15:7) gives RuntimeDefault: won, the container has no profile, so it gets this one
    web (p.yaml:6:10): no-match, match.namespaceSelector does not select the labels of namespace shop"
`);
  });

  test('another rule', () => {
    expect(run(NGINX, '{ containers: { web: { policy: all, rule: rest } } }', WEB)).toMatchInlineSnapshot(`
"x.test.yaml:8:34 policy of container web: expected all, got web
    web/nginx (p.yaml:8:7) gives web-static: won, the container has no profile, so it gets this one
    all/rest (p.yaml:15:7) gives RuntimeDefault: lost, an earlier rule won: web/nginx
x.test.yaml:8:34 rule of container web: expected rest, got nginx
    web/nginx (p.yaml:8:7) gives web-static: won, the container has no profile, so it gets this one
    all/rest (p.yaml:15:7) gives RuntimeDefault: lost, an earlier rule won: web/nginx"
`);
  });

  test('a container that is not there', () => {
    expect(run(NGINX, '{ containers: { wep: RuntimeDefault } }')).toMatchInlineSnapshot(
      `"x.test.yaml:7:34 container wep: expected a container of this name, got web"`,
    );
  });

  test('a policy that is not there', () => {
    expect(run(NGINX, '{ containers: { web: { policy: other } } }')).toMatchInlineSnapshot(`
"x.test.yaml:7:34 policy of container web: expected other, got all
    all/rest (p.yaml:15:7) gives RuntimeDefault: won, the container has no profile, so it gets this one
    there is no policy other beside this test"
`);
  });

  test('refused instead of allowed', () => {
    expect(run(UNCONFINED.replace('perf', 'shop'), '{ allowed: true }')).toMatchInlineSnapshot(`
"x.test.yaml:7:24 allowed: expected allowed, got refused
    container "prof" has seccompProfile Unconfined, not allowed by policy built-in: remove it or set type RuntimeDefault, or ask for a SeccompExemption (spec.containers[0].securityContext.seccompProfile, its own field)"
`);
  });

  test('allowed instead of refused', () => {
    expect(run(NGINX, '{ allowed: false, denials: [{ container: web }] }')).toMatchInlineSnapshot(`
"x.test.yaml:7:24 allowed: expected refused, got allowed
    built-in (Enforce): satisfied, every container keeps to it
x.test.yaml:7:41 denial 1: expected web, got allowed"
`);
  });

  test('another denial', () => {
    expect(
      run(UNCONFINED.replace('perf', 'shop'), '{ denials: [{ container: prof, policy: all, message: nothing }] }'),
    ).toMatchInlineSnapshot(`
"x.test.yaml:7:25 denial 1: expected prof by all, with "nothing" in the message, got prof by built-in (unconfined)
    container "prof" has seccompProfile Unconfined, not allowed by policy built-in: remove it or set type RuntimeDefault, or ask for a SeccompExemption (spec.containers[0].securityContext.seccompProfile, its own field)"
`);
  });

  test('no exemption', () => {
    expect(
      run(UNCONFINED.replace('perf', 'shop'), '{ containers: { prof: { exemption: profiler } } }'),
    ).toMatchInlineSnapshot(`
"x.test.yaml:7:35 exemption of container prof: expected profiler, got none
    all/rest (p.yaml:15:7) gives RuntimeDefault: won, what the container has is Unconfined or no profile; it stays as it is and is judged (unconfined: Deny)
    web (p.yaml:6:10): no-match, match.namespaceSelector does not select the labels of namespace shop
    exemption profiler (p.yaml:20:1): not-matching, match.namespaces: none matches shop"
`);
  });

  test('no warning', () => {
    expect(run(NGINX, '{ warnings: [something] }')).toMatchInlineSnapshot(
      `"x.test.yaml:7:26 warning 1: expected a warning with "something", got no warning"`,
    );
  });
});

test('the example of the how-to page is well formed', () => {
  const page = readFileSync('docs/how-to/test-policies.md', 'utf8');
  const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const { suites, problems: found } = parsePolicyTests(example, 'x.test.yaml');
  expect(found).toEqual([]);
  expect(suites.map(({ tests }) => tests.length)).toEqual([2]);
});
