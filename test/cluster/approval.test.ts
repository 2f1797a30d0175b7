import { seccomplyKinds } from '../../src/cluster/kinds.js';
import { StatusReconciler } from '../../src/cluster/status/status-reconciler.js';
import type { KubeClient } from '../../src/kubernetes/client.js';
import type { KubeEvent } from '../../src/kubernetes/kube-event.js';
import type { KubeObject } from '../../src/kubernetes/kube-object.js';
import { itNeedsApiServer as it } from './support/binaries.js';
import { ControlPlane } from './support/control-plane.js';
import { eventually } from './support/eventually.js';
import { applyInstallation, refusalOf } from './support/installed.js';

let cluster: ControlPlane;
let keeper: StatusReconciler;
let editor: KubeClient;
let approver: KubeClient;
const said: string[] = [];
const events: KubeEvent[] = [];

beforeAll(async () => {
  cluster = await ControlPlane.start();
  await applyInstallation(cluster);
  await bind('seccomply-policy-editor', 'editor');
  await bind('seccomply-profile-approver', 'approver');
  editor = await cluster.userClient('editor');
  approver = await cluster.userClient('approver');
  keeper = new StatusReconciler({
    client: cluster.client,
    baseline: ['RuntimeDefault', '*', 'Localhost/**', 'Unset'],
    longestExemption: 90 * 86_400_000,
    onProblem: (message) => void said.push(message),
    onEvent: (event) => void events.push(event),
  });
  keeper.start();
}, 120_000);
afterAll(async () => {
  await keeper?.stop();
  await cluster?.stop();
});

async function bind(role: string, user: string): Promise<void> {
  await cluster.client.raw({
    method: 'POST',
    path: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
    body: {
      metadata: { name: `${role}-${user}` },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
    },
  });
}

interface Profile extends KubeObject {
  readonly spec?: object;
  readonly status?: {
    readonly digest?: string;
    readonly path?: string;
    readonly approved?: boolean;
    readonly withinRuntimeDefault?: boolean;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string }[];
    readonly problems?: readonly { readonly message: string; readonly line?: number }[];
  };
}

const profile = (names: readonly string[]): string =>
  JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }] }, null, 2);
const object = (name: string, text: string, more: object = {}): Profile => ({
  apiVersion: 'seccomply.dev/v1alpha1',
  kind: 'SeccompProfile',
  metadata: { name },
  spec: { profile: text, ...more },
});
const statusOf = (name: string, until: (status: NonNullable<Profile['status']>) => boolean) =>
  eventually(`the status of ${name} is as it should be (${said.join('; ')})`, async () => {
    const { status } = await cluster.client.get<Profile>(seccomplyKinds.profiles, name);
    return status !== undefined && until(status) ? status : undefined;
  });
const condition = (status: NonNullable<Profile['status']>, type: string) => {
  const found = status.conditions?.find((one) => one.type === type);
  return found === undefined ? undefined : `${found.status} ${found.reason}`;
};

it('a profile within the runtime default needs no approval', async () => {
  await editor.create(seccomplyKinds.profiles, object('small', profile(['read', 'write', 'exit_group'])));
  const status = await statusOf('small', ({ approved }) => approved !== undefined);
  expect(status).toMatchObject({ approved: true, withinRuntimeDefault: true });
  expect(status.path).toMatch(/^seccomply\/small\.[0-9a-f]{32}\.json$/);
  expect(condition(status, 'Approved')).toBe('True WithinRuntimeDefault');
  expect(condition(status, 'Ready')).toBe('False NotOnNodes');
});

it('a wider one waits; only who has the verb may approve it, and only this content', async () => {
  await editor.create(seccomplyKinds.profiles, object('wide', profile(['read', 'write', 'kexec_load'])));
  const waiting = await statusOf('wide', ({ approved }) => approved !== undefined);
  expect(condition(waiting, 'Approved')).toBe('False WaitsForApproval');
  expect(condition(waiting, 'Ready')).toBe('False WaitsForApproval');
  const approval = { digest: waiting.digest };
  const approve = (client: KubeClient) =>
    client.patch<Profile>(seccomplyKinds.profiles, 'wide', { spec: { approval } }, 'merge');
  expect(await refusalOf(() => approve(editor))).toContain(
    'approving a profile that allows more than the runtime default takes the verb approve on seccompprofiles.seccomply.dev',
  );
  expect(
    await refusalOf(() =>
      editor.create(seccomplyKinds.profiles, object('born-approved', profile(['bpf']), { approval })),
    ),
  ).toContain('takes the verb approve');
  await approve(approver);
  const approved = await statusOf('wide', (status) => status.approved === true);
  expect(condition(approved, 'Approved')).toBe('True Approved');

  // The editor changes the content under the approval: it is for another content now.
  await editor.patch(seccomplyKinds.profiles, 'wide', { spec: { profile: profile(['read', 'bpf']) } }, 'merge');
  const changed = await statusOf('wide', (status) => status.approved === false);
  expect(condition(changed, 'Approved')).toBe('False WaitsForApproval');
  expect(changed.problems?.[0]?.message).toBe(
    'it allows more than the default of containerd (bpf), and the approval is for another content',
  );
});

it('nobody but the controller writes a status', async () => {
  const status = { status: { approved: true, nodesReady: 3, nodesTotal: 3 } };
  for (const client of [editor, approver])
    expect(
      await refusalOf(() => client.patch(seccomplyKinds.profiles, 'wide', status, 'merge', { subresource: 'status' })),
    ).toContain('forbidden');
});

it('a profile that cannot be read says where', async () => {
  await editor.create(
    seccomplyKinds.profiles,
    object('broken', '{\n  "defaultAction": "SCMP_ACT_NO",\n  "syscalls": []\n}'),
  );
  const status = await statusOf('broken', ({ problems }) => (problems?.length ?? 0) > 0);
  expect(condition(status, 'Ready')).toBe('False Invalid');
  expect(status.problems?.[0]).toMatchObject({ line: 2 });
});

it('the status of policies and exemptions says what a person has to know', async () => {
  const policy = (name: string, spec: object): KubeObject =>
    ({ apiVersion: 'seccomply.dev/v1alpha1', kind: 'SeccompPolicy', metadata: { name }, spec }) as KubeObject;
  const inDays = (days: number): string =>
    new Date(Date.now() + days * 86_400_000).toISOString().replace(/\.\d+Z/, 'Z');
  const exemption = (name: string, expires: string): KubeObject =>
    ({
      apiVersion: 'seccomply.dev/v1alpha1',
      kind: 'SeccompExemption',
      metadata: { name },
      spec: {
        match: { namespaces: ['perf'] },
        images: ['ghcr.io/acme/profiler@sha256:*'],
        allow: ['Unconfined'],
        reason: 'needs perf_event_open',
        owner: 'team-perf',
        expires,
      },
    }) as KubeObject;
  await editor.create(seccomplyKinds.policies, policy('gives', { assign: [{ profile: 'small' }] }));
  await editor.create(seccomplyKinds.policies, policy('refuses', { require: { profiles: ['RuntimeDefault'] } }));
  const { client } = cluster;
  for (const [name, days] of [
    ['long', 60],
    ['soon', 3],
    ['past', -2],
    ['far', 200],
  ] as const)
    await client.create(seccomplyKinds.exemptions, exemption(name, inDays(days)));
  const seen = async (kind: typeof seccomplyKinds.policies | typeof seccomplyKinds.exemptions, name: string) => {
    const { status } = await client.get<Profile>(kind, name);
    return (status?.conditions ?? []).map(({ type, status: is, reason }) => `${type}=${is} ${reason}`).sort();
  };
  await eventually('every document has its status', async () => {
    const all = await Promise.all([
      ...['gives', 'refuses'].map((name) => seen(seccomplyKinds.policies, name)),
      ...['long', 'soon', 'past', 'far'].map((name) => seen(seccomplyKinds.exemptions, name)),
    ]);
    return all.every((one) => one.length === 2);
  });
  expect({
    gives: await seen(seccomplyKinds.policies, 'gives'),
    refuses: await seen(seccomplyKinds.policies, 'refuses'),
    long: await seen(seccomplyKinds.exemptions, 'long'),
    soon: await seen(seccomplyKinds.exemptions, 'soon'),
    past: await seen(seccomplyKinds.exemptions, 'past'),
    far: await seen(seccomplyKinds.exemptions, 'far'),
  }).toEqual({
    gives: ['Conflicted=True Contradicts', 'Ready=True InForce'],
    refuses: ['Conflicted=False NoConflict', 'Ready=True InForce'],
    long: ['Active=True InForce', 'Ready=True InForce'],
    soon: ['Active=True EndsSoon', 'Ready=True InForce'],
    past: ['Active=False Expired', 'Ready=True InForce'],
    far: ['Active=False TooLong', 'Ready=True InForce'],
  });
  // Who is not looking is told of trouble, once.
  const told = events.map(({ regarding, reason }) => `${regarding.kind} ${regarding.name} ${reason}`);
  expect(told.filter((one) => !one.startsWith('SeccompProfile')).sort()).toEqual([
    'SeccompExemption far ActiveTooLong',
    'SeccompExemption past ActiveExpired',
    'SeccompExemption soon ActiveEndsSoon',
    'SeccompPolicy gives ConflictedContradicts',
  ]);
  expect(told).toContain('SeccompProfile broken Invalid');
  // Nothing is written again while nothing changes.
  const version = (await client.get(seccomplyKinds.policies, 'gives')).metadata.resourceVersion;
  await client.create(seccomplyKinds.policies, policy('another', { description: 'starts a pass' }));
  await eventually('the pass is over', async () => (await seen(seccomplyKinds.policies, 'another')).length > 0);
  expect((await client.get(seccomplyKinds.policies, 'gives')).metadata.resourceVersion).toBe(version);
});
