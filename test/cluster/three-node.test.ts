import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { seccomplyKinds } from '../../src/cluster/kinds.js';
import { probeAdmission } from '../../src/cluster/registration/admission-probe.js';
import { enforcementLabel } from '../../src/core/manifests/guard.js';
import { names } from '../../src/core/manifests/names.js';
import type { KubeObject } from '../../src/kubernetes/kube-object.js';
import { resources } from '../../src/kubernetes/resources.js';
import { runProgram } from '../support/program.js';
import { itNeedsNodes as it } from './support/binaries.js';
import { eventually } from './support/eventually.js';
import { refusalOf } from './support/installed.js';
import { kill, processesInCgroup } from './support/machine.js';
import type { ClusterNode } from './support/node.js';
import { busyboxImage, NodeCluster } from './support/node-cluster.js';
import { seccomplyImage } from './support/seccomply-image.js';

// The whole way: the image on three nodes, installed by the command, real containers under real filters, switched off and on, and gone.

let cluster: NodeCluster;

interface Pod extends KubeObject {
  readonly spec?: { readonly nodeName?: string; readonly containers: readonly { readonly securityContext?: object }[] };
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

const workload = (more: object = {}, script = 'sleep 3600'): object => ({
  terminationGracePeriodSeconds: 0,
  containers: [{ name: 'c', image: busyboxImage, imagePullPolicy: 'Never', args: ['-c', script], ...more }],
});
const pod = (namespace: string, name: string, more: object = {}, podMore: object = {}): KubeObject =>
  ({ metadata: { name, namespace }, spec: { ...workload(more), ...podMore } }) as KubeObject;
const unconfined = { securityContext: { seccompProfile: { type: 'Unconfined' } } };
const install = (...args: readonly string[]) =>
  runProgram(['install', '--kubeconfig', cluster.kubeconfig, '--timeout', '150s', ...args], { deadline: 240_000 });
const running = (namespace: string, name: string): Promise<Pod> =>
  eventually(
    `${name} runs`,
    async () => {
      const found = await cluster.client.get<Pod>(resources.pods, name, { namespace });
      return found.status?.phase === 'Running' && found;
    },
    60_000,
  );
const inPod = (namespace: string, name: string, ...command: readonly string[]): Promise<string> =>
  cluster.kubectl('-n', namespace, 'exec', name, '--', ...command);
const apply = (resource: Parameters<typeof cluster.client.apply>[0], object: object) =>
  cluster.client.apply(resource, object as KubeObject, { force: true });

it('installs, judges real pods, survives being switched off, and leaves nothing', async () => {
  cluster = await NodeCluster.start();
  const image = seccomplyImage();
  try {
    await cluster.load(image);
    await installs();
    await changes();
    await refuses();
    await exempts();
    await gives();
    await comesBack();
    await uninstalls();
  } finally {
    await cluster.stop();
    rmSync(dirname(image), { recursive: true, force: true });
  }
}, 900_000);

async function installs(): Promise<void> {
  const { client } = cluster;
  // An image that no node can have: it is said, and the pods of the cluster are none the worse for it.
  const failed = await runProgram(
    ['install', '--kubeconfig', cluster.kubeconfig, '--image', 'registry.invalid/seccomply:none', '--timeout', '20s'],
    { deadline: 240_000 },
  );
  expect([failed.code, failed.stdout]).toEqual([
    1,
    expect.stringMatching(/the image of the pod seccomply-\S+ cannot be had/),
  ]);
  expect(
    await refusalOf(() => client.create(resources.pods, pod('default', 'early', unconfined), { dryRun: true })),
  ).toBe('allowed');
  const installed = await install();
  if (installed.code !== 0) throw new Error(`${installed.stdout}\n${installed.stderr}`);
  expect(installed.stdout).toMatch(/✓ it was refused after \d+ s: .*Unconfined/);
  const pods = await eventually(
    'three replicas are ready',
    async () => {
      const { items } = await client.list<Pod>(resources.pods, {
        namespace: names.namespace,
        labelSelector: 'app.kubernetes.io/component=webhook',
      });
      const ready = items.filter(({ status }) =>
        status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True'),
      );
      return ready.length === 3 && ready;
    },
    60_000,
  );
  expect(new Set(pods.map(({ spec }) => spec?.nodeName)).size).toBe(3);
  // Our own pods keep to what we ask of others.
  expect(
    await inOwn(
      'webhook',
      'process.stdout.write(require("fs").readFileSync("/proc/1/status","utf8").match(/Seccomp:.*/)[0])',
    ),
  ).toBe('Seccomp:\t2');
  const doctor = await runProgram(['doctor', '--kubeconfig', cluster.kubeconfig], { deadline: 240_000 });
  expect(doctor.stdout).toContain('✓ an Unconfined pod: is refused in default, as it should be');
  expect(doctor.stdout).toContain('✓ policy sets: 3 replicas judge by the same policies');
  expect([doctor.code, doctor.stdout]).toEqual([0, expect.stringContaining('0 errors')]);
  // Again changes nothing and is no error.
  expect((await install()).code).toBe(0);

  async function inOwn(component: string, script: string): Promise<string> {
    const name = pods.find(({ metadata }) => metadata.name?.includes(component))?.metadata.name ?? '';
    return cluster.kubectl('-n', names.namespace, 'exec', name, '--', '/usr/bin/node', '-e', script);
  }
}

async function changes(): Promise<void> {
  const { client } = cluster;
  await client.create(resources.namespaces, { metadata: { name: 'shop' } });
  await untilServiceAccount('shop');
  await client.create(resources.pods, pod('shop', 'plain'));
  const { spec } = await running('shop', 'plain');
  expect(spec?.containers[0]?.securityContext).toMatchObject({ seccompProfile: { type: 'RuntimeDefault' } });
  expect(await inPod('shop', 'plain', 'grep', 'Seccomp:', '/proc/1/status')).toBe('Seccomp:\t2\n');
  // The runtime's default refuses new user namespaces to containers without SYS_ADMIN; without a filter they are allowed (see exempts).
  await expect(inPod('shop', 'plain', 'unshare', '-U', 'true')).rejects.toThrow(/Operation not permitted/);

  await client.create(resources.deployments, deployment('shop', 'web', {}));
  await eventually(
    'the pods of the Deployment run',
    async () => {
      const { items } = await client.list<Pod>(resources.pods, { namespace: 'shop', labelSelector: 'app=web' });
      return items.length === 2 && items.every(({ status }) => status?.phase === 'Running');
    },
    60_000,
  );

  // A debug container gets one, too.
  await cluster.kubectl(
    '-n',
    'shop',
    'debug',
    'plain',
    `--image=${busyboxImage}`,
    '--image-pull-policy=Never',
    '--profile=general',
    '-c',
    'dbg',
    '--',
    '/bin/sh',
    '-c',
    'sleep 3600',
  );
  const debugged = await client.get<
    KubeObject & { spec: { ephemeralContainers?: readonly { securityContext?: object }[] } }
  >(resources.pods, 'plain', { namespace: 'shop' });
  expect(debugged.spec.ephemeralContainers?.[0]?.securityContext).toMatchObject({
    seccompProfile: { type: 'RuntimeDefault' },
  });
}

async function refuses(): Promise<void> {
  const { client } = cluster;
  expect(await refusalOf(() => client.create(resources.pods, pod('shop', 'loose', unconfined)))).toMatch(
    /admission webhook "mutate\.seccomply\.dev" denied the request: .*Unconfined/,
  );
  await expect(client.get(resources.pods, 'loose', { namespace: 'shop' })).rejects.toMatchObject({ code: 'not-found' });
  // A Deployment that will be refused is told at apply.
  const warnings: string[] = [];
  await client.create(resources.deployments, deployment('shop', 'loose', unconfined), {
    onWarning: (text) => void warnings.push(text),
  });
  expect(warnings.join('\n')).toMatch(/Unconfined/);
  const told = await eventually(
    'the Event is on the ReplicaSet',
    async () => {
      const { items } = await client.list<
        KubeObject & { reason: string; note: string; regarding: { kind: string; name: string } }
      >(resources.events, { namespace: 'shop' });
      return items.find(({ reason, regarding }) => reason === 'SeccompDenied' && regarding.kind === 'ReplicaSet');
    },
    60_000,
  );
  expect(told.regarding.name).toMatch(/^loose-/);
  expect(told.note).toMatch(/Unconfined/);
  expect((await client.list(resources.pods, { namespace: 'shop', labelSelector: 'app=loose' })).items).toEqual([]);
  await client.delete(resources.deployments, 'loose', { namespace: 'shop' });
}

async function exempts(): Promise<void> {
  const { client } = cluster;
  await client.create(resources.namespaces, { metadata: { name: 'perf' } });
  await untilServiceAccount('perf');
  await apply(seccomplyKinds.exemptions, {
    apiVersion: 'seccomply.dev/v1alpha1',
    kind: 'SeccompExemption',
    metadata: { name: 'profiler' },
    spec: {
      match: { namespaces: ['perf'] },
      images: [busyboxImage],
      allow: ['Unconfined'],
      reason: 'measures what others do',
      owner: 'team-perf',
      expires: new Date(Date.now() + 30 * 86_400_000).toISOString().replace(/\.\d+Z/, 'Z'),
    },
  });
  await eventually(
    'the exemption is in force',
    async () =>
      (await refusalOf(() => client.create(resources.pods, pod('perf', 'profiler', unconfined)))) === 'allowed',
  );
  await running('perf', 'profiler');
  expect(await inPod('perf', 'profiler', 'grep', 'Seccomp:', '/proc/1/status')).toBe('Seccomp:\t0\n');
  expect(await inPod('perf', 'profiler', 'unshare', '-U', 'true')).toBe('');
  await eventually('its use is an Event', async () => {
    const { items } = await client.list<KubeObject & { reason: string; note: string }>(resources.events, {
      namespace: 'perf',
    });
    return items.some(({ reason, note }) => reason === 'SeccompExempted' && note.includes('team-perf'));
  });
}

/** A catalogue profile: RuntimeDefault until the nodes have it, then the profile. Who puts files on nodes sets the status. */
async function gives(): Promise<void> {
  const { client } = cluster;
  const profile = {
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }],
  };
  await apply(seccomplyKinds.profiles, {
    apiVersion: 'seccomply.dev/v1alpha1',
    kind: 'SeccompProfile',
    metadata: { name: 'no-folders' },
    spec: { profile: JSON.stringify(profile) },
  });
  interface Profile extends KubeObject {
    readonly status?: { readonly digest?: string; readonly path?: string; readonly approved?: boolean };
  }
  const waiting = await eventually('it waits for approval', async () => {
    const { status } = await client.get<Profile>(seccomplyKinds.profiles, 'no-folders');
    return status?.approved === false && status;
  });
  await apply(seccomplyKinds.policies, {
    apiVersion: 'seccomply.dev/v1alpha1',
    kind: 'SeccompPolicy',
    metadata: { name: 'team' },
    spec: { priority: 10, match: { namespaces: ['team'] }, assign: [{ profile: 'no-folders' }] },
  });
  await client.create(resources.namespaces, { metadata: { name: 'team' } });
  await untilServiceAccount('team');
  const given = async (name: string): Promise<unknown> => {
    const made = await client.create<Pod>(resources.pods, pod('team', name) as Pod, { dryRun: true });
    return (made.spec?.containers[0]?.securityContext as { seccompProfile?: unknown } | undefined)?.seccompProfile;
  };
  const isUnavailable = await eventually('the policy is in force', async () => await given('before'));
  expect(isUnavailable).toEqual({ type: 'RuntimeDefault' });

  await client.patch(
    seccomplyKinds.profiles,
    'no-folders',
    { spec: { approval: { digest: waiting.digest } } },
    'merge',
  );
  const path = waiting.path ?? '';
  for (const node of cluster.nodes)
    await node.exec(
      'sh',
      '-c',
      `mkdir -p /var/lib/kubelet/seccomp/seccomply && cat > /var/lib/kubelet/seccomp/${path} <<'X'\n${JSON.stringify(profile)}\nX`,
    );
  await client.patch(seccomplyKinds.profiles, 'no-folders', { status: { nodesReady: 3, nodesTotal: 3 } }, 'merge', {
    subresource: 'status',
  });
  await eventually('pods get the profile', async () => JSON.stringify(await given('after')).includes('Localhost'));
  await client.create(resources.pods, pod('team', 'held'));
  await running('team', 'held');
  await expect(inPod('team', 'held', 'mkdir', '/tmp/x')).rejects.toThrow(/Operation not permitted/);
  expect(await inPod('team', 'held', 'touch', '/tmp/x')).toBe('');
}

/** Everything off, everything on, in the order of a cold start; a DaemonSet that the nodes need stands outside kube-system. */
async function comesBack(): Promise<void> {
  const { client, controlPlane } = cluster;
  await client.create(resources.namespaces, { metadata: { name: 'net-system' } });
  await untilServiceAccount('net-system');
  const labels = { app: 'net' };
  const hostPath = { name: 'cni', hostPath: { path: '/etc/cni' } };
  const daemonSet = {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'net', namespace: 'net-system' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { ...workload(), hostNetwork: true, volumes: [hostPath] } },
    },
  };
  await apply(resources.daemonSets, daemonSet);
  const doctor = await runProgram(['doctor', '--kubeconfig', cluster.kubeconfig], { deadline: 240_000 });
  expect(doctor.stdout).toContain(
    'nodes need net (it sets the network of nodes up) in net-system before they can reach the webhook',
  );
  await client.patch(
    resources.namespaces,
    'net-system',
    { metadata: { labels: { [enforcementLabel]: 'audit' } } },
    'merge',
  );
  await eventually('the DaemonSet runs', () => allRun('net-system', 'app=net', 3), 60_000);

  for (const node of cluster.nodes) await switchOff(node);
  await controlPlane.stopApiServer();
  await controlPlane.startApiServer();
  const before = await probeAdmission(client, 'shop');
  // Nothing answers yet: enforced namespaces stay closed, and the DaemonSet's can be filled.
  expect(before).toMatchObject({ is: 'not called' });
  expect(await refusalOf(() => client.create(resources.pods, pod('net-system', 'by-hand'), { dryRun: true }))).toBe(
    'allowed',
  );
  for (const node of cluster.nodes) await switchOn(node);
  await eventually(
    'an Unconfined pod is refused again',
    async () => (await probeAdmission(client, 'shop')).is === 'refused',
    180_000,
    500,
  );
  await eventually('the DaemonSet runs again', () => allRun('net-system', 'app=net', 3), 120_000);
  await client.create(resources.pods, pod('shop', 'later'));
  await running('shop', 'later');
}

/** Kubelet, container runtime and every container of it. */
async function switchOff(node: ClusterNode): Promise<void> {
  await node.stopKubelet('SIGKILL');
  await node.stopContainerd('SIGKILL');
  await eventually('its containers are gone', () => {
    const left = processesInCgroup(node.cgroup);
    kill(left);
    return left.length === 0;
  });
}

async function switchOn(node: ClusterNode): Promise<void> {
  const serving = (): number => node.logs('containerd').split('Start streaming server').length;
  const before = serving();
  await node.startContainerd();
  // It answers before it has looked through what was running, and a kubelet that comes too early ends.
  await eventually(`the runtime of ${node.name} serves kubelets`, () => serving() > before, 60_000);
  await node.startKubelet();
}

async function uninstalls(): Promise<void> {
  const { client } = cluster;
  const gone = await runProgram(['uninstall', '--kubeconfig', cluster.kubeconfig, '--yes'], { deadline: 240_000 });
  expect([gone.code, gone.stderr]).toEqual([0, '']);
  expect(gone.stdout).toContain('net-system');
  expect(gone.stdout).toContain('Nothing of Seccomply is left.');
  const left: string[] = [];
  const groups = JSON.parse((await client.raw({ method: 'GET', path: '/apis' })).body) as {
    groups: readonly { preferredVersion: { groupVersion: string } }[];
  };
  for (const groupVersion of ['v1', ...groups.groups.map((one) => one.preferredVersion.groupVersion)]) {
    const base = groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`;
    const { resources: kinds } = JSON.parse((await client.raw({ method: 'GET', path: base })).body) as {
      resources: readonly { name: string; verbs: readonly string[] }[];
    };
    for (const { name, verbs } of kinds) {
      if (name.includes('/') || !verbs.includes('list') || name === 'events') continue;
      const { items } = JSON.parse((await client.raw({ method: 'GET', path: `${base}/${name}` })).body) as {
        items: readonly KubeObject[];
      };
      for (const { metadata } of items)
        if (/seccomply/.test(`${metadata.name} ${metadata.namespace ?? ''}`)) left.push(`${name} ${metadata.name}`);
    }
  }
  expect(left).toEqual([]);
  // Pods go in as if we had never been there.
  expect(await refusalOf(() => client.create(resources.pods, pod('shop', 'free', unconfined)))).toBe('allowed');
}

async function allRun(namespace: string, labelSelector: string, count: number): Promise<boolean> {
  const { items } = await cluster.client.list<Pod>(resources.pods, { namespace, labelSelector });
  const ready = items.filter(({ status }) =>
    status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True'),
  );
  return ready.length === count && items.length === count;
}

function deployment(namespace: string, name: string, more: object): KubeObject {
  const labels = { app: name };
  return {
    metadata: { name, namespace },
    spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: workload(more) } },
  } as KubeObject;
}

async function untilServiceAccount(namespace: string): Promise<void> {
  await eventually(`${namespace} has its service account`, () =>
    cluster.client.get(resources.serviceAccounts, 'default', { namespace }).then(() => true),
  );
}
