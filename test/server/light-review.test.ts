import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { decide } from '../../src/admission/decide.js';
import { readReview } from '../../src/admission/review.js';
import { recordsOf } from '../../src/audit/records-of.js';
import { loadPolicies } from '../../src/files/policy-folder.js';
import { loadCatalogue } from '../../src/files/profile-catalogue.js';
import { DEFAULT_BASELINE } from '../../src/policy/requirement.js';
import { compileRuleSet, type RuleSet } from '../../src/policy/rule-set.js';
import { readLargeReview } from '../../src/server/read-large-review.js';
import { runs } from '../support/require.js';

const now = Date.parse('2026-12-01T00:00:00Z');
let sets: readonly RuleSet[];
beforeAll(async () => {
  const { catalogue } = await loadCatalogue(['profiles']);
  const compile = async (paths: readonly string[]): Promise<RuleSet> => {
    const { documents, problems } = await loadPolicies(paths);
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    return compileRuleSet(documents, { catalogue, baseline: DEFAULT_BASELINE, longestExemption: 90 * 86_400_000 });
  };
  sets = await Promise.all(readdirSync('policies').map((set) => compile([`policies/${set}`])));
});

/** Everything that a decision is told by: itself, and its records. */
function decided(rules: RuleSet, webhook: 'mutate' | 'validate', review: unknown) {
  const read = readReview(review);
  if (!read.ok) return read;
  const decision = decide(rules, webhook, read.request, { now, namespaceLabels: undefined });
  return { decision, records: recordsOf(read.request, decision) };
}

function expectSame(text: string, which: number): void {
  const rules = sets[which % sets.length] as RuleSet;
  const outcome = readLargeReview(text, 512);
  expect(outcome).toHaveProperty('json');
  const light: unknown = JSON.parse((outcome as { json: string }).json);
  for (const webhook of ['mutate', 'validate'] as const)
    expect(decided(rules, webhook, light)).toEqual(decided(rules, webhook, JSON.parse(text)));
}

const oddity = fc.oneof(
  fc.constantFrom<unknown>(null, '', 0, [], {}, [null], 'x', [[{}]], { 0: 1 }),
  fc.jsonValue({ maxDepth: 2 }),
);
const odd = (usual: fc.Arbitrary<unknown>, weight = 15): fc.Arbitrary<unknown> =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: oddity });
const some = (members: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> =>
  fc.record(members, { requiredKeys: [] }).map((value): unknown => value);
const text = fc.constantFrom<unknown>('x', 'y', '\ud800', 'é\u2028', '__proto__', 7);

const profile = fc.constantFrom<unknown>(
  undefined,
  { type: 'RuntimeDefault' },
  { type: 'Unconfined' },
  { type: 'Localhost', localhostProfile: 'team/app.json' },
  { type: 'Localhost', localhostProfile: `seccomply/${'x'.repeat(20_000)}` },
  { type: 'odd' },
);
const securityContext = odd(
  some({
    seccompProfile: profile,
    privileged: fc.constantFrom<unknown>(true, false, 'x'),
    capabilities: fc.constantFrom<unknown>({ add: ['SYS_ADMIN'] }, { add: 7 }),
  }),
);
const container = odd(
  some({
    name: fc.constantFrom<unknown>('web', 'profiler', 'shell', 7),
    image: fc.constantFrom<unknown>('nginx:1.27', 'busybox', `ghcr.io/acme/profiler@sha256:${'9f'.repeat(32)}`, 7),
    securityContext,
    restartPolicy: fc.constantFrom('Always', 'Never'),
    volumeMounts: odd(fc.constant([{ name: 'v', mountPath: '/x' }])),
    env: odd(fc.array(fc.record({ name: text, value: text }), { maxLength: 2 }), 3),
    envFrom: oddity,
    args: oddity,
    command: odd(fc.array(text, { maxLength: 2 }), 3),
    lifecycle: oddity,
    livenessProbe: oddity,
    resources: oddity,
    ports: oddity,
    __proto__: oddity,
  }),
);
const list = odd(fc.array(container, { maxLength: 3 }));
const podSpec = odd(
  some({
    containers: list,
    initContainers: list,
    ephemeralContainers: list,
    securityContext,
    volumes: fc.constantFrom<unknown>([{ name: 'v', hostPath: { path: '/var/lib/kubelet' } }], {}),
    hostPID: fc.boolean(),
    serviceAccountName: text,
    runtimeClassName: text,
    affinity: oddity,
    tolerations: oddity,
    dnsConfig: oddity,
    os: fc.constantFrom<unknown>({ name: 'windows' }, 'x'),
  }),
);
const metadata = odd(
  some({
    name: text,
    namespace: fc.constantFrom('perf', 'shop'),
    labels: odd(fc.constantFrom<unknown>({ app: 'web', team: 'x' })),
    annotations: odd(
      fc.dictionary(
        fc.constantFrom(
          'seccomp.security.alpha.kubernetes.io/pod',
          'container.seccomp.security.alpha.kubernetes.io/web',
          'kubernetes.io/config.mirror',
          'note',
          '__proto__',
        ),
        fc.constantFrom<unknown>('unconfined', 'localhost/x', 'x'.repeat(17_000), 7, null),
      ),
    ),
    managedFields: oddity,
    ownerReferences: fc.constantFrom<unknown>([{ controller: false }], [{ controller: true }], 'x'),
  }),
);
const template = odd(some({ metadata, spec: podSpec }));
const kinds = [
  ['', 'Pod', 'pods', (m: unknown, t: unknown) => ({ metadata: m, ...(t as object) })],
  ['apps', 'Deployment', 'deployments', (m: unknown, t: unknown) => ({ metadata: m, spec: { template: t } })],
  [
    'batch',
    'CronJob',
    'cronjobs',
    (m: unknown, t: unknown) => ({ metadata: m, spec: { jobTemplate: { spec: { template: t } } } }),
  ],
  ['', 'PodTemplate', 'podtemplates', (m: unknown, t: unknown) => ({ metadata: m, template: t })],
  ['acme.example', 'Thing', 'things', (m: unknown, t: unknown) => ({ metadata: m, spec: t, status: t })],
] as const;

const review = fc
  .record({
    kind: fc.constantFrom(...kinds),
    metadata,
    template,
    old: fc.oneof(fc.constant('same' as const), fc.constant('bulk' as const), template, fc.constant(undefined)),
    operation: fc.constantFrom('CREATE', 'UPDATE', 'UPDATE', 'DELETE'),
    subResource: fc.constantFrom(undefined, undefined, undefined, 'ephemeralcontainers', 'status'),
    status: oddity,
  })
  .map(({ kind: [group, kind, resource, object], metadata, template, old, operation, subResource, status }) => ({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'u',
      kind: { group, version: 'v1', kind },
      resource: { group, version: 'v1', resource },
      subResource,
      operation,
      namespace: 'perf',
      userInfo: { username: 'x' },
      object: { ...object(metadata, template), status },
      oldObject:
        old === undefined
          ? null
          : object(metadata, old === 'same' ? template : old === 'bulk' ? inBulk(template) : old),
    },
  }));

/** The same template with other environments. */
function inBulk(template: unknown): unknown {
  return JSON.parse(JSON.stringify(template, (key, value: unknown) => (key === 'env' ? ['another'] : value)) ?? 'null');
}

test('a decision on a lightened review, and its record, is that on the whole one', () => {
  const outcomes = new Set<string>();
  fc.assert(
    fc.property(review, fc.nat(), (value, which) => {
      const json = JSON.stringify(value);
      expectSame(json, which);
      const answer = decided(sets[which % sets.length] as RuleSet, 'validate', JSON.parse(json));
      if ('decision' in answer) outcomes.add(answer.decision.outcome);
    }),
    { numRuns: runs(700) },
  );
  expect([...outcomes].sort()).toEqual(['allowed', 'denied']);
});

test('any JSON is lightened without a crash, and decided on as before', () => {
  fc.assert(
    fc.property(
      fc.record({
        apiVersion: fc.constantFrom<unknown>('admission.k8s.io/v1', 'x'),
        kind: fc.constant('AdmissionReview'),
        request: fc.oneof(oddity, fc.record({ uid: fc.constant('u'), object: oddity, oldObject: oddity })),
      }),
      fc.nat(),
      (value, which) => expectSame(JSON.stringify(value), which),
    ),
    { numRuns: runs(300) },
  );
  for (const json of ['null', '[]', '1', '""', '{"request":[]}', '{"request":{"object":[{"status":1}]}}'])
    expect(readLargeReview(json, 512)).toEqual({ json });
});

const deployment = (env: unknown, profile: string) => ({
  metadata: { name: 'x' },
  spec: {
    template: {
      spec: { containers: [{ name: 'a', image: 'b', env, securityContext: { seccompProfile: { type: profile } } }] },
    },
  },
});
const update = (object: unknown, oldObject: unknown): string =>
  JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'u',
      operation: 'UPDATE',
      kind: { group: 'apps', version: 'v1', kind: 'Deployment' },
      resource: { group: 'apps', version: 'v1', resource: 'deployments' },
      namespace: 'shop',
      object,
      oldObject,
    },
  });

test('a template that was changed in its environment alone is a changed template still', () => {
  const changed = update(deployment([{ name: 'A', value: '2' }], 'Unconfined'), deployment([], 'Unconfined'));
  const same = update(deployment([], 'Unconfined'), deployment([], 'Unconfined'));
  for (const [which] of sets.entries()) for (const json of [changed, same]) expectSame(json, which);
  const request = (json: string) =>
    (JSON.parse((readLargeReview(json, 512) as { json: string }).json) as { request: Record<string, unknown> }).request;
  expect(request(same).object).toEqual(request(same).oldObject);
  expect(request(changed).object).not.toEqual(request(changed).oldObject);
});

test('the bulk is gone, and what may decide is left', () => {
  const bulk = 'x'.repeat(100_000);
  const whole = {
    metadata: { managedFields: [bulk], annotations: { note: bulk }, labels: { app: 'web' } },
    spec: {
      containers: [{ name: 'a', env: [bulk], args: [bulk], image: 'b', unknownField: 1 }],
      affinity: bulk,
      other: 2,
    },
    status: bulk,
  };
  const { json } = readLargeReview(update(whole, null), 512) as { json: string };
  expect(json.length).toBeLessThan(20_000);
  expect((JSON.parse(json) as { request: { object: unknown } }).request.object).toEqual({
    metadata: { annotations: { note: 'x'.repeat(16_384) }, labels: { app: 'web' } },
    spec: { containers: [{ name: 'a', image: 'b', unknownField: 1 }], other: 2 },
  });
});
