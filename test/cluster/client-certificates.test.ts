import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkProbe } from '../../src/cluster/doctor/probe.js';
import { type ProbeResult, probeAdmission } from '../../src/cluster/registration/admission-probe.js';
import { names } from '../../src/core/manifests/names.js';
import { webhookConfigurations } from '../../src/core/manifests/registration.js';
import type { KubeObject } from '../../src/kubernetes/kube-object.js';
import { type Resource, resources } from '../../src/kubernetes/resources.js';
import { ClientAuthority } from '../support/client-authority.js';
import { unconfinedPod as forgedPod, podReview } from '../support/pod-review.js';
import { json, type Serving, sendTo, startServing, stopAll } from '../support/serving.js';
import { itNeedsApiServer as it } from './support/binaries.js';
import { ControlPlane } from './support/control-plane.js';
import { eventually } from './support/eventually.js';

// A real API server with the very files of docs/how-to/client-certificates.md, which shows its certificate to a real webhook.

const page = readFileSync('docs/how-to/client-certificates.md', 'utf8');
const inDocs = '/etc/kubernetes/pki/seccomply';
/** The Service's endpoints cannot be on loopback. */
const address = Object.values(networkInterfaces())
  .flatMap((found) => found ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

const { namespace } = names;

let folder: string;
let cluster: ControlPlane;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-client-certificates-'));
  makeFiles('1');
  cluster = await ControlPlane.start({
    // Calls go to the endpoints of a Service: no kube-proxy runs here that would lead its address there.
    args: [`--admission-control-config-file=${folder}/admission.yaml`, '--enable-aggregator-routing=true'],
  });
}, 180_000);
afterEach(stopAll);
afterAll(async () => {
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The files of the page, with its commands. */
function makeFiles(authority: string): void {
  const commands = blocks('sh').find((block) => block.includes('openssl x509')) ?? '';
  execFileSync('sh', ['-e', '-c', commands.replace('clients 1', `clients ${authority}`)], {
    cwd: folder,
    stdio: 'ignore',
  });
  const [admission = '', kubeconfig = ''] = blocks('yaml');
  writeFileSync(join(folder, 'admission.yaml'), admission.replaceAll(inDocs, folder));
  writeFileSync(join(folder, 'kubeconfig.yaml'), kubeconfig);
}

function blocks(language: string): readonly string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'gm'))].map(([, text = '']) => text);
}

/** Where the webhook listens: its Service with the endpoint of this machine, and the registration for that Service. */
async function register({ port, ca }: Serving): Promise<void> {
  const { client } = cluster;
  const of = (apiVersion: string, plural: string, kind: string, namespaced = true): Resource => {
    const [version = '', group = ''] = apiVersion.split('/').reverse();
    return { group, version, plural, kind, namespaced };
  };
  const apply = (resource: Resource, object: object) => client.apply(resource, object as KubeObject, { force: true });
  await apply(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await apply(of('v1', 'services', 'Service'), {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: names.service, namespace },
    spec: { ports: [{ name: 'admission', port: 443, targetPort: 8443 }] },
  });
  await apply(of('discovery.k8s.io/v1', 'endpointslices', 'EndpointSlice'), {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: names.service, namespace, labels: { 'kubernetes.io/service-name': names.service } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [{ name: 'admission', port, protocol: 'TCP' }],
  });
  for (const [index, object] of webhookConfigurations({ namespace, certificates: 'secret', caBundle: ca }).entries()) {
    const kind = index === 0 ? 'MutatingWebhookConfiguration' : 'ValidatingWebhookConfiguration';
    await apply(of('admissionregistration.k8s.io/v1', `${kind.toLowerCase()}s`, kind, false), object);
  }
}

/** A webhook that serves under the name of the Service, registered. */
async function start(...flags: readonly string[]): Promise<Serving> {
  const serving = await startServing('webhook', [
    ...['--listen', '0.0.0.0:0', '--tls-names', `${names.service}.${namespace}.svc`],
    ...flags,
  ]);
  await register(serving);
  return serving;
}

function probed<Is extends ProbeResult['is']>(is: Is): Promise<Extract<ProbeResult, { is: Is }>> {
  return eventually(`a probe is ${is}`, async () => {
    const result = await probeAdmission(cluster.client, 'default');
    return result.is === is && (result as Extract<ProbeResult, { is: Is }>);
  });
}

/** What somebody gets who asks without the API server, and `caller` of the record that he left. */
async function forge({ port, ca, records }: Serving, uid: string): Promise<{ status: number; caller?: unknown }> {
  const review = podReview(forgedPod, { uid, namespace: 'forged', userInfo: { username: 'somebody-else' } });
  const { status } = await sendTo({ port, ca }, 'POST', '/validate', JSON.stringify(review), json);
  const record = () => (records() as unknown as Record[]).find(({ request }) => request?.uid === uid);
  if (status !== 200) return { status, ...(record() === undefined ? {} : { caller: record()?.caller }) };
  return { status, caller: (await eventually('the record came', record)).caller };
}

interface Record {
  readonly recordType: string;
  readonly caller?: unknown;
  readonly request?: { readonly uid: string; readonly namespace?: string };
}

/** `caller` of every record of an admission in a namespace. */
function callersIn({ records }: Serving, where: string): readonly unknown[] {
  return (records() as unknown as Record[])
    .filter(({ request }) => request?.namespace === where)
    .map(({ caller }) => caller);
}

it('with the certificate pods are judged, the records say who called, and nobody else is answered', async () => {
  const serving = await start('--client-ca', join(folder, 'client-ca.crt'), '--client-names', 'kube-apiserver');
  await probed('refused');
  await eventually('the record came', () => callersIn(serving, 'default').length > 0);
  expect(new Set(callersIn(serving, 'default').map((caller) => JSON.stringify(caller)))).toEqual(
    new Set(['{"authenticated":true,"name":"kube-apiserver"}']),
  );
  const made = await cluster.client.create(
    resources.pods,
    { metadata: { generateName: 'plain-' }, spec: { containers: [{ name: 'c', image: 'i' }] } } as KubeObject,
    { namespace: 'default' },
  );
  expect(JSON.stringify(made)).toContain('"seccompProfile":{"type":"RuntimeDefault"}');
  expect(await forge(serving, 'forged-1')).toEqual({ status: 401 });
  expect(callersIn(serving, 'forged')).toEqual([]);
});

it('certificates that are replaced on disk are shown without a restart of the API server', async () => {
  makeFiles('2');
  await start('--client-ca', join(folder, 'client-ca.crt'), '--client-names', 'kube-apiserver');
  await probed('refused');
});

it('without the option whoever reaches the port leaves a record, which says so', async () => {
  const serving = await start();
  await probed('refused');
  expect(await forge(serving, 'forged-2')).toEqual({ status: 200, caller: { authenticated: false } });
  expect(new Set(callersIn(serving, 'default').map((caller) => JSON.stringify(caller)))).toEqual(
    new Set(['{"authenticated":false}']),
  );
});

for (const [what, own, more] of [
  ['another authority', false, []],
  ['another name', true, ['--client-names', 'front']],
] as const)
  it(`an API server whose certificate is one of ${what} is told apart by the doctor`, async () => {
    const other = join(folder, 'other.crt');
    writeFileSync(other, new ClientAuthority().ca);
    await start('--client-ca', own ? join(folder, 'client-ca.crt') : other, ...more);
    expect(await probed('not called')).toMatchObject({ why: 'not authenticated' });
    const { problems } = await checkProbe(cluster.client, { namespace, probeNamespace: 'default', now: Date.now() });
    expect(problems[0]?.advice).toContain('SECCOMPLY_CLIENT_CERTIFICATES=optional');
  });
