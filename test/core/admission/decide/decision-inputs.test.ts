import fc from 'fast-check';
import { decisionEvent, EVENT_INPUTS } from '../../../../src/cluster/status/decision-event.js';
import { DECISION_INPUTS } from '../../../../src/core/admission/decide/decision-inputs.js';
import type { Webhook } from '../../../../src/core/admission/decision.js';
import { inputSteps, isRead } from '../../../../src/core/admission/request/input-path.js';
import type { RequestFacts } from '../../../../src/core/admission/request/request-facts.js';
import { RECORD_INPUTS, recordsOf } from '../../../../src/core/audit/entries/records-of.js';
import type { RuleSet } from '../../../../src/core/policy/rules/rule-set.js';
import { RecentDecisions } from '../../../../src/http/console/recent-decisions.js';
import { apiObject } from '../../../support/api-object.js';
import { specFields, usedFields } from '../../../support/every-policy-field.js';
import { recordReads } from '../../../support/recorded-reads.js';
import { runs } from '../../../support/require.js';
import { anyReview } from '../../../support/reviews.js';
import { ask, exemption, policy, requestOf, rulesOf } from '../support.js';

const INPUTS = [...DECISION_INPUTS, ...RECORD_INPUTS, ...EVENT_INPUTS];
const ALL = ['Container', 'Sidecar', 'Init', 'Ephemeral'];

/** Matches the filled pod, with every field that there is. */
const selector = {
  matchLabels: { x: 'x' },
  matchExpressions: [{ key: 'x', operator: 'In', values: ['x'] }],
};
const match = {
  namespaces: ['x'],
  namespaceSelector: selector,
  podSelector: selector,
  serviceAccounts: ['*/x'],
  exclude: [
    {
      namespaces: ['y'],
      namespaceSelector: { ...selector, matchLabels: { x: 'y' } },
      podSelector: { ...selector, matchLabels: { x: 'y' } },
      serviceAccounts: ['*/y'],
      runtimeClassNames: ['y'],
    },
  ],
};
const policies: Readonly<Record<string, object>> = {
  everything: {
    description: 'uses every field',
    mode: 'Enforce',
    priority: 1,
    match,
    assign: [
      { name: 'all', images: ['x'], containers: ['x'], containerTypes: ALL, profile: 'web-static', stage: 'Complain' },
    ],
    existing: 'Override',
    unconfined: 'Replace',
    unavailable: 'Inject',
    require: {
      profiles: ['web-static'],
      ceiling: 'RuntimeDefault',
      containerTypes: ALL,
      hostAccess: 'Deny',
      privileged: 'Deny',
      templates: 'Deny',
    },
  },
  warns: {
    mode: 'Warn',
    assign: [{ containerTypes: ALL, profile: 'coming' }],
    require: { hostAccess: 'Warn', privileged: 'Warn', templates: 'Warn' },
  },
};
const exemptions: Readonly<Record<string, object>> = {
  all: {
    match,
    images: ['x'],
    containers: ['x'],
    containerTypes: ALL,
    allow: ['Unconfined', 'Unset', 'Localhost/x'],
    policies: ['everything', 'built-in'],
    reason: 'x',
    owner: 'x',
    ticket: 'x',
    expires: '2027-01-31T00:00:00Z',
  },
};
const documents = Object.entries(policies).map(([name, spec]) => policy(name, spec));
const NO_POLICIES = rulesOf('');
const SETS: readonly RuleSet[] = [
  NO_POLICIES,
  rulesOf(documents.join('')),
  rulesOf(
    documents.join('') +
      Object.entries(exemptions)
        .map(([name, spec]) => exemption(name, spec))
        .join(''),
  ),
];

test('the policies of this test use every field that policies have', () => {
  expect(new Set(Object.values(policies).flatMap((spec) => usedFields(spec)))).toEqual(specFields('SeccompPolicy'));
  expect(new Set(Object.values(exemptions).flatMap((spec) => usedFields(spec)))).toEqual(
    specFields('SeccompExemption'),
  );
});

type Read = readonly string[];

/** What both webhooks, their records, their Events and the page read of requests, under every set of rules and while another one still counts. */
function readsOf(requests: readonly RequestFacts[]): readonly Read[] {
  const reads = new Map<string, Read>();
  const onRead = (steps: Read): void => void reads.set(steps.join('\n'), steps);
  for (const request of requests)
    for (const rules of SETS)
      for (const webhook of ['mutate', 'validate'] satisfies Webhook[]) {
        const recorded = recordReads(request, onRead);
        const decision = ask(rules, webhook, recorded, { namespaceLabels: { x: 'x' }, previous: NO_POLICIES });
        expect(decision.outcome).not.toBe('error');
        recordsOf(recorded, decision);
        decisionEvent(recorded, decision);
        new RecentDecisions().add(recorded, decision, undefined, new Date(0));
      }
  return [...reads.values()];
}

function undeclared(reads: readonly Read[]): readonly string[] {
  return reads
    .filter((steps) => !isRead(INPUTS, steps))
    .map((steps) => steps.join('.'))
    .sort();
}

const filledPod = apiObject('V1Pod') as { metadata: object; spec: Record<string, object[]> };
const PROFILES = [
  undefined,
  ...['RuntimeDefault', 'Unconfined', 'Localhost', 'x'].map((type) => ({ type, localhostProfile: 'x' })),
];

/** The filled pod with this profile in each container, and with a path of the host that counts. */
function podWith(seccompProfile: object | undefined): { metadata: object; spec: Record<string, unknown> } {
  const text = JSON.stringify(filledPod, (key, value: unknown) => {
    if (key === 'seccompProfile') return seccompProfile;
    if (key === 'hostPath') return { path: '/var/lib/kubelet' };
    return key === 'capabilities' ? { add: ['SYS_ADMIN'], drop: ['x'] } : value;
  });
  return JSON.parse(text) as { metadata: object; spec: Record<string, unknown> };
}

function requestsFor(profile: object | undefined): readonly RequestFacts[] {
  const pod = { apiVersion: 'v1', kind: 'Pod', ...podWith(profile) };
  const request = requestOf(pod, { namespace: 'x', dryRun: false });
  const nameless = { namespace: undefined, kind: undefined };
  const other = podWith({ type: 'Localhost', localhostProfile: 'y' });
  const annotations = {
    'seccomp.security.alpha.kubernetes.io/pod': 'x',
    'container.seccomp.security.alpha.kubernetes.io/x': 'x',
    'kubernetes.io/config.mirror': 'x',
  };
  const workload = (kind: string, group: string, object: object): RequestFacts => ({
    ...request,
    kind: { group, version: 'v1', kind },
    resource: { group, version: 'v1', resource: `${kind.toLowerCase()}s` },
    object: { ...owned(pod, []), ...object },
  });
  const small = { spec: { containers: [{ name: 'x' }] } };
  return [
    request,
    { ...request, dryRun: true },
    { ...request, ...nameless, resource: undefined },
    { ...request, resource: undefined },
    { ...request, name: undefined, object: { ...pod, metadata: { generateName: 'x-' } } },
    { ...request, userInfo: apiObject('V1UserInfo') },
    {
      ...request,
      userInfo: {
        username: 'x',
        uid: 'x',
        groups: ['x'],
        extra: { 'authentication.kubernetes.io/pod-name': ['x'], x: ['x'] },
      },
      object: { ...pod, metadata: { ...pod.metadata, annotations } },
    },
    { ...request, operation: 'UPDATE', oldObject: other },
    { ...request, operation: 'UPDATE', subResource: 'ephemeralcontainers', oldObject: { spec: {} } },
    { ...request, operation: 'UPDATE', object: null, oldObject: pod },
    { ...request, ...nameless, object: null, oldObject: owned(pod, []) },
    { ...request, object: { ...pod, spec: { ...pod.spec, os: { name: 'windows' } } } },
    { ...request, object: { ...pod, spec: { ...pod.spec, serviceAccountName: undefined } } },
    { ...request, object: { ...pod, spec: asRoot(pod.spec) } },
    workload('Deployment', 'apps', { spec: { template: pod } }),
    { ...request, object: owned(pod, [{ controller: true, kind: 'ReplicaSet', name: 'x', uid: 'x' }]) },
    ...[
      workload('Deployment', 'apps', { spec: { template: small } }),
      workload('CronJob', 'batch', { spec: { jobTemplate: { spec: { template: small } } } }),
      workload('PodTemplate', '', { template: small }),
    ].map((one) => ({ ...one, operation: 'UPDATE', oldObject: structuredClone(one.object) })),
  ];
}

/** With containers that are neither privileged nor say as whom they run. */
function asRoot(spec: object): object {
  const more = { privileged: false, runAsUser: undefined, runAsNonRoot: undefined };
  const plain = (containers: readonly { readonly securityContext: object }[]) =>
    containers.map((one) => ({ ...one, securityContext: { ...one.securityContext, ...more } }));
  const lists = ['initContainers', 'containers', 'ephemeralContainers'] as const;
  const typed = spec as Record<(typeof lists)[number], Parameters<typeof plain>[0]>;
  return {
    ...spec,
    securityContext: { runAsUser: 0, runAsNonRoot: false },
    ...Object.fromEntries(lists.map((list) => [list, plain(typed[list])])),
  };
}

function owned(pod: { readonly metadata: object }, ownerReferences: readonly object[]): object {
  return { ...pod, metadata: { ...pod.metadata, ownerReferences } };
}

const FILLED = PROFILES.flatMap(requestsFor);

test('nothing is read that is not declared, of pods with every field of the API', () => {
  expect(undeclared(readsOf(FILLED))).toEqual([]);
});

test('nothing is read that is not declared, of any request', () => {
  fc.assert(
    fc.property(anyReview, (review) => {
      const { request } = JSON.parse(JSON.stringify(review)) as { request: RequestFacts };
      expect(undeclared(readsOf([request]))).toEqual([]);
    }),
    { numRuns: runs(300) },
  );
});

test('nothing is declared that is not read', () => {
  const reads = readsOf(FILLED);
  const idle = INPUTS.filter((input) => {
    const declared = inputSteps(input);
    return !reads.some(
      (steps) =>
        (declared.at(-1) === '**' ? steps.length >= declared.length : steps.length === declared.length) &&
        isRead([input], steps),
    );
  });
  expect(idle).toEqual([]);
});

test('a read that is not declared is found', () => {
  const reads: Read[] = [];
  const { object } = recordReads(FILLED[0] ?? {}, (steps) => reads.push(steps));
  const pod = object as { spec: { containers: { ports: object[] }[]; dnsConfig: object }; status: object };
  pod.spec.containers.map(({ ports }) => ports.length);
  Object.keys(pod.spec.dnsConfig);
  expect('status' in pod).toBe(true);
  expect(undeclared(reads)).toEqual([
    'object.spec.containers.[].ports',
    'object.spec.dnsConfig',
    'object.spec.dnsConfig.*',
    'object.spec.dnsConfig.nameservers',
    'object.spec.dnsConfig.options',
    'object.spec.dnsConfig.searches',
    'object.status',
  ]);
});
