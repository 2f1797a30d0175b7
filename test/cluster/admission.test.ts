import { seccomplyKinds } from '../../src/cluster/kinds.js';
import { enforcementLabel } from '../../src/core/manifests/guard.js';
import type { KubeClient } from '../../src/kubernetes/client.js';
import { KubeError } from '../../src/kubernetes/kube-error.js';
import type { KubeObject } from '../../src/kubernetes/kube-object.js';
import { type Resource, resources } from '../../src/kubernetes/resources.js';
import { itNeedsApiServer as it } from './support/binaries.js';
import { ControlPlane } from './support/control-plane.js';
import { eventually } from './support/eventually.js';
import { refusalOf } from './support/installed.js';
import { RunningSeccomply } from './support/running.js';

// What a real API server makes of our answers: every object is made and read back. The expectations are worked out here from what
// docs/reference says, not from the program.

let cluster: ControlPlane;
let seccomply: RunningSeccomply;
let client: KubeClient;
/** Paths of the catalogue profiles, by name. */
const paths: Record<string, string> = {};

const group = { apiVersion: 'seccomply.dev/v1alpha1' };
const inNamespace = (namespace: string) => ({ match: { namespaces: [namespace] } });
const everyType = ['Container', 'Sidecar', 'Init', 'Ephemeral'];
const runtimeDefault = { profile: 'RuntimeDefault', containerTypes: everyType };

/** One namespace for each way of handling profiles; `free` has the built-in requirement only. */
const policies: Readonly<Record<string, object>> = {
  base: { assign: [runtimeDefault] },
  strict: {
    assign: [runtimeDefault],
    require: { profiles: ['RuntimeDefault'], privileged: 'Deny', hostAccess: 'Deny', templates: 'Deny' },
  },
  replace: { assign: [runtimeDefault], unconfined: 'Replace' },
  keep: { assign: [{ profile: 'web-small' }], existing: 'Keep' },
  tighten: { assign: [{ profile: 'web-small' }] },
  override: { assign: [{ profile: 'web-small' }], existing: 'Override' },
  byimage: {
    assign: [
      { name: 'nginx', images: ['nginx:1.*'], profile: 'web-small' },
      { name: 'rest', profile: 'RuntimeDefault' },
    ],
  },
  warns: { mode: 'Warn', require: { profiles: ['RuntimeDefault'] } },
  audits: { mode: 'Audit', require: { profiles: ['RuntimeDefault'] } },
  cold: { assign: [{ profile: 'cold' }] },
  coldinject: { assign: [{ profile: 'cold' }], unavailable: 'Inject' },
  colddeny: { assign: [{ profile: 'cold' }], unavailable: 'Deny' },
  complains: { assign: [{ profile: 'web-small', stage: 'Complain' }] },
};
const bare = ['free', 'audited', 'exempted'];

beforeAll(async () => {
  cluster = await ControlPlane.start({ audit: 'Metadata' });
  client = cluster.client;
  seccomply = await RunningSeccomply.start(cluster);
  for (const name of [...Object.keys(policies), ...bare])
    await client.create(resources.namespaces, {
      metadata: { name, ...(name === 'audited' ? { labels: { [enforcementLabel]: 'audit' } } : {}) },
    });
  const profile = (names: readonly string[]) =>
    JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }] });
  for (const [name, onNodes] of [
    ['web-small', true],
    ['cold', false],
  ] as const) {
    await make(seccomplyKinds.profiles, {
      ...group,
      kind: 'SeccompProfile',
      metadata: { name },
      spec: {
        profile: profile(['read', 'write', 'openat', name === 'cold' ? 'close' : 'exit_group']),
        stages: ['Enforce', 'Complain'],
      },
    });
    if (onNodes)
      await client.patch(seccomplyKinds.profiles, name, { status: { nodesReady: 2, nodesTotal: 2 } }, 'merge', {
        subresource: 'status',
      });
    paths[name] = await eventually(`${name} has its path`, async () => {
      const { status } = await client.get<KubeObject & { status?: { path?: string } }>(seccomplyKinds.profiles, name);
      return status?.path;
    });
  }
  for (const [name, spec] of Object.entries(policies))
    await make(seccomplyKinds.policies, {
      ...group,
      kind: 'SeccompPolicy',
      metadata: { name },
      spec: { ...inNamespace(name), ...spec },
    });
  await make(seccomplyKinds.exemptions, {
    ...group,
    kind: 'SeccompExemption',
    metadata: { name: 'profiler' },
    spec: {
      match: { namespaces: ['exempted'] },
      images: ['ghcr.io/acme/profiler@sha256:*'],
      containers: ['profiler'],
      allow: ['Unconfined'],
      reason: 'needs perf_event_open',
      owner: 'team-perf',
      expires: new Date(Date.now() + 5 * 86_400_000).toISOString().replace(/\.\d+Z/, 'Z'),
    },
  });
  await eventually('everything is in force', async () => {
    const given = await outcome('override', { spec: { containers: [container('c')] } }, { dryRun: true });
    const exempted = await outcome(
      'exempted',
      { spec: { containers: [container('profiler', 'Unconfined', { image: profiler })] } },
      { dryRun: true },
    );
    return given.profiles.c === `Localhost/${paths['web-small']}` && exempted.refused === undefined;
  });
}, 180_000);
afterAll(async () => {
  await seccomply?.stop();
  await cluster?.stop();
});

const make = (resource: Resource, object: object): Promise<KubeObject> => client.create(resource, object as KubeObject);
const profiler = `ghcr.io/acme/profiler@sha256:${'a'.repeat(64)}`;

interface SecurityContext {
  readonly seccompProfile?: { readonly type: string; readonly localhostProfile?: string };
}
interface Container {
  readonly name: string;
  readonly image?: string;
  readonly securityContext?: SecurityContext;
  readonly [key: string]: unknown;
}
interface PodSpec {
  readonly securityContext?: SecurityContext;
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly ephemeralContainers?: readonly Container[];
  readonly [key: string]: unknown;
}
interface Pod extends KubeObject {
  readonly spec: PodSpec;
}
interface PodInput {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
}

/** `RuntimeDefault`, `Unconfined`, `Localhost/PATH`; undefined: no field. */
type Field = string | undefined;

function context(field: Field): { securityContext?: SecurityContext } {
  if (field === undefined) return {};
  const seccompProfile = field.startsWith('Localhost/')
    ? { type: 'Localhost', localhostProfile: field.slice('Localhost/'.length) }
    : { type: field };
  return { securityContext: { seccompProfile } };
}

function container(name: string, field?: Field, more: object = {}): Container {
  return { name, image: 'ghcr.io/acme/app:2', ...context(field), ...more };
}

function fieldOf(securityContext: SecurityContext | undefined): string {
  const profile = securityContext?.seccompProfile;
  if (profile === undefined) return 'Unset';
  return profile.type === 'Localhost' ? `Localhost/${profile.localhostProfile}` : profile.type;
}

interface Outcome {
  /** Absent when it was admitted. */
  readonly refused?: string;
  readonly warnings: readonly string[];
  /** Own field of every container, as the API server has it now. */
  readonly profiles: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly name: string;
}

let counter = 0;

/** Makes a pod, reads it back, and takes it away again unless `keep`. */
async function outcome(
  namespace: string,
  { annotations, spec }: PodInput,
  options: { readonly dryRun?: boolean; readonly keep?: boolean; readonly as?: KubeClient } = {},
): Promise<Outcome> {
  counter += 1;
  const name = `p${counter}`;
  const warnings: string[] = [];
  const by = options.as ?? client;
  let made: Pod;
  try {
    made = await by.create<Pod>(
      resources.pods,
      { metadata: { name, namespace, ...(annotations === undefined ? {} : { annotations }) }, spec },
      {
        namespace,
        ...(options.dryRun === undefined ? {} : { dryRun: options.dryRun }),
        onWarning: (text) => void warnings.push(text),
      },
    );
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    return { refused: error.message, warnings, profiles: {}, annotations: {}, name };
  }
  const read = options.dryRun === true ? made : await client.get<Pod>(resources.pods, name, { namespace });
  if (options.keep !== true && options.dryRun !== true)
    await client.raw({
      method: 'DELETE',
      path: `/api/v1/namespaces/${namespace}/pods/${name}`,
      body: { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0 },
    });
  const all = [...read.spec.containers, ...(read.spec.initContainers ?? []), ...(read.spec.ephemeralContainers ?? [])];
  return {
    warnings,
    profiles: Object.fromEntries(all.map((one) => [one.name, fieldOf(one.securityContext)])),
    annotations: read.metadata.annotations ?? {},
    name,
  };
}

const ours = /admission webhook "(mutate|validate)(-audit|-system)?\.seccomply\.dev" denied the request: /;

/** `admitted c=RuntimeDefault`, `refused by us`, `refused by the API server`. */
function inShort({ refused, profiles }: Outcome): string {
  if (refused !== undefined) return ours.test(refused) ? 'refused by us' : `refused by the API server: ${refused}`;
  return `admitted ${Object.entries(profiles)
    .map(([name, field]) => `${name}=${field}`)
    .join(' ')}`;
}

const fields: readonly Field[] = [undefined, 'RuntimeDefault', 'Unconfined', 'Localhost/team/a.json'];

/** What a pod with one container comes to, by the language of policies. */
function expected(namespace: string, pod: Field, own: Field): string {
  const small = `Localhost/${paths['web-small']}`;
  const refused = 'refused by us';
  const isReplaced = namespace === 'replace' && own === 'Unconfined';
  // A pod-level Unconfined is judged as a field of its own and never repaired; a container's is, where that is asked for.
  if (pod === 'Unconfined' || (own === 'Unconfined' && !isReplaced)) return refused;
  if (namespace === 'strict' && (pod?.startsWith('Localhost/') || own?.startsWith('Localhost/'))) return refused;
  const existing = own ?? pod;
  const after = ((): Field => {
    switch (namespace) {
      case 'free':
        return own;
      case 'keep':
        return existing === undefined ? small : own;
      case 'tighten':
        return existing === undefined || existing === 'RuntimeDefault' ? small : own;
      case 'override':
        return small;
      default:
        return existing === undefined || isReplaced ? 'RuntimeDefault' : own;
    }
  })();
  return `admitted c=${after ?? 'Unset'}`;
}

for (const namespace of ['free', 'base', 'strict', 'replace', 'keep', 'tighten', 'override'])
  it(`${namespace}: every field of the pod with every field of the container (16 pods)`, async () => {
    const table: Record<string, string> = {};
    const wanted: Record<string, string> = {};
    for (const pod of fields)
      for (const own of fields) {
        const key = `pod ${pod ?? 'Unset'}, container ${own ?? 'Unset'}`;
        wanted[key] = expected(namespace, pod, own);
        table[key] = inShort(
          await outcome(namespace, { spec: { ...context(pod), containers: [container('c', own)] } }),
        );
      }
    expect(table).toEqual(wanted);
  });

const containerAnnotation = 'container.seccomp.security.alpha.kubernetes.io/c';
const podAnnotation = 'seccomp.security.alpha.kubernetes.io/pod';

it('legacy annotations: they give nothing, are told about, and never keep a pod out that we would have changed (12 pods)', async () => {
  const table: Record<string, string> = {};
  const wanted: Record<string, string> = {};
  for (const value of ['runtime/default', 'docker/default', 'unconfined', 'localhost/team/a.json'])
    for (const own of [undefined, 'RuntimeDefault', 'Localhost/team/a.json']) {
      const key = `${value} beside ${own ?? 'Unset'}`;
      const result = await outcome('base', {
        annotations: { [containerAnnotation]: value },
        spec: { containers: [container('c', own)] },
      });
      // The API server wants annotation and field to agree; where both are the author's we do not mend them.
      const agrees =
        own === undefined || (own === 'RuntimeDefault' ? /default$/.test(value) : value === 'localhost/team/a.json');
      wanted[key] = agrees ? `admitted c=${own ?? 'RuntimeDefault'}` : 'refused by the API server';
      table[key] = inShort(result).replace(/(refused by the API server).*/, '$1');
      if (agrees) expect([key, result.warnings.join()]).toEqual([key, expect.stringMatching(/annotation.*seccomp/)]);
      if (own === undefined)
        expect([key, result.annotations[containerAnnotation]]).toEqual([
          key,
          /default$/.test(value) ? value : 'runtime/default',
        ]);
    }
  expect(table).toEqual(wanted);
});

it('legacy annotations of the pod: the same (8 pods)', async () => {
  const table: Record<string, string> = {};
  const wanted: Record<string, string> = {};
  for (const value of ['runtime/default', 'docker/default', 'unconfined', 'localhost/team/a.json'])
    for (const pod of [undefined, 'RuntimeDefault']) {
      const key = `${value} beside ${pod ?? 'Unset'}`;
      const result = await outcome('base', {
        annotations: { [podAnnotation]: value },
        spec: { ...context(pod), containers: [container('c')] },
      });
      const agrees = pod === undefined || /default$/.test(value);
      wanted[key] = agrees
        ? `admitted c=${pod === undefined ? 'RuntimeDefault' : 'Unset'}`
        : 'refused by the API server';
      table[key] = inShort(result).replace(/(refused by the API server).*/, '$1');
    }
  expect(table).toEqual(wanted);
});

it('odd paths: what is not normal, or pretends to be ours, is refused (12 pods)', async () => {
  const right = paths['web-small'] ?? '';
  const cases: Readonly<Record<string, 'admitted' | 'refused by us'>> = {
    'team/a.json': 'admitted',
    [right]: 'admitted',
    [right.replace('seccomply/', 'seccomply//')]: 'refused by us',
    [`./${right}`]: 'refused by us',
    [right.replace('/', '/./')]: 'refused by us',
    [right.replace(/\.[0-9a-f]{32}\./, `.${'0'.repeat(32)}.`)]: 'refused by us',
    'seccomply/other.json': 'refused by us',
    'seccomply/web-small.json': 'refused by us',
    'team//a.json': 'refused by us',
    'team/./a.json': 'refused by us',
    'team/../seccomply/x.json': 'refused by us',
    '/var/lib/kubelet/seccomp/a.json': 'refused by us',
  };
  const table: Record<string, string> = {};
  for (const path of Object.keys(cases)) {
    const result = await outcome('free', { spec: { containers: [container('c', `Localhost/${path}`)] } });
    table[path] = inShort(result).replace(/^(admitted).*/, '$1');
  }
  expect(table).toEqual(cases);
});

it('all four types of container, in one pod and one by one (9 pods)', async () => {
  const sidecar = (field?: Field) => container('s', field, { restartPolicy: 'Always' });
  const whole = (init?: Field, side?: Field, own?: Field): PodSpec => ({
    containers: [container('c', own)],
    initContainers: [container('i', init), sidecar(side)],
  });
  const short = async (namespace: string, spec: PodSpec) => inShort(await outcome(namespace, { spec }));
  const d = 'RuntimeDefault';
  expect(await short('base', whole())).toBe(`admitted c=${d} i=${d} s=${d}`);
  expect(await short('base', whole('Unconfined'))).toBe('refused by us');
  expect(await short('base', whole(undefined, 'Unconfined'))).toBe('refused by us');
  expect(await short('base', whole(undefined, undefined, 'Unconfined'))).toBe('refused by us');
  expect(await short('replace', whole('Unconfined', 'Unconfined', 'Unconfined'))).toBe(`admitted c=${d} i=${d} s=${d}`);
  expect(await short('strict', whole('Localhost/team/a.json'))).toBe('refused by us');
  // A rule is for Container and Sidecar unless it says otherwise.
  expect(await short('tighten', whole())).toBe(
    `admitted c=Localhost/${paths['web-small']} i=Unset s=Localhost/${paths['web-small']}`,
  );
  expect(
    await short('byimage', { containers: [container('c', undefined, { image: 'nginx:1.27' }), container('d')] }),
  ).toBe(`admitted c=Localhost/${paths['web-small']} d=RuntimeDefault`);
  expect(await short('byimage', { containers: [container('c', undefined, { image: 'nginx:2' })] })).toBe(
    'admitted c=RuntimeDefault',
  );
});

it('debug containers: new ones are changed and judged, and nothing else of the pod (4 changes)', async () => {
  const add = async (name: string, field: Field, old: readonly Container[] = []) => {
    const ephemeral = {
      ...container('d', field),
      image: 'busybox:1',
      terminationMessagePolicy: 'File',
      imagePullPolicy: 'IfNotPresent',
    };
    return client.patch<Pod>(
      resources.pods,
      name,
      { spec: { ephemeralContainers: [...old, ephemeral] } },
      'strategic',
      { namespace: 'base', subresource: 'ephemeralcontainers' },
    );
  };
  const { name } = await outcome('base', { spec: { containers: [container('c')] } }, { keep: true });
  expect(await refusalOf(() => add(name, 'Unconfined'))).toMatch(ours);
  await add(name, undefined);
  const read = await client.get<Pod>(resources.pods, name, { namespace: 'base' });
  expect(read.spec.ephemeralContainers?.map(({ securityContext }) => fieldOf(securityContext))).toEqual([
    'RuntimeDefault',
  ]);
  const second = await outcome('base', { spec: { containers: [container('c')] } }, { keep: true });
  await add(second.name, 'Localhost/team/a.json');
  const third = await outcome('base', { spec: { containers: [container('c')] } }, { keep: true });
  expect(await refusalOf(() => add(third.name, 'Localhost/seccomply/x.json'))).toMatch(ours);
});

it('old violators stay editable; a swapped image is judged as new (7 changes)', async () => {
  const exempted = await outcome(
    'exempted',
    { spec: { containers: [container('profiler', 'Unconfined', { image: profiler })] } },
    { keep: true },
  );
  expect(inShort(exempted)).toBe('admitted profiler=Unconfined');
  const where = { namespace: 'exempted' };
  const patch = (name: string, change: object, namespace = 'exempted') =>
    client.patch(resources.pods, name, change, 'strategic', { namespace });
  const image = (to: string) => ({ spec: { containers: [{ name: 'profiler', image: to }] } });
  expect(await refusalOf(() => patch(exempted.name, { metadata: { annotations: { note: 'kept' } } }))).toBe('allowed');
  expect(await refusalOf(() => patch(exempted.name, { metadata: { labels: { app: 'other' } } }))).toBe('allowed');
  expect(await refusalOf(() => patch(exempted.name, image(`ghcr.io/acme/profiler@sha256:${'b'.repeat(64)}`)))).toBe(
    'allowed',
  );
  expect(await refusalOf(() => patch(exempted.name, image('ghcr.io/evil/miner:1')))).toMatch(ours);
  const { spec } = await client.get<Pod>(resources.pods, exempted.name, where);
  expect(spec.containers[0]?.image).toBe(`ghcr.io/acme/profiler@sha256:${'b'.repeat(64)}`);
  const clean = await outcome('base', { spec: { containers: [container('c')] } }, { keep: true });
  const swap = { spec: { containers: [{ name: 'c', image: 'ghcr.io/acme/app:3' }] } };
  expect(await refusalOf(() => patch(clean.name, swap, 'base'))).toBe('allowed');
  expect(await refusalOf(() => patch(clean.name, { spec: { activeDeadlineSeconds: 9_000 } }, 'base'))).toBe('allowed');
});

it('exemptions: only what they name, with a word of warning when they end soon (7 pods)', async () => {
  const short = async (spec: PodSpec, namespace = 'exempted') => inShort(await outcome(namespace, { spec }));
  const one = (name: string, image: string) => container(name, 'Unconfined', { image });
  expect(await short({ containers: [one('profiler', profiler)] })).toBe('admitted profiler=Unconfined');
  expect(await short({ containers: [one('other', profiler)] })).toBe('refused by us');
  expect(await short({ containers: [one('profiler', 'ghcr.io/acme/profiler:1')] })).toBe('refused by us');
  expect(await short({ containers: [one('profiler', profiler), one('app', 'ghcr.io/acme/app:1')] })).toBe(
    'refused by us',
  );
  expect(await short({ containers: [one('profiler', profiler)] }, 'base')).toBe('refused by us');
  // A pod-level Unconfined only if everyone who inherits it is exempt.
  const inherited = { ...context('Unconfined'), containers: [container('profiler', undefined, { image: profiler })] };
  expect(await short(inherited)).toBe('admitted profiler=Unset');
  expect(await short({ ...inherited, containers: [...inherited.containers, container('c')] })).toBe('refused by us');
  const { warnings } = await outcome('exempted', { spec: { containers: [one('profiler', profiler)] } });
  expect(warnings.join()).toMatch(/profiler.*(ends|until|expires)/);
});

it('server-side dry runs answer the same and leave nothing (3 pods)', async () => {
  const dry = (spec: PodSpec) => outcome('base', { spec }, { dryRun: true });
  const given = await dry({ containers: [container('c')] });
  expect(inShort(given)).toBe('admitted c=RuntimeDefault');
  await expect(client.get(resources.pods, given.name, { namespace: 'base' })).rejects.toMatchObject({
    code: 'not-found',
  });
  expect(inShort(await dry({ containers: [container('c', 'Unconfined')] }))).toBe('refused by us');
  expect(inShort(await dry({ ...context('Localhost/team/a.json'), containers: [container('c')] }))).toBe(
    'admitted c=Unset',
  );
});

it('templates: warned at apply, refused where that is asked for, left alone when something owns them (20 objects)', async () => {
  const labels = { app: 'x' };
  const template = (field: Field) => ({ metadata: { labels }, spec: { containers: [container('c', field)] } });
  const job = (field: Field) => ({
    template: { ...template(field), spec: { ...template(field).spec, restartPolicy: 'Never' } },
  });
  const selector = { matchLabels: labels };
  const controllers: Resource = {
    group: '',
    version: 'v1',
    plural: 'replicationcontrollers',
    kind: 'ReplicationController',
    namespaced: true,
  };
  const templates: Resource = {
    group: '',
    version: 'v1',
    plural: 'podtemplates',
    kind: 'PodTemplate',
    namespaced: true,
  };
  const kinds: readonly (readonly [string, Resource, (field: Field) => object])[] = [
    ['Deployment', resources.deployments, (field) => ({ spec: { selector, template: template(field) } })],
    ['ReplicaSet', resources.replicaSets, (field) => ({ spec: { selector, template: template(field) } })],
    [
      'StatefulSet',
      resources.statefulSets,
      (field) => ({ spec: { selector, serviceName: 'x', template: template(field) } }),
    ],
    ['DaemonSet', resources.daemonSets, (field) => ({ spec: { selector, template: template(field) } })],
    ['Job', resources.jobs, (field) => ({ spec: job(field) })],
    [
      'CronJob',
      resources.cronJobs,
      (field) => ({ spec: { schedule: '0 0 1 1 *', jobTemplate: { spec: job(field) } } }),
    ],
    ['ReplicationController', controllers, (field) => ({ spec: { selector: labels, template: template(field) } })],
    ['PodTemplate', templates, (field) => ({ template: template(field) })],
  ];
  const owner = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    name: 'x',
    uid: '11111111-1111-1111-1111-111111111111',
    controller: true,
  };
  const table: Record<string, string> = {};
  const attempt = async (namespace: string, name: string, resource: Resource, body: object, more: object = {}) => {
    const warnings: string[] = [];
    const said = await refusalOf(() =>
      client.create(resource, { metadata: { name, namespace, ...more }, ...body } as KubeObject, {
        namespace,
        onWarning: (text) => void warnings.push(text),
      }),
    );
    if (said !== 'allowed') return ours.test(said) || /templates\.seccomply\.dev/.test(said) ? 'refused by us' : said;
    return warnings.some((text) => text.includes('Unconfined')) ? 'warned' : 'silent';
  };
  for (const [kind, resource, body] of kinds) {
    table[`${kind} in base`] = await attempt('base', 'loose', resource, body('Unconfined'));
    table[`${kind} in strict`] = await attempt('strict', 'loose', resource, body('Unconfined'));
  }
  table['a good Deployment'] = await attempt('base', 'good', resources.deployments, {
    spec: { selector, template: template(undefined) },
  });
  table['an owned ReplicaSet'] = await attempt(
    'base',
    'owned',
    resources.replicaSets,
    { spec: { selector, template: template('Unconfined') } },
    { ownerReferences: [owner] },
  );
  expect(table).toEqual({
    ...Object.fromEntries(
      kinds.flatMap(([kind]) => [
        [`${kind} in base`, 'warned'],
        [`${kind} in strict`, 'refused by us'],
      ]),
    ),
    'a good Deployment': 'silent',
    'an owned ReplicaSet': 'silent',
  });
  const bad = { spec: { template: { spec: { containers: [{ name: 'c', ...context('Unconfined') }] } } } };
  const warnings: string[] = [];
  await client.patch(resources.deployments, 'good', bad, 'strategic', {
    namespace: 'base',
    onWarning: (text) => void warnings.push(text),
  });
  expect(warnings.join()).toMatch(/Unconfined/);
  const scale = await refusalOf(() =>
    client.patch(resources.deployments, 'loose', { spec: { replicas: 2 } }, 'merge', { namespace: 'base' }),
  );
  expect(scale).toBe('allowed');
});

it('privileged pods and ways around the node: warned, or refused where that is asked for (8 pods)', async () => {
  const kubelet = { name: 'k', hostPath: { path: '/var/lib/kubelet/seccomp' } };
  const privileged: PodSpec = { containers: [container('c', undefined, { securityContext: { privileged: true } })] };
  const mounts: PodSpec = {
    containers: [container('c', undefined, { volumeMounts: [{ name: 'k', mountPath: '/k' }] })],
    volumes: [kubelet],
  };
  const readOnly: PodSpec = {
    containers: [container('c', undefined, { volumeMounts: [{ name: 'k', mountPath: '/k', readOnly: true }] })],
    volumes: [kubelet],
  };
  const tracer: PodSpec = {
    hostPID: true,
    containers: [container('c', undefined, { securityContext: { capabilities: { add: ['SYS_PTRACE'] } } })],
  };
  const table: Record<string, string> = {};
  for (const [name, spec] of Object.entries({ privileged, mounts, readOnly, tracer }))
    for (const namespace of ['warns', 'strict']) {
      const result = await outcome(namespace, { spec });
      table[`${name} in ${namespace}`] = result.refused === undefined ? 'admitted' : inShort(result);
    }
  expect(table).toEqual({
    'privileged in warns': 'admitted',
    'privileged in strict': 'refused by us',
    'mounts in warns': 'admitted',
    'mounts in strict': 'refused by us',
    'readOnly in warns': 'admitted',
    'readOnly in strict': 'admitted',
    'tracer in warns': 'admitted',
    'tracer in strict': 'refused by us',
  });
});

it('Warn and Audit let through: one says so to the person, the other to the audit log (4 pods)', async () => {
  const warned = await outcome('warns', { spec: { containers: [container('c', 'Localhost/team/a.json')] } });
  expect(inShort(warned)).toBe('admitted c=Localhost/team/a.json');
  expect(warned.warnings.join()).toMatch(/warns/);
  const audited = await outcome('audits', { spec: { containers: [container('c', 'Localhost/team/a.json')] } });
  expect(inShort(audited)).toBe('admitted c=Localhost/team/a.json');
  expect(audited.warnings).toEqual([]);
  const event = await eventually('the API server has it in its audit log', () =>
    cluster
      .auditEvents()
      .find(
        (one) =>
          JSON.stringify(one).includes(`"name":"${audited.name}"`) &&
          /validate\.seccomply\.dev\//.test(JSON.stringify(one)),
      ),
  );
  expect(JSON.stringify(event)).toMatch(/validate\.seccomply\.dev\/[a-z-]+":"[^"]*audits/);
  // Built in beside both.
  for (const namespace of ['warns', 'audits'])
    expect(inShort(await outcome(namespace, { spec: { containers: [container('c', 'Unconfined')] } }))).toBe(
      'refused by us',
    );
});

it('a catalogue profile that is not on the nodes (3 pods), and a stage (1 pod)', async () => {
  const spec = { containers: [container('c')] };
  expect(inShort(await outcome('cold', { spec }))).toBe('admitted c=RuntimeDefault');
  expect(inShort(await outcome('coldinject', { spec }))).toBe(`admitted c=Localhost/${paths.cold}`);
  expect(inShort(await outcome('colddeny', { spec }))).toBe('refused by us');
  const complains = await outcome('complains', { spec });
  expect(complains.profiles.c).toMatch(/^Localhost\/seccomply\/web-small\.[0-9a-f]{32}\.json$/);
  expect(complains.profiles.c).not.toBe(`Localhost/${paths['web-small']}`);
  // By itself no pod may take a stage that only logs.
  expect(inShort(await outcome('free', { spec: { containers: [container('c', complains.profiles.c)] } }))).toBe(
    'refused by us',
  );
});

it('Windows pods are left alone (2 pods), also where everything else is refused', async () => {
  const spec = {
    os: { name: 'windows' },
    nodeSelector: { 'kubernetes.io/os': 'windows' },
    containers: [container('c')],
  };
  for (const namespace of ['base', 'strict'])
    expect(inShort(await outcome(namespace, { spec }))).toBe('admitted c=Unset');
});

it('mirrors of static pods are left alone when a node makes them, and only then (3 pods)', async () => {
  const mirror = { 'kubernetes.io/config.mirror': 'a'.repeat(32), 'kubernetes.io/config.source': 'file' };
  const spec = { nodeName: 'node1', containers: [container('c', 'Unconfined')] };
  expect(inShort(await outcome('base', { annotations: mirror, spec }))).toBe('refused by us');
  const node = await cluster.userClient('system:node:node1', ['system:nodes']);
  expect(inShort(await outcome('base', { annotations: mirror, spec }, { as: node }))).toBe('admitted c=Unconfined');
  expect(inShort(await outcome('base', { spec }, { as: node }))).toMatch(/^refused/);
});

it('a pod of 1.4 MB full of "<", which arrives six times as large (3 pods)', async () => {
  const env = [{ name: 'A', value: '<'.repeat(1_400_000) }];
  const big = (field?: Field) => ({ spec: { containers: [container('c', field, { env })] } });
  expect(inShort(await outcome('base', big()))).toBe('admitted c=RuntimeDefault');
  expect(inShort(await outcome('base', big('Unconfined')))).toBe('refused by us');
  const kept = await outcome('base', big(), { keep: true });
  const swap = { spec: { containers: [{ name: 'c', image: 'ghcr.io/acme/app:9' }] } };
  expect(await refusalOf(() => client.patch(resources.pods, kept.name, swap, 'strategic', { namespace: 'base' }))).toBe(
    'allowed',
  );
});

it('a namespace in audit is judged all the same; when the webhook is gone its pods go in and others stay out (5 pods)', async () => {
  const spec = { containers: [container('c', 'Unconfined')] };
  expect(inShort(await outcome('audited', { spec }))).toBe('refused by us');
  await seccomply.webhook.stop();
  expect(inShort(await outcome('audited', { spec }))).toBe('admitted c=Unconfined');
  expect(inShort(await outcome('kube-system', { spec }))).toBe('admitted c=Unconfined');
  expect((await outcome('base', { spec: { containers: [container('c')] } })).refused).toMatch(/failed calling webhook/);
  seccomply.startWebhook();
  await eventually(
    'the webhook is back',
    async () =>
      inShort(await outcome('base', { spec: { containers: [container('c')] } })) === 'admitted c=RuntimeDefault',
  );
});

it('a refusal says which container, field, policy and way out', async () => {
  const { refused = '' } = await outcome('strict', { spec: { containers: [container('web', 'Unconfined')] } });
  expect(refused).toMatch(/"web"/);
  expect(refused).toMatch(/Unconfined/);
  expect(refused).toMatch(/spec\.containers\[0\]\.securityContext\.seccompProfile/);
  expect(refused).toMatch(/strict/);
  expect(refused).toMatch(/RuntimeDefault/);
});
