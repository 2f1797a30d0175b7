import fc from 'fast-check';

/** What no reader expects in its place. */
export const oddity = fc.oneof(
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
        fc.constantFrom<unknown>('unconfined', 'localhost/x', 'x'.repeat(9_000), 7, null),
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

/** Reviews of pods and workloads, valid, odd and hostile, with much in them that no decision reads. */
export const anyReview = fc
  .record({
    kind: fc.constantFrom(...kinds),
    metadata,
    template,
    old: fc.oneof(fc.constant('same' as const), fc.constant('other-env' as const), template, fc.constant(undefined)),
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
          : object(metadata, old === 'same' ? template : old === 'other-env' ? withOtherEnv(template) : old),
    },
  }));

/** The same template with other environments. */
function withOtherEnv(template: unknown): unknown {
  return JSON.parse(JSON.stringify(template, (key, value: unknown) => (key === 'env' ? ['another'] : value)) ?? 'null');
}
