import type { KubeObject } from '../../src/kubernetes/kube-object.js';
import { ObjectStore } from '../../src/kubernetes/object-store.js';

test('what is kept of the version before is there to go by', () => {
  const store = new ObjectStore<KubeObject, string>(
    ({ metadata }, before = '') => `${before}${metadata.resourceVersion}`,
    () => undefined,
  );
  const put = (name: string, resourceVersion: string): void => store.put({ metadata: { name, resourceVersion } });
  for (const version of ['1', '2', '2', '3']) put('a', version);
  put('b', '1');
  store.delete('a');
  put('a', '4');
  expect([...store.entries()]).toEqual([
    ['b', '1'],
    ['a', '4'],
  ]);
});
