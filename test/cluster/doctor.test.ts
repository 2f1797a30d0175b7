import { readFileSync } from 'node:fs';
import type { CheckResult, DoctorOptions } from '../../src/cluster/doctor/check.js';
import { checkInstallation } from '../../src/cluster/doctor/doctor.js';
import type { WebhookConfiguration } from '../../src/cluster/registration/webhook-configuration.js';
import { names } from '../../src/core/manifests/names.js';
import { formatProblem } from '../../src/core/problem/problem.js';
import type { KubeObject } from '../../src/kubernetes/kube-object.js';
import { resources } from '../../src/kubernetes/resources.js';
import { itNeedsApiServer as it } from './support/binaries.js';
import { ControlPlane } from './support/control-plane.js';
import { eventually } from './support/eventually.js';
import { applyInstallation } from './support/installed.js';
import { RunningSeccomply } from './support/running.js';

// One fault after the other in a running installation: what the doctor says of each, and that it says nothing without.

let cluster: ControlPlane;
let seccomply: RunningSeccomply;

beforeAll(async () => {
  cluster = await ControlPlane.start();
  seccomply = await RunningSeccomply.start(cluster);
}, 120_000);
afterAll(async () => {
  await seccomply?.stop();
  await cluster?.stop();
});

/** The Deployments are applied and nothing runs them here: what is said of that is left out. */
const notHere = new Set(['webhook', 'controller']);

async function told(more: Partial<DoctorOptions> = {}): Promise<Readonly<Record<string, readonly string[]>>> {
  const options = { namespace: names.namespace, probeNamespace: 'default', now: Date.now(), ...more };
  const found = await checkInstallation(cluster.client, options);
  const bad = found.filter(({ title, problems }) => problems.length > 0 && !notHere.has(title));
  return Object.fromEntries(bad.map((one: CheckResult) => [one.title, one.problems.map(withoutPorts)]));
}

const withoutPorts = (problem: Parameters<typeof formatProblem>[0]): string =>
  formatProblem(problem).replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT');

const registration = () =>
  cluster.client.get<WebhookConfiguration>(resources.validatingWebhookConfigurations, names.registration);

it('says nothing of an installation that works', async () => {
  expect(await told()).toEqual({});
});

it('client certificates are asked for, and there is no authority to check them with', async () => {
  await applyInstallation(cluster, { clientCertificates: 'optional' });
  expect(await told()).toEqual({
    callers: [
      "error: no new pod of seccomply-webhook can start: the ConfigMap seccomply-client-ca is missing, with the authority that signs the API server's client certificate [KD25]\n    kubectl -n seccomply-system create configmap seccomply-client-ca --from-file=ca.crt=client-ca.crt",
    ],
  });
  await cluster.client.create(
    resources.configMaps,
    { metadata: { name: names.clientCa }, data: { 'ca.crt': '' } } as KubeObject,
    { namespace: names.namespace },
  );
  expect(await told()).toEqual({});
});

it('a webhook that does not answer', async () => {
  await seccomply.webhook.stop();
  try {
    expect(await told()).toMatchInlineSnapshot(`
{
  "an Unconfined pod": [
    "error: the API server cannot call mutate.seccomply.dev: failed to call webhook: Post "https://127.0.0.1:PORT/mutate?timeout=3s": dial tcp 127.0.0.1:PORT: connect: connection refused [KD24]
    Open the way from the API server to port 8443 of the pods (firewall rules of private clusters, NetworkPolicies, CNI without a way from the host).",
  ],
}
`);
  } finally {
    seccomply.startWebhook();
  }
  await eventually('it is well again', async () => Object.keys(await told()).length === 0);
});

it('a caBundle that is not ours, and a failure policy that lets pods in', async () => {
  await seccomply.controller.stop();
  const { webhooks = [] } = await registration();
  await cluster.client.patch(
    resources.validatingWebhookConfigurations,
    names.registration,
    {
      webhooks: webhooks.map((one) => ({
        ...one,
        ...(one.name === 'validate.seccomply.dev' ? { failurePolicy: 'Ignore' } : {}),
      })),
    },
    'merge',
  );
  const mutating = await cluster.client.get<WebhookConfiguration>(
    resources.mutatingWebhookConfigurations,
    names.registration,
  );
  const bundle = readFileSync(cluster.authority.cert).toString('base64');
  await cluster.client.patch(
    resources.mutatingWebhookConfigurations,
    names.registration,
    {
      webhooks: (mutating.webhooks ?? []).map((one) => ({
        ...one,
        clientConfig: { ...one.clientConfig, caBundle: bundle },
      })),
    },
    'merge',
  );
  // An API server learns of a changed configuration from a watch.
  await eventually('the API server goes by it', async () => (await told())['an Unconfined pod'] !== undefined);
  expect(await told()).toMatchInlineSnapshot(`
{
  "an Unconfined pod": [
    "error: the API server cannot call mutate.seccomply.dev: failed to call webhook: Post "https://127.0.0.1:PORT/mutate?timeout=3s": tls: failed to verify certificate: x509: certificate signed by unknown authority [KD24]
    The certificate that the webhook serves is not one of the caBundle: see whether the controller runs (kubectl -n seccomply-system logs deploy/seccomply-controller).",
  ],
  "certificates": [
    "error: the caBundle of mutate.seccomply.dev is not that of the authority (1 certificates in it) [KD11]
    The controller writes it within seconds: see whether it runs, and whether something else changes the configuration.",
    "error: the caBundle of mutate-audit.seccomply.dev is not that of the authority (1 certificates in it) [KD11]
    The controller writes it within seconds: see whether it runs, and whether something else changes the configuration.",
    "error: the caBundle of mutate-system.seccomply.dev is not that of the authority (1 certificates in it) [KD11]
    The controller writes it within seconds: see whether it runs, and whether something else changes the configuration.",
  ],
  "registration": [
    "warning: validate.seccomply.dev has the failurePolicy Ignore: pods get in unseen while the webhook does not answer [KD13]
    If that is not meant: kubectl delete validatingwebhookconfiguration seccomply && seccomply install",
  ],
}
`);
});

it('a registration and a guard that somebody deleted', async () => {
  await cluster.client.delete(resources.mutatingWebhookConfigurations, names.registration);
  await cluster.client.delete(resources.validatingWebhookConfigurations, names.registration);
  await cluster.client.delete(resources.validatingAdmissionPolicyBindings, 'seccomply-enforcement-label');
  await eventually('the API server goes by it', async () =>
    (await told())['an Unconfined pod']?.join().includes('KD20'),
  );
  expect(await told()).toMatchInlineSnapshot(`
{
  "an Unconfined pod": [
    "error: the API server took an Unconfined pod in default (in a dry run), and did not ask the webhook [KD20]
    See whether the registration is there, and whether the namespace has the label seccomply.dev/enforcement.",
  ],
  "guards": [
    "error: the ValidatingAdmissionPolicyBinding seccomply-enforcement-label is missing: whoever may write a namespace can exempt himself [KD14]
    Run seccomply install again.",
  ],
  "registration": [
    "error: the MutatingWebhookConfiguration seccomply is missing: nothing is enforced [KD12]
    If it was deleted in an emergency, the controller puts it back an hour later; seccomply install does so now.",
    "error: the ValidatingWebhookConfiguration seccomply is missing: nothing is enforced [KD12]
    If it was deleted in an emergency, the controller puts it back an hour later; seccomply install does so now.",
  ],
}
`);
});

it('webhooks of others, DaemonSets that nodes need, and documents that do nothing', async () => {
  const { client } = cluster;
  const webhook = (name: string, more: object) => ({
    name,
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    clientConfig: { url: 'https://127.0.0.1:1/' },
    rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
    ...more,
  });
  const label = { key: 'nobody.has/it', operator: 'Exists' };
  await client.create(resources.mutatingWebhookConfigurations, {
    metadata: { name: 'spo-mutating' },
    webhooks: [
      webhook('binding.spo.io', { failurePolicy: 'Ignore', namespaceSelector: { matchExpressions: [label] } }),
    ],
  } as KubeObject);
  await client.create(resources.namespaces, { metadata: { name: 'calico' } });
  const labels = { app: 'calico' };
  const hostPath = { name: 'cni', hostPath: { path: '/opt/cni/bin' } };
  await client.create(resources.daemonSets, {
    metadata: { name: 'calico-node', namespace: 'calico' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'c' }], volumes: [hostPath] } },
    },
  } as KubeObject);
  const found = await told();
  expect({ others: found['other webhooks'], daemonSets: found['node-critical DaemonSets'] }).toMatchInlineSnapshot(`
{
  "daemonSets": [
    "warning: nodes need calico-node (it sets the network of nodes up) in calico before they can reach the webhook that has to admit it: a cluster that was off may not come back [KD50]
    kubectl label namespace calico seccomply.dev/enforcement=audit   (and seccomply install --vap, so that the essential rule holds there all the same)",
  ],
  "others": [
    "warning: binding.spo.io (spo-mutating) sets seccomp profiles, too: what it sets before us counts as the pod's own [KD41]
    Let one of the two assign profiles; see \`existing\` of the policies.",
  ],
}
`);
  await client.create(resources.validatingWebhookConfigurations, {
    metadata: { name: 'greedy' },
    webhooks: [webhook('all.greedy.example', { failurePolicy: 'Fail' })],
  } as KubeObject);
  await eventually('the greedy one is in force', async () =>
    (await told())['an Unconfined pod']?.join().includes('greedy'),
  );
  const greedy = await told();
  expect({ others: greedy['other webhooks'], probe: greedy['an Unconfined pod'] }).toMatchInlineSnapshot(`
{
  "others": [
    "warning: binding.spo.io (spo-mutating) sets seccomp profiles, too: what it sets before us counts as the pod's own [KD41]
    Let one of the two assign profiles; see \`existing\` of the policies.",
    "warning: all.greedy.example (greedy) has to answer before a pod of ours can start: when both are down, neither comes back [KD40]
    Exclude the namespace seccomply-system from it.",
  ],
  "probe": [
    "error: another webhook, all.greedy.example, does not answer and keeps every pod out: failed to call webhook: Post "https://127.0.0.1:PORT/?timeout=10s": dial tcp 127.0.0.1:PORT: connect: connection refused [KD23]
    Mend it, or delete its configuration.",
  ],
}
`);
});
