import { installObjects } from '../../src/core/manifests/install-objects.js';
import { defaultInstall } from '../../src/core/manifests/install-options.js';
import { webhookConfigurations } from '../../src/core/manifests/registration.js';
import { isKubeError } from '../../src/kubernetes/kube-error.js';
import type { KubeObject } from '../../src/kubernetes/kube-object.js';
import { ResourceDiscovery } from '../../src/kubernetes/resource-discovery.js';
import { type Resource, resources } from '../../src/kubernetes/resources.js';
import { itNeedsApiServer as it } from './support/binaries.js';
import { ControlPlane } from './support/control-plane.js';
import { eventually } from './support/eventually.js';
import { freePort } from './support/free-port.js';

let cluster: ControlPlane;

beforeAll(async () => {
  cluster = await ControlPlane.start();
});
afterAll(() => cluster?.stop());

const container = (image: string) => ({ name: 'web', image });
const pod = (name: string) => ({ metadata: { name }, spec: { containers: [container('nginx:1')] } });
const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [container('nginx:1')] } };

/** `held up`: the API server wanted an answer of the webhook, got none, and refused. */
async function heldUp(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return false;
  } catch (error) {
    if (isKubeError(error) && /failed calling webhook/.test(error.message)) return true;
    throw error;
  }
}

it('takes every object of an installation, to the letter', async () => {
  const { client } = cluster;
  const kinds = new ResourceDiscovery(client);
  const objects = installObjects({ ...defaultInstall, admissionPolicies: true });
  for (const object of objects) {
    const resource = await kinds.resourceOf(object);
    if (resource === undefined) throw new Error(`no kind ${object.kind}`);
    await client.apply(resource, object as KubeObject, { fieldValidation: 'Strict', force: true });
  }
  for (const [index, resource] of [
    resources.mutatingWebhookConfigurations,
    resources.validatingWebhookConfigurations,
  ].entries()) {
    const object = webhookConfigurations(defaultInstall)[index] as unknown as KubeObject;
    await client.apply(resource, object, { fieldValidation: 'Strict', force: true, dryRun: true });
  }
});

it('with no webhook there, holds up what the design says and nothing else', async () => {
  const { client } = cluster;
  for (const [name, labels] of [
    ['enforced', {}],
    ['audited', { 'seccomply.dev/enforcement': 'audit' }],
  ] as const)
    await client.create(resources.namespaces, { metadata: { name, labels } });
  const inEnforced = { namespace: 'enforced' };
  await client.create(resources.pods, pod('old') as KubeObject, inEnforced);
  await registerNowhere();
  const create = (resource: Resource, object: object, namespace = 'enforced') =>
    heldUp(client.create(resource, object as KubeObject, { namespace, dryRun: true }));
  const patch = (body: object, subresource?: string) =>
    heldUp(client.patch(resources.pods, 'old', body, 'strategic', { ...inEnforced, subresource, dryRun: true }));

  expect({
    'a new pod': await create(resources.pods, pod('new')),
    'a new pod in an audited namespace': await create(resources.pods, pod('new'), 'audited'),
    'a new pod in kube-system': await create(resources.pods, pod('new'), 'kube-system'),
    'a new pod of ours': await create(resources.pods, restricted('new'), 'seccomply-system'),
    'an annotation': await patch({ metadata: { annotations: { a: 'b' } } }),
    'another toleration': await patch({
      spec: { tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoExecute' }] },
    }),
    'another image': await patch({ spec: { containers: [container('nginx:2')] } }),
    'an ephemeral container': await patch(
      { spec: { ephemeralContainers: [{ name: 'debug', image: 'busybox', terminationMessagePolicy: 'File' }] } },
      'ephemeralcontainers',
    ),
    'a status': await patch({ status: { message: 'x' } }, 'status'),
    'a deletion': await heldUp(client.delete(resources.pods, 'old', { ...inEnforced, dryRun: true })),
    'a Deployment': await create(resources.deployments, {
      metadata: { name: 'one' },
      spec: { selector: { matchLabels: { a: 'b' } }, template },
    }),
    'a ConfigMap': await create(resources.configMaps, { metadata: { name: 'one' } }),
  }).toEqual({
    'a new pod': true,
    'a new pod in an audited namespace': false,
    'a new pod in kube-system': false,
    'a new pod of ours': false,
    'an annotation': false,
    'another toleration': false,
    'another image': true,
    'an ephemeral container': true,
    'a status': false,
    'a deletion': false,
    'a Deployment': false,
    'a ConfigMap': false,
  });
});

function restricted(name: string): object {
  const securityContext = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  };
  return {
    metadata: { name },
    // A priority that is critical is the quota's business; this pod has none.
    spec: { containers: [{ ...container('nginx:1'), securityContext }] },
  };
}

/** The registration as it is, but at an address where nobody answers. */
async function registerNowhere(): Promise<void> {
  const { client } = cluster;
  const port = await freePort();
  for (const { webhooks, ...configuration } of webhookConfigurations(defaultInstall)) {
    const isMutating = configuration.kind === 'MutatingWebhookConfiguration';
    const resource = isMutating ? resources.mutatingWebhookConfigurations : resources.validatingWebhookConfigurations;
    const nowhere = (webhooks as readonly object[]).map((webhook) => ({
      ...webhook,
      clientConfig: { url: `https://127.0.0.1:${port}/nowhere` },
    }));
    await client.delete(resource, configuration.metadata.name).catch(() => undefined);
    await client.create(resource, { ...configuration, webhooks: nowhere } as unknown as KubeObject, {
      fieldValidation: 'Strict',
    });
  }
  await eventually('the registration is in force', () =>
    heldUp(client.create(resources.pods, pod('probe') as KubeObject, { namespace: 'enforced', dryRun: true })),
  );
  // The validating one by itself: an image is judged by no other.
  await eventually('the validating one, too', () =>
    heldUp(
      client.patch(resources.pods, 'old', { spec: { containers: [container('nginx:3')] } }, 'strategic', {
        namespace: 'enforced',
        dryRun: true,
      }),
    ),
  );
}
