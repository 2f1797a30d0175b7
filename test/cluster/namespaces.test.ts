import { ClusterNamespaces } from '../../src/cluster/policies/cluster-namespaces.js';
import { resources } from '../../src/kubernetes/resources.js';
import { itNeedsApiServer as it } from './support/binaries.js';
import { ControlPlane } from './support/control-plane.js';
import { eventually } from './support/eventually.js';

let cluster: ControlPlane;
const watching: ClusterNamespaces[] = [];
beforeAll(async () => {
  cluster = await ControlPlane.start({ audit: 'Metadata' });
});
afterEach(async () => {
  for (const one of watching.splice(0)) await one.stop();
});
afterAll(() => cluster?.stop());

function namespaces(): ClusterNamespaces {
  const one = new ClusterNamespaces(cluster.client);
  watching.push(one);
  return one;
}
const make = (name: string, labels: Record<string, string> = {}) =>
  cluster.client.create(resources.namespaces, { metadata: { name, labels } });

it('knows the labels of every namespace and follows their changes', async () => {
  await make('shop', { team: 'web' });
  const known = namespaces();
  known.start();
  expect(await known.synced(10_000)).toBe(true);
  expect(known.labelsOf('shop')).toEqual({ 'kubernetes.io/metadata.name': 'shop', team: 'web' });
  await cluster.client.patch(resources.namespaces, 'shop', { metadata: { labels: { team: 'db' } } }, 'merge');
  await eventually('the change is known', () => known.labelsOf('shop')?.team === 'db', 5000, 5);
  expect(known.labelsOf('no-such')).toBeUndefined();
});

it('asks once for a namespace that it does not know yet, however many wait for it', async () => {
  await make('new', { team: 'web' });
  const known = namespaces();
  const answers = await Promise.all(Array.from({ length: 50 }, () => known.fetch('new', 2000)));
  expect(new Set(answers.map((labels) => labels?.team))).toEqual(new Set(['web']));
  const asked = () =>
    cluster
      .auditEvents()
      .filter(
        ({ verb, stage, objectRef }) => verb === 'get' && stage === 'ResponseComplete' && objectRef?.name === 'new',
      );
  expect(asked()).toHaveLength(1);
  expect(await known.fetch('no-such', 2000)).toBeUndefined();
});

it('says within the deadline that it cannot tell', async () => {
  const known = namespaces();
  cluster.pause('apiserver');
  try {
    const begun = performance.now();
    await expect(known.fetch('shop', 200)).rejects.toMatchObject({ code: 'deadline' });
    expect(performance.now() - begun).toBeLessThan(5000);
  } finally {
    cluster.resume('apiserver');
  }
});
