import { defaultInstall } from '../../../src/core/manifests/install-options.js';
import { networkPolicies } from '../../../src/core/manifests/network-policies.js';

interface Rule {
  readonly from?: readonly object[];
  readonly ports: readonly { readonly port: number }[];
}

/** Who gets to a port of a component; `anybody` where nothing is said. */
function allowed(component: string, port: number, options: Partial<typeof defaultInstall>): readonly unknown[] {
  const policy = networkPolicies({ ...defaultInstall, ...options }).find(({ metadata }) => metadata.name === component);
  const { ingress } = (policy as { readonly spec: { readonly ingress: readonly Rule[] } } | undefined)?.spec ?? {
    ingress: [],
  };
  return ingress
    .filter(({ ports }) => ports.some((one) => one.port === port))
    .flatMap(({ from }) => from ?? ['anybody']);
}

const controller = {
  podSelector: { matchLabels: { 'app.kubernetes.io/name': 'seccomply', 'app.kubernetes.io/component': 'controller' } },
};
const pods = { namespaceSelector: {} };
const apiServer = { ipBlock: { cidr: '10.0.0.4/32' } };
const monitoring = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } };
const narrow = { apiServerPeers: [apiServer], metricsPeers: [monitoring] };

test.each([
  ['seccomply-webhook', 8443, {}, ['anybody', controller]],
  ['seccomply-webhook', 9443, {}, [pods]],
  ['seccomply-controller', 9443, {}, [pods]],
  // The controller has to get through: it registers the webhooks when a replica answers it.
  ['seccomply-webhook', 8443, narrow, [apiServer, controller]],
  ['seccomply-webhook', 9443, narrow, [apiServer, monitoring]],
  ['seccomply-controller', 9443, narrow, [apiServer, monitoring]],
  // An empty list is nobody here, though NetworkPolicy takes it for anybody.
  ['seccomply-webhook', 9443, { metricsPeers: [] }, []],
  ['seccomply-controller', 9443, { metricsPeers: [] }, []],
])('who gets to %s on port %i, with %j', (component, port, options, from) => {
  expect(allowed(component, port, options)).toEqual(from);
});
