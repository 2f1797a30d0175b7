import type { Manifest } from '../policy/crd/manifest.js';
import type { InstallOptions } from './install-options.js';
import { labelsOf, selectorOf } from './labels.js';
import { names, ports } from './names.js';

/**
 * In: admission from the API server, as far as its addresses are given, and from the controller, which asks whether a replica is ready before
 * it registers the webhooks; metrics. The probes of a kubelet come from the node that the pod runs on, which a NetworkPolicy never keeps out.
 * Out: DNS, the API server, and from the controller the webhook.
 */
export function networkPolicies({ namespace, apiServerPeers, metricsPeers }: InstallOptions): readonly Manifest[] {
  const policy = (component: 'webhook' | 'controller', ingress: readonly object[]): Manifest => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: names[component], namespace, labels: labelsOf(component) },
    spec: {
      podSelector: { matchLabels: selectorOf(component) },
      policyTypes: ['Ingress', 'Egress'],
      ingress,
      egress: [
        {
          ports: [
            { protocol: 'UDP', port: 53 },
            { protocol: 'TCP', port: 53 },
          ],
        },
        { ports: [443, 6443, 8443].map((port) => ({ protocol: 'TCP', port })) },
      ],
    },
  });
  const admission = { protocol: 'TCP', port: ports.admission };
  const admin = { protocol: 'TCP', port: ports.admin };
  const isApiServerKnown = apiServerPeers.length > 0;
  // An empty `from` would be anybody.
  const metrics = metricsPeers.length === 0 ? [] : [{ from: metricsPeers, ports: [admin] }];
  return [
    policy('webhook', [
      // It asks for metrics and health, too, for those who come through its proxy.
      isApiServerKnown ? { from: apiServerPeers, ports: [admission, admin] } : { ports: [admission] },
      { from: [{ podSelector: { matchLabels: selectorOf('controller') } }], ports: [admission] },
      ...metrics,
    ]),
    policy('controller', [...(isApiServerKnown ? [{ from: apiServerPeers, ports: [admin] }] : []), ...metrics]),
  ];
}
