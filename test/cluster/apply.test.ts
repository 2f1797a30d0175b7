import { applyObject } from '../../src/kube/apply.js';
import type { KubeObject } from '../../src/kube/client.js';
import { resources } from '../../src/kube/resources.js';
import { itNeedsApiServer as it } from './support/binaries.js';
import { ControlPlane } from './support/control-plane.js';

let cluster: ControlPlane;
beforeAll(async () => {
  cluster = await ControlPlane.start();
});
afterAll(() => cluster?.stop());

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}
const map = (name: string, data: Record<string, string>): ConfigMap => ({
  metadata: { name, namespace: 'default' },
  data,
});

it('sets only its own fields and takes back what it no longer says', async () => {
  const { client } = cluster;
  await client.apply(resources.configMaps, map('shared', { theirs: '1' }), { fieldManager: 'somebody' });
  await applyObject(client, resources.configMaps, map('shared', { ours: '1', more: '1' }));
  const applied = await applyObject(client, resources.configMaps, map('shared', { ours: '2' }));
  expect(applied).toMatchObject({ is: 'applied', object: { data: { theirs: '1', ours: '2' } } });
  const { data, metadata } = await client.get<ConfigMap>(resources.configMaps, 'shared');
  expect(data).toEqual({ theirs: '1', ours: '2' });
  expect(metadata.managedFields).toEqual(
    expect.arrayContaining([expect.objectContaining({ manager: 'seccomply', operation: 'Apply' })]),
  );
});

it('changes nothing that somebody else holds, says who and what, and takes it over when told to', async () => {
  const { client } = cluster;
  await client.apply(resources.configMaps, map('held', { a: '1', b: '1', c: '1' }), { fieldManager: 'gitops' });
  await client.patch(resources.configMaps, 'held', { data: { c: '2' } }, 'merge', { fieldManager: 'kubectl-edit' });
  const wanted = map('held', { a: '9', b: '9', c: '9' });
  const refused = await applyObject(client, resources.configMaps, wanted);
  if (refused.is !== 'conflict') throw new Error('it was applied');
  expect(refused.conflicts.map(({ field, manager }) => `${manager} ${field}`).sort()).toEqual([
    'gitops .data.a',
    'gitops .data.b',
    'kubectl-edit .data.c',
  ]);
  expect(refused.message).toMatch(
    /^ConfigMap default\/held was not changed: .*gitops holds \.data\.a, \.data\.b.* Let that manager give the fields up, or take them over by force$/,
  );
  expect((await client.get<ConfigMap>(resources.configMaps, 'held')).data).toEqual({ a: '1', b: '1', c: '2' });
  expect((await applyObject(client, resources.configMaps, wanted, { force: true })).is).toBe('applied');
});

it('tells what it would do without doing it, and refuses unknown fields when asked to', async () => {
  const { client } = cluster;
  const dry = await applyObject(client, resources.configMaps, map('dry', { a: '1' }), { dryRun: true });
  expect(dry.is).toBe('applied');
  await expect(client.get(resources.configMaps, 'dry')).rejects.toMatchObject({ code: 'not-found' });
  const odd = { ...map('odd', {}), colour: 'red' };
  await expect(applyObject(client, resources.configMaps, odd, { fieldValidation: 'Strict' })).rejects.toMatchObject({
    code: 'server',
  });
});

it('hands on the warnings of the server', async () => {
  const warnings: string[] = [];
  const pod = {
    metadata: { name: 'old', namespace: 'default' },
    spec: { containers: [{ name: 'a', image: 'a' }], nodeSelector: { 'beta.kubernetes.io/arch': 'amd64' } },
  } as KubeObject;
  await cluster.client.create(resources.pods, pod, { dryRun: true, onWarning: (text) => warnings.push(text) });
  expect(warnings).toEqual([
    'spec.nodeSelector[beta.kubernetes.io/arch]: deprecated since v1.14; use "kubernetes.io/arch" instead',
  ]);
});
