import { readdirSync, readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { seccomplyKinds } from '../../src/cluster/kinds.js';
import { readLastGood, writeLastGood } from '../../src/cluster/policies/last-good.js';
import { type ClusterPolicyOptions, watchClusterPolicies } from '../../src/cluster/policies/watch-cluster-policies.js';
import { formatProblem } from '../../src/core/problem/problem.js';
import { loadPolicies, type PolicyLoad } from '../../src/files/policies/load-policies.js';
import type { KubeClient } from '../../src/kubernetes/client.js';
import type { KubeObject } from '../../src/kubernetes/kube-object.js';
import { type Resource, resources } from '../../src/kubernetes/resources.js';
import { itNeedsApiServer as it } from './support/binaries.js';
import { ControlPlane } from './support/control-plane.js';
import { serveCustomKinds, takeAnything } from './support/custom-kinds.js';
import { eventually } from './support/eventually.js';

let cluster: ControlPlane;
let client: KubeClient;
const open: { close(): void }[] = [];
const place = { namespace: 'default', name: 'last-good' };

beforeAll(async () => {
  cluster = await ControlPlane.start();
  client = cluster.client;
  await serveCustomKinds(client);
});
afterEach(async () => {
  for (const watch of open.splice(0)) watch.close();
  if (cluster === undefined) return;
  for (const kind of [seccomplyKinds.policies, seccomplyKinds.exemptions])
    for (const { metadata } of await client.listAll(kind)) await client.delete(kind, metadata.name ?? '');
  await client.delete(resources.configMaps, place.name).catch(() => undefined);
});
afterAll(() => cluster?.stop());

async function watched(options: ClusterPolicyOptions = {}, by = client) {
  const loads: PolicyLoad[] = [];
  const problems: string[] = [];
  const watch = await watchClusterPolicies(by, (load) => void loads.push(load), {
    onProblem: (message) => problems.push(message),
    informer: { backOff: { least: 20, most: 200 } },
    ...options,
  });
  open.push(watch);
  return { loads, problems, watch, last: () => loads.at(-1) as PolicyLoad };
}

const policy = (name: string, profile = 'RuntimeDefault', more: object = {}): KubeObject =>
  ({ metadata: { name }, spec: { assign: [{ profile }], ...more } }) as KubeObject;
const profileOf = (load: PolicyLoad, name: string): string | undefined =>
  load.documents.policies.find(({ reference }) => reference.name === name)?.value.spec.assign?.[0]?.profile;
const put = (object: KubeObject, kind: Resource = seccomplyKinds.policies): Promise<KubeObject> =>
  client.apply(kind, object, { force: true, fieldManager: 'test' });

it('loads the ready policy sets as it loads their files', async () => {
  for (const set of ['baseline', 'restricted', 'by-image', 'exemptions'])
    for (const file of readdirSync(`policies/${set}`).filter((name) => !name.endsWith('.test.yaml')))
      for (const document of parseAllDocuments(readFileSync(`policies/${set}/${file}`, 'utf8'))) {
        const object = document.toJS() as KubeObject | null;
        if (object?.kind === 'SeccompPolicy') await put(object);
        if (object?.kind === 'SeccompExemption') await put(object, seccomplyKinds.exemptions);
      }
  const { loads, last } = await watched();
  const files = await loadPolicies(
    ['baseline', 'restricted', 'by-image', 'exemptions'].map((set) => `policies/${set}`),
  );
  const { policies, exemptions } = last().documents;
  expect(loads).toHaveLength(1);
  expect([policies.length, exemptions.length]).toEqual([
    files.documents.policies.length,
    files.documents.exemptions.length,
  ]);
  expect(last().contentSha256).toBe(files.contentSha256);
  expect(policies[0]?.reference.origin).toMatch(/^cluster:seccomppolicies\/[a-z-]+@1$/);
  expect(last().problems.filter(({ severity }) => severity === 'error')).toEqual([]);
});

it('says nothing until a document has changed, and then at once', async () => {
  await put(policy('web'));
  const { loads, last } = await watched();
  await client.patch(seccomplyKinds.policies, 'web', { status: { conditions: [] } }, 'merge', {
    subresource: 'status',
  });
  await client.patch(seccomplyKinds.policies, 'web', { metadata: { labels: { team: 'web' } } }, 'merge');
  await put(policy('db'));
  await eventually('the new one is loaded', () => profileOf(last(), 'db') !== undefined);
  expect(loads).toHaveLength(2);
  const begun = performance.now();
  await put(policy('web', 'web-static'));
  await eventually('the change is loaded', () => profileOf(last(), 'web') === 'web-static', 5000, 2);
  expect(performance.now() - begun).toBeLessThan(5000);
  await client.delete(seccomplyKinds.policies, 'db');
  await eventually('the removal is loaded', () => profileOf(last(), 'db') === undefined);
  expect(loads).toHaveLength(4);
});

it('keeps what it has while the API server is away', async () => {
  await put(policy('web'));
  const { loads, problems, last, watch } = await watched();
  await cluster.stopApiServer('SIGKILL');
  await eventually('the loss is told', () => problems.length > 0);
  expect(problems[0]).toMatch(/^seccomp(policies|exemptions) cannot be read, the next attempt is in \d+ ms: .*/);
  expect(watch.status().policies).toMatchObject({ synced: true });
  expect(loads).toHaveLength(1);
  await cluster.startApiServer();
  await put(policy('web', 'web-static'));
  await eventually('the change is loaded', () => profileOf(last(), 'web') === 'web-static', 5000);
});

it('lets a replica without rights to read start with the last good set, and takes over when it may', async () => {
  await put(policy('web', 'web-static'));
  const { last } = await watched();
  await writeLastGood(client, place, last().documents, { now: new Date('2027-01-02T03:04:05Z') });
  const user = await cluster.userClient('replica');
  const group = 'rbac.authorization.k8s.io';
  const rbac = { group, version: 'v1' };
  const grant = async (name: string, rule: object): Promise<void> => {
    const metadata = { name };
    await client.create({ ...rbac, plural: 'clusterroles', kind: 'ClusterRole', namespaced: false }, {
      metadata,
      rules: [rule],
    } as KubeObject);
    await client.create({ ...rbac, plural: 'clusterrolebindings', kind: 'ClusterRoleBinding', namespaced: false }, {
      metadata,
      roleRef: { apiGroup: group, kind: 'ClusterRole', name },
      subjects: [{ apiGroup: group, kind: 'User', name: 'replica' }],
    } as KubeObject);
  };
  await grant('read-last-good', {
    apiGroups: [''],
    resources: ['configmaps'],
    resourceNames: [place.name],
    verbs: ['get'],
  });
  await eventually('the right is there', () => readLastGood(user, place));
  const replica = await watched({ lastGood: place, syncTimeout: 500 }, user);
  expect(profileOf(replica.last(), 'web')).toBe('web-static');
  expect(replica.last().contentSha256).toBe(last().contentSha256);
  expect(replica.last().problems.map(formatProblem)).toEqual([
    'warning: the policies of the cluster cannot be read; the set of 2027-01-02T03:04:05.000Z is in force until they can [PD021]\n' +
      '    see the log for what the API server says, and kubectl get seccomp',
  ]);
  await put(policy('web', 'RuntimeDefault'));
  await grant('read-policies', {
    apiGroups: ['seccomply.dev'],
    resources: ['seccomppolicies', 'seccompexemptions'],
    verbs: ['list', 'watch'],
  });
  await eventually('its own documents are loaded', () => profileOf(replica.last(), 'web') === 'RuntimeDefault');
  expect(replica.last().problems).toEqual([]);
});

it('believes no last good set that is not what was written', async () => {
  await put(policy('web'));
  const { last } = await watched();
  const problems: string[] = [];
  const read = () => readLastGood(client, place, { onProblem: (message) => problems.push(message) });
  expect(await read()).toBeUndefined();
  await writeLastGood(client, place, last().documents);
  expect((await read())?.documents.contentSha256).toBe(last().contentSha256);
  const other = await watched();
  await put(policy('web', 'web-static'));
  await eventually('the change is loaded', () => profileOf(other.last(), 'web') === 'web-static');
  await writeLastGood(client, { ...place, name: 'other' }, other.last().documents);
  const { binaryData } = await client.get<KubeObject & { binaryData?: object }>(resources.configMaps, 'other');
  await client.patch(resources.configMaps, place.name, { binaryData }, 'merge');
  expect(await read()).toBeUndefined();
  await client.patch(
    resources.configMaps,
    place.name,
    { binaryData: { 'documents.jsonl.br': Buffer.from('nonsense').toString('base64') } },
    'merge',
  );
  expect(await read()).toBeUndefined();
  expect(problems).toEqual([
    'the last good policy set in the ConfigMap default/last-good cannot be used: its content is not what was written',
    'the last good policy set in the ConfigMap default/last-good cannot be used: Decompression failed',
  ]);
  await client.delete(resources.configMaps, 'other');
});

it('keeps the last good version of a document that cannot be read, over a restart of the replica too', async () => {
  await put(policy('web', 'web-static'));
  await put(policy('db'));
  const { last } = await watched();
  await writeLastGood(client, place, last().documents);
  await takeAnything(client);
  const bad = { metadata: { name: 'web' }, spec: { assign: [{ profile: 'Not A Profile' }] } } as KubeObject;
  await eventually('the API server takes it', () => put(bad));
  await put(policy('db', 'web-static'));
  await eventually('the other change is loaded', () => profileOf(last(), 'db') === 'web-static');
  expect(profileOf(last(), 'web')).toBe('web-static');
  expect(last().problems[0]).toMatchObject({ severity: 'error', place: { path: 'spec.assign[0].profile' } });
  expect(last().notes.map(({ message }) => message)).toEqual([
    'the SeccompPolicy "web" stays in force as it was when it last loaded',
  ]);

  const without = await watched();
  expect(profileOf(without.last(), 'web')).toBeUndefined();
  const restarted = await watched({ lastGood: place });
  expect(profileOf(restarted.last(), 'web')).toBe('web-static');
  expect(profileOf(restarted.last(), 'db')).toBe('web-static');
  expect(restarted.last().contentSha256).toBe(last().contentSha256);

  // Where the whole is too large, what is bad now is what is kept.
  await writeLastGood(client, place, last().documents, { room: 10, bad: new Set(['SeccompPolicy/web']) });
  const kept = await readLastGood(client, place);
  expect(kept?.complete).toBe(false);
  expect(kept?.documents.policies.map(({ reference }) => reference.name)).toEqual(['web']);
  expect(profileOf((await watched({ lastGood: place })).last(), 'web')).toBe('web-static');

  await client.delete(seccomplyKinds.policies, 'web');
  await eventually('the removal of a bad one is loaded', () => profileOf(last(), 'web') === undefined);
});
