import fc from 'fast-check';
import { admitRequest } from '../../src/core/admission/explain/admit.js';
import { documentSet } from '../../src/core/policy/load/document-set.js';
import { parseDocuments } from '../../src/core/policy/load/parse-documents.js';
import { compileRuleSet, type RuleSet } from '../../src/core/policy/rules/rule-set.js';
import type { Catalogue } from '../../src/core/profile/catalogue.js';
import { loadCatalogue } from '../../src/files/profile-catalogue.js';
import type { KubeObject } from '../../src/kubernetes/kube-object.js';
import { resources } from '../../src/kubernetes/resources.js';
import { runs } from '../support/require.js';
import { itNeedsApiServer as it } from './support/binaries.js';
import { ControlPlane } from './support/control-plane.js';
import { type Answer, answerOf, applyExport, type ExportContext } from './support/exported.js';

let cluster: ControlPlane;
let catalogue: Catalogue;

const now = Date.parse('2026-12-20T00:00:00Z');
/** With `off` every policy sees to Unconfined itself. */
const baselines = fc.constantFrom<readonly string[] | 'off'>(['RuntimeDefault', '*', 'Localhost/**', 'Unset'], 'off');
const longestExemption = 90 * 86_400_000;
const namespaces = {
  shop: { tier: 'web' },
  'team-a': { tier: 'api', team: 'a' },
  perf: {},
} as const;

beforeAll(async () => {
  cluster = await ControlPlane.start();
  ({ catalogue } = await loadCatalogue(['profiles']));
  for (const [name, labels] of Object.entries(namespaces))
    await cluster.client.create(resources.namespaces, { metadata: { name, labels } });
  for (const name of ['kata-qemu', 'runc'])
    await cluster.client.create(
      { group: 'node.k8s.io', version: 'v1', plural: 'runtimeclasses', kind: 'RuntimeClass', namespaced: false },
      { metadata: { name }, handler: name } as KubeObject,
    );
});
afterAll(() => cluster?.stop());

const digest = `sha256:${'9f'.repeat(32)}`;
/** Profiles whose file does not depend on capabilities, and what is none. */
const plain = (): readonly string[] =>
  catalogue
    .names()
    .filter((name) => catalogue.pathOf(name, 'Enforce', []) === catalogue.pathOf(name, 'Enforce', ['ALL']));

const subset = <T>(...items: readonly T[]) => fc.subarray([...items], { minLength: 1 });
const maybe = <T extends Record<string, fc.Arbitrary<unknown>>>(model: T) => fc.record(model, { requiredKeys: [] });
const types = subset('Container', 'Sidecar', 'Init', 'Ephemeral');
const images = subset(
  'nginx',
  'nginx:1.*',
  '**/redis',
  '*',
  'ghcr.io/**',
  'ghcr.io/acme/*@sha256:*',
  'docker.io/acme/*',
);
const containers = subset('web', 'we*', 'init', '*-1');
const selector = (key: string, ...values: readonly string[]) =>
  fc.oneof(
    fc.constantFrom(...values).map((value) => ({ matchLabels: { [key]: value } })),
    fc
      .tuple(fc.constantFrom('In', 'NotIn'), subset(...values))
      .map(([operator, all]) => ({ matchExpressions: [{ key, operator, values: all }] })),
    fc.constantFrom('Exists', 'DoesNotExist').map((operator) => ({ matchExpressions: [{ key, operator }] })),
  );
const scope = {
  namespaces: subset('shop', 'team-*', '*'),
  namespaceSelector: selector('tier', 'web', 'api'),
  podSelector: selector('app', 'web', 'api'),
  serviceAccounts: subset('shop/*', '*/default', 'team-a/build*'),
};
const match = maybe({
  ...scope,
  exclude: fc.array(
    maybe({ ...scope, runtimeClassNames: subset('kata-*', 'gvisor') }).filter((block) => Object.keys(block).length > 0),
    { maxLength: 2 },
  ),
});

function policies() {
  const profile = fc.constantFrom('RuntimeDefault', 'Localhost/team/app.json', ...plain());
  const rule = fc.record({ images, containers, containerTypes: types, profile }, { requiredKeys: ['profile'] });
  const severity = fc.constantFrom('Ignore', 'Warn', 'Deny');
  const spec = fc.record(
    {
      mode: fc.constantFrom('Enforce', 'Enforce', 'Enforce', 'Warn', 'Audit'),
      priority: fc.integer({ min: -2, max: 2 }),
      match,
      assign: fc.array(rule, { minLength: 1, maxLength: 3 }),
      existing: fc.constantFrom('Tighten', 'Keep', 'Override'),
      unconfined: fc.constantFrom('Deny', 'Replace'),
      require: fc.record(
        {
          profiles: subset('RuntimeDefault', '*', 'Unset', 'Localhost/**', 'Localhost/team/**', 'web-*', 'Unconfined'),
          ceiling: fc.constantFrom('RuntimeDefault', ...plain()),
          containerTypes: types,
          hostAccess: severity,
          privileged: severity,
          templates: fc.constantFrom('Deny', 'Deny', 'Warn', 'Ignore'),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: ['mode'] },
  );
  const assigning = spec.map(({ require: _, ...rest }) => rest);
  const all = fc.record({
    priority: fc.integer({ min: -2, max: 2 }),
    assign: fc.tuple(
      fc.record({ profile, containerTypes: fc.constant(['Container', 'Sidecar', 'Init', 'Ephemeral']) }),
    ),
    existing: fc.constantFrom('Tighten', 'Keep', 'Override'),
    unconfined: fc.constantFrom('Deny', 'Replace'),
  });
  return fc.array(fc.oneof(spec, assigning, all), { minLength: 1, maxLength: 3 });
}

const exemptions = fc.array(
  fc.record(
    {
      match: match.map((one) => ({ namespaces: ['perf', 'team-*'], ...one })),
      images,
      containers,
      containerTypes: types,
      allow: subset('Unconfined', 'Unset', 'Localhost/**', 'Privileged', 'HostAccess'),
      policies: subset('built-in', 'policy-0', 'policy-1'),
    },
    { requiredKeys: ['match', 'allow'] },
  ),
  { maxLength: 2 },
);

function documentsOf(specs: readonly object[], exempt: readonly object[]) {
  const apiVersion = 'seccomply.dev/v1alpha1';
  const items = [
    ...specs.map((spec, index) => ({ apiVersion, kind: 'SeccompPolicy', metadata: { name: `policy-${index}` }, spec })),
    ...exempt.map((spec, index) => ({
      apiVersion,
      kind: 'SeccompExemption',
      metadata: { name: `exemption-${index}` },
      spec: { ...spec, reason: 'x', owner: 'x', expires: '2027-02-01T00:00:00Z' },
    })),
  ];
  const { documents, problems } = documentSet([
    parseDocuments(JSON.stringify({ apiVersion: 'v1', kind: 'List', items })),
  ]);
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  return documents;
}

/** Where an exemption and a repair meet, the export is stricter, and says so. */
const isInSubset = (
  specs: readonly { readonly unconfined?: string }[],
  exempt: readonly { readonly allow: readonly string[] }[],
) =>
  !(
    specs.some(({ unconfined }) => unconfined === 'Replace') && exempt.some(({ allow }) => allow.includes('Unconfined'))
  );

function pods() {
  const localhost = fc.constantFrom(
    ...[
      'team/app.json',
      'team/other.json',
      'seccomply/unknown.json',
      'team//app.json',
      './x.json',
      'seccomply/x/../y.json',
    ],
    ...plain().map((name) => catalogue.pathOf(name, 'Enforce', []) ?? ''),
  );
  const profile = fc.oneof(
    { weight: 4, arbitrary: fc.constant({ type: 'RuntimeDefault' }) },
    { weight: 1, arbitrary: fc.constant({ type: 'Unconfined' }) },
    { weight: 2, arbitrary: localhost.map((localhostProfile) => ({ type: 'Localhost', localhostProfile })) },
  );
  const securityContext = maybe({
    seccompProfile: fc.option(profile, { nil: undefined }),
    privileged: fc.boolean(),
    capabilities: fc.constantFrom(
      ...[['NET_ADMIN'], ['SYS_PTRACE'], ['SYS_MODULE'], ['BPF', 'PERFMON'], ['BPF']].map((add) => ({ add })),
      ...[{ drop: ['ALL'] }, { drop: ['ALL'], add: ['SETUID'] }, { drop: ['NET_RAW'] }],
    ),
    runAsUser: fc.constantFrom(0, 1000),
    runAsNonRoot: fc.boolean(),
    procMount: fc.constantFrom('Default', 'Default', 'Unmasked'),
  });
  const image = fc.constantFrom(
    ...['nginx', 'nginx:1.27', 'nginx:2', 'docker.io/library/nginx:1.2', 'index.docker.io/nginx', 'acme/app', 'Nginx'],
    ...['ghcr.io/acme/app:1', `ghcr.io/acme/app@${digest}`, 'GHCR.io/acme/redis', 'localhost/redis', 'x//y', digest],
    ...['registry.example.com:5000/a/redis:1', 'quay.io/library/redis'],
  );
  const mount = fc
    .record(
      {
        name: fc.constantFrom('a', 'b'),
        mountPath: fc.constant('/mnt'),
        readOnly: fc.boolean(),
        subPath: fc.constantFrom('kubelet', './lib//kubelet', 'containerd/containerd.sock'),
        subPathExpr: fc.constantFrom('kubelet', 'lib/x$(A)/y', '$(A)', 'log/$(A)'),
      },
      { requiredKeys: ['name', 'mountPath'] },
    )
    .map(({ subPathExpr, ...mount }) => (mount.subPath === undefined ? { ...mount, subPathExpr } : mount));
  const container = fc.record(
    { name: fc.constant(''), image, securityContext, volumeMounts: fc.array(mount, { maxLength: 1 }) },
    { requiredKeys: ['name', 'image'] },
  );
  const hostPath = fc.constantFrom(
    ...[
      '/',
      '/var',
      '/var/lib',
      '/var/run',
      '/var/run/',
      '//run//./containerd',
      '/etc/kubernetes/manifests/x',
      '/data',
    ],
    ...['/var/lib/kubelet', '/run/docker.sock', '/var/run/crio/crio.sock', '/var/lib/kubelets'],
    ...[
      '/proc',
      '/proc/1',
      '/proc/self/ns',
      '/proc/sys/net',
      '/dev/sda1',
      '/dev',
      '/etc/localtime',
      '/home/x',
      '/root/.ssh',
      '/data/x',
      '/data/kubelet',
      '/var/log',
      '/proc/1/task',
      '/etc/ssl',
      '/opt/x',
      '/opt/x/bin',
      '/srv',
      '/run/udev',
    ],
  );
  const another = fc.oneof(
    hostPath.map((path) => ({ hostPath: { path } })),
    fc.constant({ hostPath: { path: '/srv/disk', type: 'BlockDevice' } }),
    fc.constant({ emptyDir: {} }),
  );
  const volumes = fc.tuple(hostPath, another).map(([path, second]) => [
    { name: 'a', hostPath: { path } },
    { name: 'b', ...second },
  ]);
  const named = (names: readonly string[], more: (index: number) => object) =>
    fc
      .array(container, { minLength: 1, maxLength: names.length })
      .map((all) => all.map((one, index) => ({ ...one, name: names[index], ...more(index) })));
  return fc.record({
    namespace: fc.constantFrom(...(Object.keys(namespaces) as (keyof typeof namespaces)[])),
    metadata: maybe({ labels: fc.constantFrom({ app: 'web' }, { app: 'api' }, {}) }),
    spec: fc.record(
      {
        containers: named(['web', 'app-1'], () => ({})),
        initContainers: named(['init', 'sidecar'], (index) => (index === 1 ? { restartPolicy: 'Always' } : {})),
        securityContext: maybe({
          seccompProfile: profile,
          runAsUser: fc.constantFrom(0, 1000),
          runAsNonRoot: fc.boolean(),
        }),
        serviceAccountName: fc.constantFrom('default', 'builder'),
        runtimeClassName: fc.constantFrom('kata-qemu', 'runc'),
        hostPID: fc.boolean(),
        hostUsers: fc.boolean(),
        volumes,
        os: fc.constantFrom({ name: 'linux' }, { name: 'linux' }, { name: 'windows' }),
      },
      { requiredKeys: ['containers', 'volumes'] },
    ),
  });
}

type Pod = ReturnType<typeof pods> extends fc.Arbitrary<infer T> ? T : never;

async function theirs({ namespace, metadata, spec }: Pod): Promise<Answer> {
  const object = { metadata: { name: 'one', ...metadata }, spec } as KubeObject;
  try {
    return {
      is: 'admitted',
      object: await cluster.client.create(resources.pods, object, { namespace, dryRun: true }),
      warnings: [],
    };
  } catch (error) {
    return answerOf(error);
  }
}

function ours(rules: RuleSet, { namespace, metadata, spec }: Pod) {
  const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'one', namespace, ...metadata }, spec };
  const request = { uid: 'x', operation: 'CREATE', kind: { group: '', version: 'v1', kind: 'Pod' }, namespace, object };
  return admitRequest(rules, request, {
    now,
    namespaceLabels: { ...namespaces[namespace], 'kubernetes.io/metadata.name': namespace },
  });
}

/** The seccomp fields of a pod, by where they are. */
function fields(object: unknown): unknown {
  const { spec } = object as { readonly spec: Readonly<Record<string, unknown>> };
  const of = (holder: unknown) =>
    (holder as { securityContext?: { seccompProfile?: unknown } }).securityContext?.seccompProfile;
  return {
    pod: of(spec),
    ...Object.fromEntries(
      ['containers', 'initContainers'].map((list) => [list, ((spec[list] ?? []) as readonly unknown[]).map(of)]),
    ),
  };
}

async function inBatches<T>(items: readonly T[], size: number, each: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += size) await Promise.all(items.slice(at, at + size).map(each));
}

it('the exported policies admit, change and refuse pods as the webhook would', async () => {
  const counts = { admitted: 0, changed: 0, refused: 0, invalid: 0 };
  const sets = fc
    .sample(fc.tuple(policies(), exemptions, baselines), { numRuns: runs(12) * 2 })
    .filter(([specs, exempt]) => isInSubset(specs, exempt))
    .slice(0, runs(12));
  for (const [specs, exempt, baseline] of sets) {
    const context: ExportContext = { catalogue, baseline, now, longestExemption };
    const documents = documentsOf(specs, exempt);
    const rules = compileRuleSet(documents, { catalogue, baseline, longestExemption });
    await applyExport(cluster, documents, context);
    await inBatches(fc.sample(pods(), { numRuns: 60 }), 12, async (pod) => {
      const answer = await theirs(pod);
      if (answer.is === 'invalid') {
        counts.invalid += 1;
        return;
      }
      const { decision, object } = ours(rules, pod);
      const told = JSON.stringify(
        { specs, exempt, baseline, pod, theirs: answer, ours: decision.message ?? decision.findings },
        null,
        1,
      );
      if (decision.allowed !== (answer.is === 'admitted')) throw new Error(`they do not agree: ${told}`);
      counts[answer.is] += 1;
      if (answer.is !== 'admitted') return;
      const [after, wanted] = [fields(answer.object), fields(object)].map((one) => JSON.stringify(one));
      if (after !== wanted) throw new Error(`they change it differently, ${after} and ${wanted}: ${told}`);
      if (wanted !== JSON.stringify(fields(pod))) counts.changed += 1;
    });
  }
  if (process.env.SECCOMPLY_SHOW === '1') process.stdout.write(`${JSON.stringify(counts)}\n`);
  // A test in which every pod goes the same way would show nothing.
  for (const count of [counts.admitted, counts.changed, counts.refused]) expect(count).toBeGreaterThan(sets.length);
}, 900_000);

it('the exported policies warn of and refuse templates as the webhook would', async () => {
  const counts = { warned: 0, silent: 0, refused: 0 };
  const sets = fc
    .sample(fc.tuple(policies(), exemptions, baselines), { numRuns: runs(8) * 2 })
    .filter(([specs, exempt]) => isInSubset(specs, exempt))
    .slice(0, runs(8));
  for (const [specs, exempt, baseline] of sets) {
    const context: ExportContext = { catalogue, baseline, now, longestExemption };
    const documents = documentsOf(specs, exempt);
    const rules = compileRuleSet(documents, { catalogue, baseline, longestExemption });
    await applyExport(cluster, documents, context);
    await inBatches(fc.sample(pods(), { numRuns: 30 }), 10, async (pod) => {
      const { namespace, metadata, spec } = pod;
      const template = {
        metadata: { labels: { ...(metadata.labels as object | undefined), job: 'one' } },
        spec: { ...spec, restartPolicy: 'Never' },
      };
      const object = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'one', namespace }, spec: { template } };
      const warnings: string[] = [];
      const answer = await cluster.client
        .create(resources.jobs, object as KubeObject, {
          namespace,
          dryRun: true,
          onWarning: (text) => warnings.push(text),
        })
        .then((): Answer => ({ is: 'admitted', object, warnings }), answerOf);
      if (answer.is === 'invalid') return;
      const kind = { group: 'batch', version: 'v1', kind: 'Job' };
      const { decision } = admitRequest(
        rules,
        { uid: 'x', operation: 'CREATE', kind, namespace, object },
        {
          now,
          namespaceLabels: { ...namespaces[namespace], 'kubernetes.io/metadata.name': namespace },
          webhook: 'validate',
        },
      );
      const told = JSON.stringify({ specs, exempt, baseline, pod, answer, warnings, ours: decision });
      if (decision.allowed !== (answer.is === 'admitted')) throw new Error(`they do not agree: ${told}`);
      if (answer.is !== 'admitted') {
        counts.refused += 1;
        return;
      }
      const wanted = decision.findings.some(({ kind: is, mode }) => is === 'violation' && mode === 'Warn');
      const warned = warnings.some((text) => text.includes('seccomply-'));
      if (wanted !== warned) throw new Error(`only one of them warns: ${told}`);
      counts[warned ? 'warned' : 'silent'] += 1;
    });
  }
  expect(counts.warned).toBeGreaterThan(0);
  expect(counts.silent).toBeGreaterThan(0);
}, 900_000);
