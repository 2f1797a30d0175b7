import { configOf } from '../../../src/processes/settings/config.js';
import { podOf } from '../../../src/processes/settings/environment.js';
import { isClusterMode } from '../../../src/processes/settings/is-cluster-mode.js';

test('what the Downward API says of the pod; an empty variable says nothing', () => {
  expect(podOf({ POD_NAME: 'web-1', POD_NAMESPACE: 'shop', NODE_NAME: 'n1', OTHER: 'x' })).toEqual({
    name: 'web-1',
    namespace: 'shop',
    node: 'n1',
  });
  expect(podOf({ POD_NAME: '', NODE_NAME: 'n1' })).toEqual({ node: 'n1' });
});

test.each([
  ['webhook', {}, {}, false],
  ['webhook', {}, { KUBERNETES_SERVICE_HOST: '' }, false],
  ['webhook', {}, { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, true],
  ['webhook', { cluster: 'off' }, { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, false],
  ['webhook', { cluster: 'off', kubeconfig: 'x' }, {}, false],
  ['webhook', { kubeconfig: 'x' }, {}, true],
  ['webhook', { cluster: 'on' }, {}, true],
  ['serve', { kubeconfig: 'x' }, { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, false],
] as const)('%s with %j and %j works with a cluster: %s', (process, flags, environment, expected) => {
  expect(isClusterMode(configOf(process, { flags, environment: {} }).config, environment)).toBe(expected);
});
