import { requestFor } from '../../../../src/core/admission/explain/admit.js';
import { explain } from '../../../../src/core/admission/explain/explain.js';
import type { Explanation } from '../../../../src/core/admission/explain/explanation.js';
import type { RuleSet } from '../../../../src/core/policy/rules/rule-set.js';
import { container, exemption, NOW, namespace, pod, policy, requestOf, rulesOf } from '../support.js';

const ALL = ['Container', 'Sidecar', 'Init', 'Ephemeral'];
const tell = (rules: RuleSet, object: unknown): Explanation =>
  explain(rules, requestFor(object), { now: NOW, namespaceLabels: undefined });

const rules = rulesOf(
  policy('all', { assign: [{ name: 'everything', containerTypes: ALL, profile: 'RuntimeDefault' }] }) +
    policy('web', {
      priority: 10,
      assign: [
        { name: 'redis', images: ['redis'], profile: 'wide' },
        { name: 'nginx', images: ['nginx'], profile: 'web-static' },
        { profile: 'net-service', containers: ['w*'] },
      ],
      require: { profiles: ['*', 'RuntimeDefault'] },
    }) +
    policy('other', {
      match: { namespaces: ['other'] },
      assign: [{ profile: 'wide' }],
      require: { profiles: ['wide'] },
    }) +
    policy('trial', { mode: 'Warn', priority: 20, assign: [{ profile: 'net-service' }] }) +
    exemption('gone', { allow: ['Unconfined'], expires: '2026-11-30T00:00:00Z' }) +
    exemption('far', { allow: ['Unconfined'], expires: '2027-11-30T00:00:00Z' }) +
    exemption('elsewhere', { match: { namespaces: ['other'] }, allow: ['Unconfined'] }) +
    exemption('vendor', { containers: ['vendor'], allow: ['Unconfined'] }),
);

test('every candidate, and why it won or lost', () => {
  const { containers, decision, patch } = tell(
    rules,
    pod({ containers: [container('web', undefined, { image: 'nginx:1.27' })] }),
  );
  expect(decision.allowed).toBe(true);
  expect(patch).toHaveLength(1);
  const [web] = containers;
  expect(web).toMatchObject({
    before: 'Unset',
    inherited: false,
    imageRead: 'docker.io/library/nginx:1.27',
    path: 'spec.containers[0]',
  });
  expect(web?.after).toMatch(/^Localhost\/seccomply\/web-static\./);
  expect(
    web?.candidates.map(({ policy: { name }, rule, outcome, reason }) => [name, rule, outcome, reason]),
  ).toMatchInlineSnapshot(`
[
  [
    "trial",
    "0",
    "would-have",
    "the policy is in mode Warn, which changes no pod; in mode Enforce: the container has no profile, so it gets this one",
  ],
  [
    "web",
    "redis",
    "no-match",
    "images: none matches docker.io/library/nginx:1.27",
  ],
  [
    "web",
    "nginx",
    "won",
    "the container has no profile, so it gets this one",
  ],
  [
    "web",
    "2",
    "lost",
    "an earlier rule of the policy matches: nginx",
  ],
  [
    "all",
    "everything",
    "lost",
    "an earlier rule won: web/nginx",
  ],
  [
    "other",
    undefined,
    "no-match",
    "match.namespaces: none matches shop",
  ],
]
`);
  expect(web?.candidates[3]?.place).toMatchObject({ file: 'policies.yaml', line: expect.any(Number) });
});

test('a running pod whose image changed keeps what it has', () => {
  const of = (image: string) => pod({ containers: [container('web', undefined, { image })] });
  const request = requestOf(of('nginx:1.27'), { operation: 'UPDATE', oldObject: of('busybox') });
  const { containers } = explain(rules, request, { now: NOW, namespaceLabels: undefined });
  expect(containers[0]).toMatchObject({ before: 'Unset', after: 'Unset' });
  expect(containers[0]?.candidates.find(({ outcome }) => outcome === 'won')?.reason).toBe(
    'a new container would get this one; a pod that runs cannot be changed, so it keeps what it has',
  );
});

test('requirements and exemptions, and why they did not count', () => {
  const { requirements, exemptions, decision } = tell(
    rules,
    pod({ containers: [container('vendor', 'Unconfined'), container('b', 'Unconfined')] }),
  );
  expect(decision.allowed).toBe(false);
  expect(requirements.map(({ policy: { name }, outcome }) => [name, outcome])).toEqual([
    ['web', 'violated'],
    ['other', 'not-matching'],
    ['built-in', 'violated'],
  ]);
  expect(exemptions.map(({ exemption: { name }, outcome, reason }) => [name, outcome, reason])).toMatchInlineSnapshot(`
[
  [
    "elsewhere",
    "not-matching",
    "match.namespaces: none matches shop",
  ],
  [
    "far",
    "too-far",
    "it expires more than 90 days ahead, so it does nothing yet",
  ],
  [
    "gone",
    "expired",
    "it expired at 2026-11-30T00:00:00Z",
  ],
  [
    "vendor",
    "applied",
    "container "vendor" may be Unconfined in spite of policy web: exemption vendor allows it until 2027-01-31T00:00:00Z; container "vendor" may be Unconfined in spite of policy built-in: exemption vendor allows it until 2027-01-31T00:00:00Z",
  ],
]
`);
});

test('what is known of the namespace', () => {
  const selects = policy('p', {
    match: { namespaceSelector: { matchLabels: { a: 'b' } } },
    assign: [{ profile: 'wide' }],
  });
  const object = pod({ containers: [container('c')] });
  expect(tell(rulesOf(selects), object).namespaceLabels).toEqual({
    source: 'name-only',
    labels: { 'kubernetes.io/metadata.name': 'shop' },
    missing: true,
  });
  expect(tell(rulesOf(selects + namespace('shop', { a: 'b' })), object).namespaceLabels).toMatchObject({
    source: 'documents',
    missing: false,
  });
  expect(tell(rules, object).namespaceLabels.missing).toBe(false);
});

test('what is skipped says why', () => {
  const windows = tell(rules, pod({ os: { name: 'windows' }, containers: [container('c')] }));
  expect(windows.skipped).toBe('this is a Windows pod (spec.os.name), and Windows has no seccomp');
  expect(windows.containers).toMatchObject([{ name: 'c', before: 'Unset', candidates: [] }]);
  expect(tell(rules, { apiVersion: 'v1', kind: 'ConfigMap' }).skipped).toBe('ConfigMap has no pod that is judged here');
});

test('templates', () => {
  const template = {
    metadata: { labels: { app: 'x' } },
    spec: { serviceAccountName: 'sa', containers: [container('c', 'Unconfined')] },
  };
  const told = tell(rules, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', namespace: 'shop' },
    spec: { template },
  });
  expect(told.subject).toEqual({
    kind: 'Deployment',
    name: 'd',
    namespace: 'shop',
    serviceAccount: 'sa',
    labels: { app: 'x' },
    operation: 'CREATE',
  });
  expect(told.containers[0]?.path).toBe('spec.template.spec.containers[0]');
  expect(told.decision).toMatchObject({ allowed: true });
  expect(told.decision.warnings.length).toBeGreaterThan(0);
});
