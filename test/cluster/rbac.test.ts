import { seccomplyKinds } from '../../src/cluster/kinds.js';
import { enforcementLabel } from '../../src/core/manifests/guard.js';
import { names } from '../../src/core/manifests/names.js';
import type { KubeClient } from '../../src/kubernetes/client.js';
import type { KubeObject } from '../../src/kubernetes/kube-object.js';
import { resources } from '../../src/kubernetes/resources.js';
import { itNeedsApiServer as it } from './support/binaries.js';
import { ControlPlane } from './support/control-plane.js';
import { eventually } from './support/eventually.js';
import { applyInstallation, refusalOf } from './support/installed.js';

// What people who run applications can do to get out of enforcement: everything here must be refused.

let cluster: ControlPlane;
/** `admin` of one namespace, as tenants are. */
let tenant: KubeClient;
/** May make and label namespaces, as platform tools do, and is no cluster-admin. */
let namespacer: KubeClient;
/** `edit` in our own namespace: more than anybody should have, and still no key. */
let neighbour: KubeClient;

const rbac = '/apis/rbac.authorization.k8s.io/v1';
const user = (name: string) => [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name }];

beforeAll(async () => {
  cluster = await ControlPlane.start();
  await applyInstallation(cluster);
  const { client } = cluster;
  await client.create(resources.namespaces, { metadata: { name: 'shop' } });
  const bind = (namespace: string, role: string, name: string) =>
    client.raw({
      method: 'POST',
      path: `${rbac}/namespaces/${namespace}/rolebindings`,
      body: {
        metadata: { name: `${role}-${name}` },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
        subjects: user(name),
      },
    });
  await bind('shop', 'admin', 'tenant');
  await bind(names.namespace, 'view', 'neighbour');
  await client.raw({
    method: 'POST',
    path: `${rbac}/clusterroles`,
    body: {
      metadata: { name: 'namespacer' },
      rules: [
        {
          apiGroups: [''],
          resources: ['namespaces', 'namespaces/status', 'namespaces/finalize'],
          verbs: ['get', 'list', 'create', 'update', 'patch'],
        },
      ],
    },
  });
  await client.raw({
    method: 'POST',
    path: `${rbac}/clusterrolebindings`,
    body: {
      metadata: { name: 'namespacer' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'namespacer' },
      subjects: user('namespacer'),
    },
  });
  tenant = await cluster.userClient('tenant');
  namespacer = await cluster.userClient('namespacer');
  neighbour = await cluster.userClient('neighbour');
  await client.create(resources.secrets, {
    metadata: { name: names.authoritySecret, namespace: names.namespace },
    data: { 'ca.key': 'c2VjcmV0' },
  } as KubeObject);
  // The aggregation of roles is a controller's work, which does not run here: admin has what it was born with.
  await eventually('the guard is in force', async () => {
    const said = await refusalOf(() =>
      namespacer.patch(
        resources.namespaces,
        'shop',
        { metadata: { labels: { [enforcementLabel]: 'audit' } } },
        'merge',
        { dryRun: true },
      ),
    );
    return said !== 'allowed';
  });
}, 120_000);
afterAll(() => cluster?.stop());

const label = (value: string | null) => ({ metadata: { labels: { [enforcementLabel]: value } } });

it('nobody without rights reads the key of the authority', async () => {
  for (const client of [tenant, namespacer, neighbour]) {
    const where = { namespace: names.namespace };
    expect(await refusalOf(() => client.get(resources.secrets, names.authoritySecret, where))).toContain('forbidden');
    expect(await refusalOf(() => client.list(resources.secrets, where))).toContain('forbidden');
    expect(await refusalOf(() => client.list(resources.secrets, { namespace: 'all' }))).toContain('forbidden');
  }
  // By a pod that mounts it, or one that borrows the controller's account.
  expect(
    await refusalOf(() =>
      tenant.create(
        resources.pods,
        {
          metadata: { name: 'thief', namespace: names.namespace },
          spec: { serviceAccountName: names.controller, containers: [{ name: 'a', image: 'a' }] },
        } as KubeObject,
        { namespace: names.namespace },
      ),
    ),
  ).toContain('forbidden');
  expect(
    await refusalOf(() =>
      tenant.raw({
        method: 'POST',
        path: `/api/v1/namespaces/${names.namespace}/serviceaccounts/${names.controller}/token`,
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
      }),
    ),
  ).toContain('forbidden');
});

it('nobody without rights writes a policy, an exemption, a profile, their kinds or the registration', async () => {
  const api = { apiVersion: 'seccomply.dev/v1alpha1' };
  const attempts: readonly (readonly [string, (client: KubeClient) => Promise<unknown>])[] = [
    [
      'an exemption of his own',
      (client) =>
        client.create(seccomplyKinds.exemptions, {
          ...api,
          kind: 'SeccompExemption',
          metadata: { name: 'mine' },
          spec: {
            match: { namespaces: ['shop'] },
            allow: ['Unconfined'],
            reason: 'x',
            owner: 'me',
            expires: '2030-01-01T00:00:00Z',
          },
        } as KubeObject),
    ],
    [
      'a policy',
      (client) =>
        client.create(seccomplyKinds.policies, {
          ...api,
          kind: 'SeccompPolicy',
          metadata: { name: 'mine' },
          spec: {},
        } as KubeObject),
    ],
    [
      'a profile',
      (client) =>
        client.create(seccomplyKinds.profiles, {
          ...api,
          kind: 'SeccompProfile',
          metadata: { name: 'mine' },
          spec: { profile: '{"defaultAction":"SCMP_ACT_ALLOW"}' },
        } as KubeObject),
    ],
    [
      'policies by their kind',
      (client) => client.delete(resources.customResourceDefinitions, 'seccomppolicies.seccomply.dev'),
    ],
    ['the registration', (client) => client.delete(resources.validatingWebhookConfigurations, names.registration)],
    [
      'the registration, changed',
      (client) => client.patch(resources.mutatingWebhookConfigurations, names.registration, { webhooks: [] }, 'merge'),
    ],
    [
      'the guard',
      (client) => client.delete(resources.validatingAdmissionPolicyBindings, 'seccomply-enforcement-label'),
    ],
    [
      'the last good set',
      (client) =>
        client.patch(resources.configMaps, names.policySet, { data: {} }, 'merge', { namespace: names.namespace }),
    ],
    [
      'rights, by a binding',
      (client) =>
        client.raw({
          method: 'POST',
          path: `${rbac}/clusterrolebindings`,
          body: {
            metadata: { name: 'mine' },
            roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'seccomply-exempter' },
            subjects: user('tenant'),
          },
        }),
    ],
  ];
  for (const [what, attempt] of attempts)
    for (const client of [tenant, namespacer, neighbour])
      expect([what, await refusalOf(() => attempt(client))]).toEqual([what, expect.stringContaining('forbidden')]);
});

it('a tenant who binds our roles in his namespace gets nothing by it: the kinds belong to no namespace', async () => {
  const said = await refusalOf(() =>
    tenant.raw({
      method: 'POST',
      path: `${rbac}/namespaces/shop/rolebindings`,
      body: {
        metadata: { name: 'mine' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'seccomply-exempter' },
        subjects: user('tenant'),
      },
    }),
  );
  // Whoever may not exempt may not hand it on either.
  expect(said).toMatch(/forbidden/);
});

it('the label of a namespace takes the verb exempt, through every door', async () => {
  const refused = /changing it takes the verb exempt on seccomppolicies\.seccomply\.dev/;
  const { client } = cluster;
  expect(await refusalOf(() => namespacer.patch(resources.namespaces, 'shop', label('audit'), 'merge'))).toMatch(
    refused,
  );
  expect(
    await refusalOf(() =>
      namespacer.create(resources.namespaces, {
        metadata: { name: 'fresh', ...label('audit').metadata },
      } as KubeObject),
    ),
  ).toMatch(refused);
  for (const subresource of ['status', 'finalize']) {
    const object = await client.get(resources.namespaces, 'shop');
    const labelled = {
      ...object,
      metadata: { ...object.metadata, labels: { ...object.metadata.labels, [enforcementLabel]: 'audit' } },
    };
    expect([
      subresource,
      await refusalOf(() => namespacer.replace(resources.namespaces, labelled, { subresource })),
    ]).toEqual([subresource, expect.stringMatching(refused)]);
  }
  expect(
    await refusalOf(() =>
      namespacer.apply(resources.namespaces, { metadata: { name: 'shop', ...label('audit').metadata } } as KubeObject, {
        force: true,
      }),
    ),
  ).toMatch(refused);
  // Everything else of a namespace is his to change.
  expect(
    await refusalOf(() =>
      namespacer.patch(resources.namespaces, 'shop', { metadata: { labels: { team: 'a' } } }, 'merge'),
    ),
  ).toBe('allowed');
  expect(await refusalOf(() => namespacer.create(resources.namespaces, { metadata: { name: 'plain' } }))).toBe(
    'allowed',
  );
  // The name by which namespaces are told apart cannot be changed by anyone.
  await client
    .patch(
      resources.namespaces,
      'shop',
      { metadata: { labels: { 'kubernetes.io/metadata.name': 'kube-system' } } },
      'merge',
    )
    .catch(() => undefined);
  expect((await client.get(resources.namespaces, 'shop')).metadata.labels?.['kubernetes.io/metadata.name']).toBe(
    'shop',
  );

  await client.raw({
    method: 'POST',
    path: `${rbac}/clusterrolebindings`,
    body: {
      metadata: { name: 'namespacer-exempts' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'seccomply-exempter' },
      subjects: user('namespacer'),
    },
  });
  await eventually(
    'the verb counts',
    async () =>
      (await refusalOf(() => namespacer.patch(resources.namespaces, 'shop', label('audit'), 'merge'))) === 'allowed',
  );
});

it('our own roles have no more than they use', async () => {
  const token = async (account: string): Promise<KubeClient> =>
    cluster.clientOf(cluster.tokenConfig(account, await cluster.serviceAccountToken(names.namespace, account)));
  const webhook = await token(names.webhook);
  const controller = await token(names.controller);
  const where = { namespace: names.namespace };
  expect(await refusalOf(() => webhook.get(resources.secrets, names.authoritySecret, where))).toBe('allowed');
  expect(await refusalOf(() => webhook.list(resources.secrets, where))).toContain('forbidden');
  expect(
    await refusalOf(() => webhook.patch(resources.secrets, names.authoritySecret, { data: {} }, 'merge', where)),
  ).toContain('forbidden');
  expect(await refusalOf(() => webhook.list(resources.pods, { namespace: 'all' }))).toContain('forbidden');
  expect(await refusalOf(() => webhook.patch(seccomplyKinds.policies, 'x', {}, 'merge'))).toContain('forbidden');
  expect(await refusalOf(() => controller.list(resources.secrets, { namespace: 'all' }))).toContain('forbidden');
  expect(await refusalOf(() => controller.list(resources.secrets, where))).toContain('forbidden');
  expect(await refusalOf(() => controller.delete(resources.validatingWebhookConfigurations, 'somebodys'))).toContain(
    'forbidden',
  );
  expect(
    await refusalOf(() =>
      controller.create(seccomplyKinds.exemptions, {
        apiVersion: 'seccomply.dev/v1alpha1',
        kind: 'SeccompExemption',
        metadata: { name: 'own' },
      } as KubeObject),
    ),
  ).toContain('forbidden');
});
