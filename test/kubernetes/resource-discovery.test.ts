import { ResourceDiscovery } from '../../src/kubernetes/resource-discovery.js';
import { resourceOf, resources } from '../../src/kubernetes/resources.js';
import { FakeApiServer } from '../support/fake-api-server.js';

const widgets = resourceOf('example.org/v1', 'Widget', 'widgets', 'Namespaced');
const list = JSON.stringify({
  kind: 'APIResourceList',
  resources: [
    { name: 'widgets', kind: 'Widget', namespaced: true },
    { name: 'widgets/status', kind: 'Widget', namespaced: true },
    { name: 'shelves', kind: 'Shelf', namespaced: false },
  ],
});
const any = () => true;

let server: FakeApiServer;
beforeEach(async () => {
  server = await FakeApiServer.start();
});
afterEach(() => server.stop());

test("knows Kubernetes' own kinds and those that it was given", async () => {
  const discovery = new ResourceDiscovery(server.client(), [widgets]);
  expect(await discovery.resourceOf({ apiVersion: 'apps/v1', kind: 'Deployment' })).toBe(resources.deployments);
  expect(await discovery.resourceOf({ apiVersion: 'example.org/v1', kind: 'Widget' })).toBe(widgets);
  expect(server.requests).toEqual([]);
});

test('asks for others, once for each group and version', async () => {
  const discovery = new ResourceDiscovery(server.client());
  server.intercept(any, { answer: 200, body: list });
  expect(await discovery.resourceOf({ apiVersion: 'example.org/v1', kind: 'Widget' })).toEqual(widgets);
  expect(await discovery.resourceOf({ apiVersion: 'example.org/v1', kind: 'Shelf' })).toEqual(
    resourceOf('example.org/v1', 'Shelf', 'shelves', 'Cluster'),
  );
  expect(server.requests.map(({ path }) => path)).toEqual(['/apis/example.org/v1']);
});

test('asks again for a kind that was not there: it may have come since', async () => {
  const discovery = new ResourceDiscovery(server.client());
  server.intercept(any, { answer: 404 });
  expect(await discovery.resourceOf({ apiVersion: 'example.org/v1', kind: 'Widget' })).toBeUndefined();
  server.intercept(any, { answer: 200, body: list });
  expect(await discovery.resourceOf({ apiVersion: 'example.org/v1', kind: 'Widget' })).toEqual(widgets);
});
