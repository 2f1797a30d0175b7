import { requestFor } from '../../../../src/core/admission/explain/admit.js';
import { explain } from '../../../../src/core/admission/explain/explain.js';
import type { Explanation } from '../../../../src/core/admission/explain/explanation.js';
import { explanationText } from '../../../../src/core/admission/explain/explanation-text.js';
import type { RuleSet } from '../../../../src/core/policy/rules/rule-set.js';
import {
  ask,
  container,
  exemption,
  field,
  NOW,
  namespace,
  pathIn,
  pod,
  policy,
  requestOf,
  rulesOf,
} from '../support.js';

const ALL = ['Container', 'Sidecar', 'Init', 'Ephemeral'];
const tell = (rules: RuleSet, object: unknown): Explanation =>
  explain(rules, requestFor(object), { now: NOW, namespaceLabels: undefined });

const textOf = (explanation: Explanation): string =>
  explanationText(explanation, { mark: (_, text) => text, nameOf: (effective) => effective, all: true });

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
  const map = tell(rules, { apiVersion: 'v1', kind: 'ConfigMap' });
  expect([map.skipped, map.isJudged]).toEqual(['ConfigMap has no pod that is judged here', false]);
});

test('of a Windows pod what is written is judged, and the text says no more than that', () => {
  const told = tell(rules, pod({ os: { name: 'windows' }, containers: [container('c', 'Unconfined')] }));
  expect(told.decision.allowed).toBe(false);
  expect(told.requirements.map(({ policy: { name }, outcome }) => [name, outcome])).toContainEqual(['web', 'violated']);
  const text = textOf(told);
  expect(text).toMatch(/^Nothing is assigned: this is a Windows pod .*; what its fields say is judged all the same$/m);
  expect(text).not.toMatch(/Nothing is judged|no policy has a rule/);
  expect(textOf(tell(rules, { apiVersion: 'v1', kind: 'ConfigMap' }))).toMatch(/^Nothing is judged: /m);
});

describe('what a container got, as /mutate has it', () => {
  const of = (profile: string, spec: object = {}) => rulesOf(policy('p', { assign: [{ profile }], ...spec }));
  const WEB = pathIn('web-static');
  const template = (one: object) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', namespace: 'shop' },
    spec: { template: { spec: { containers: [one] } } },
  });
  test.each([
    [of('web-static'), container('c'), 'injected', `Localhost/${WEB}`],
    [of('web-static'), container('c', 'RuntimeDefault'), 'replaced', `Localhost/${WEB}`],
    [of('RuntimeDefault', { unconfined: 'Replace' }), container('c', 'Unconfined'), 'replaced', 'RuntimeDefault'],
    [of('web-static'), container('c', `Localhost/${WEB}`), 'unchanged', `Localhost/${WEB}`],
    [of('web-static', { existing: 'Keep' }), container('c', 'RuntimeDefault'), 'kept', 'RuntimeDefault'],
    [of('coming'), container('c'), 'fallback', 'RuntimeDefault'],
    [of('coming', { unavailable: 'Deny' }), container('c'), undefined, undefined],
    [of('web-static'), container('c', 'Unconfined'), undefined, undefined],
  ])('%#: %j %s', (set, one, result, effective) => {
    for (const object of [pod({ containers: [one] }), template(one)]) {
      const [told] = tell(set, object).containers;
      expect([told?.assignment?.result, told?.assignment?.effective]).toEqual([result, effective]);
    }
  });

  test('two containers of one name each have their own', () => {
    const { containers } = tell(
      of('web-static'),
      pod({ containers: [container('c'), container('c', `Localhost/${WEB}`)] }),
    );
    expect(containers.map(({ assignment }) => assignment?.result)).toEqual(['injected', 'unchanged']);
  });
});

test('a policy without a requirement is listed where it refuses Unconfined', () => {
  const set = rulesOf(policy('p', { assign: [{ profile: 'RuntimeDefault' }] }), { baseline: 'off' });
  expect(tell(set, pod({ containers: [container('c', 'Unconfined')] })).requirements).toMatchObject([
    { policy: { name: 'p' }, outcome: 'violated', allows: 'anything but Unconfined where one of its rules matches' },
  ]);
  expect(tell(set, pod({ containers: [container('c')] })).requirements).toEqual([]);
});

test('an exemption in scope that is for none of the containers does not match', () => {
  const set = rulesOf(exemption('tracer', { images: ['ghcr.io/acme/tracer@sha256:*'], allow: ['Unconfined'] }));
  const { exemptions } = tell(set, pod({ containers: [container('c', 'Unconfined')] }));
  expect(exemptions).toMatchObject([
    {
      outcome: 'not-matching',
      reason: 'it is for none of the containers: c: images: none matches docker.io/library/c:1',
    },
  ]);
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

test('an exemption that a refusal names does not match, for the same reason', () => {
  const spec = (b?: string) => ({
    securityContext: { seccompProfile: field('Unconfined') },
    containers: [container('a', 'RuntimeDefault'), container('b', b)],
  });
  const told = (given: object, object: object) => {
    const { decision, exemptions } = explain(rulesOf(exemption('e', given)), requestOf(object), {
      now: NOW,
      namespaceLabels: undefined,
    });
    return { message: decision.message, outcome: exemptions[0]?.outcome, reason: exemptions[0]?.reason };
  };
  const cases: readonly (readonly [object, object, string])[] = [
    [{ allow: ['Unconfined'], containers: ['a'] }, pod(spec('RuntimeDefault')), 'is not for all containers of the pod'],
    [{ allow: ['Unconfined'], containers: ['a'] }, pod(spec()), 'is for other containers'],
    [{ allow: ['Unset'] }, pod(spec()), 'does not allow Unconfined'],
    [{ allow: ['Unconfined'], policies: ['web'] }, pod(spec()), 'is not for policy built-in'],
  ];
  for (const [given, object, why] of cases) {
    const { message, outcome, reason } = told(given, object);
    expect(message).toContain(`exemption e ${why}`);
    expect({ outcome, reason }).toEqual({ outcome: 'not-matching', reason: `it ${why}` });
  }
});

test('of several that inherit a field those are named that the exemption is missing for', () => {
  const rules = rulesOf(exemption('e', { allow: ['Unconfined'], containers: ['a'] }));
  const object = pod({
    securityContext: { seccompProfile: field('Unconfined') },
    containers: [container('a'), container('b')],
  });
  expect(ask(rules, 'validate', requestOf(object)).message).toContain(
    '(exemption e is for other containers; missing for "b")',
  );
});

test('a policy that refuses without a requirement is listed, and one that only warns is no refusal', () => {
  const explained = (text: string, one: object) =>
    explain(rulesOf(text), requestOf(pod({ containers: [one] })), { now: NOW, namespaceLabels: undefined })
      .requirements[0];
  const denying = policy('p', { unavailable: 'Deny', assign: [{ profile: 'nosuch' }] });
  expect(explained(denying, container('a'))).toMatchObject({
    policy: { name: 'p' },
    outcome: 'violated',
    mode: 'Enforce',
  });
  const warning = policy('p', { require: { privileged: 'Warn' } });
  const privileged = container('a', 'RuntimeDefault', { securityContext: { privileged: true } });
  expect(explained(warning, privileged)).toMatchObject({ policy: { name: 'p' }, outcome: 'violated', mode: 'Warn' });
});
