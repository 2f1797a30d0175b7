import { install } from '../../src/cluster/install/install.js';
import { seccomplyKinds } from '../../src/cluster/kinds.js';
import { managedByLabel } from '../../src/cluster/policies/admission-policy-sync.js';
import { probeAdmission } from '../../src/cluster/registration/admission-probe.js';
import { defaultInstall } from '../../src/core/manifests/install-options.js';
import { names } from '../../src/core/manifests/names.js';
import type { KubeObject } from '../../src/kubernetes/kube-object.js';
import { resources } from '../../src/kubernetes/resources.js';
import { itNeedsApiServer as it } from './support/binaries.js';
import { ControlPlane } from './support/control-plane.js';
import { eventually } from './support/eventually.js';
import { refusalOf } from './support/installed.js';
import { RunningSeccomply } from './support/running.js';

// The controller keeps the policies in the API server itself: what holds there while no webhook answers, and follows the documents.

let cluster: ControlPlane;
let seccomply: RunningSeccomply;
beforeAll(async () => {
  cluster = await ControlPlane.start();
  seccomply = await RunningSeccomply.start(cluster, [], { admissionPolicies: true });
}, 120_000);
afterAll(async () => {
  await seccomply?.stop();
  await cluster?.stop();
});

const document = (kind: string, name: string, spec: object): KubeObject =>
  ({ apiVersion: 'seccomply.dev/v1alpha1', kind, metadata: { name }, spec }) as KubeObject;
const pod = (type?: string): KubeObject =>
  ({
    metadata: { generateName: 'p-', namespace: 'default' },
    spec: {
      containers: [
        {
          name: 'c',
          image: 'ghcr.io/acme/app:1',
          ...(type === undefined ? {} : { securityContext: { seccompProfile: { type } } }),
        },
      ],
    },
  }) as KubeObject;
const tried = (type?: string) => refusalOf(() => cluster.client.create(resources.pods, pod(type), { dryRun: true }));

it('the rule holds without the webhook, exemptions count, and what ends or goes is followed', async () => {
  const { client } = cluster;
  await client.create(
    seccomplyKinds.policies,
    document('SeccompPolicy', 'all', {
      assign: [{ profile: 'RuntimeDefault', containerTypes: ['Container', 'Sidecar', 'Init', 'Ephemeral'] }],
      require: { profiles: ['RuntimeDefault'] },
    }),
  );
  const kept = async () =>
    (
      await client.list(resources.validatingAdmissionPolicies, { labelSelector: `${managedByLabel}=controller` })
    ).items.map(({ metadata }) => metadata.name ?? '');
  await eventually('the policy is kept', async () => (await kept()).some((name) => name.includes('-all-')));

  await seccomply.webhook.stop();
  await client.delete(resources.mutatingWebhookConfigurations, names.registration);
  await client.delete(resources.validatingWebhookConfigurations, names.registration);
  await eventually('the API server itself refuses', async () =>
    /ValidatingAdmissionPolicy/.test(await tried('Unconfined')),
  );
  await eventually('and changes', async () => {
    const made = await client.create<KubeObject & { spec?: unknown }>(resources.pods, pod(), { dryRun: true });
    return JSON.stringify(made.spec).includes('RuntimeDefault');
  });

  const inSeconds = (seconds: number): string =>
    new Date(Date.now() + seconds * 1_000).toISOString().replace(/\.\d+Z/, 'Z');
  await client.create(
    seccomplyKinds.exemptions,
    document('SeccompExemption', 'app', {
      match: { namespaces: ['default'] },
      allow: ['Unconfined'],
      reason: 'tried here',
      owner: 'team-a',
      expires: inSeconds(86_400),
    }),
  );
  await eventually('the exemption counts', async () => (await tried('Unconfined')) === 'allowed');
  await client.delete(seccomplyKinds.exemptions, 'app');
  await eventually('it is gone', async () => (await tried('Unconfined')) !== 'allowed');

  const [first = ''] = await kept();
  await client.delete(resources.validatingAdmissionPolicies, first);
  await client.create(seccomplyKinds.policies, document('SeccompPolicy', 'another', { description: 'starts a pass' }));
  await eventually('what somebody deleted is back', async () => (await kept()).includes(first));

  await client.delete(seccomplyKinds.policies, 'all');
  await eventually(
    'what is about a policy goes with it',
    async () => !(await kept()).some((name) => name.includes('-all-')),
  );

  // Without --vap nothing of it stays behind, since nobody would keep it.
  await seccomply.controller.stop();
  await install(
    client,
    { options: defaultInstall, documents: [], probeNamespace: 'default', deadline: 1 },
    () => undefined,
  );
  expect(await kept()).toEqual([]);
  await eventually(
    'the API server goes by it',
    async () => (await probeAdmission(client, 'default')).is === 'admitted',
  );
}, 180_000);
