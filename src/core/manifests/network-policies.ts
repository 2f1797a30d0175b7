import type { Manifest } from '../policy/crd/manifest.js';
import type { InstallOptions } from './install-options.js';
import { labelsOf, selectorOf } from './labels.js';
import { names, ports } from './names.js';

/** In: admission from anywhere (the API server comes from a node's address), metrics from the cluster's pods. Out: DNS and the API server. */
export function networkPolicies({ namespace }: InstallOptions): readonly Manifest[] {
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
  const metrics = { from: [{ namespaceSelector: {} }], ports: [{ protocol: 'TCP', port: ports.admin }] };
  // Probes come from the node, which no selector of pods means.
  const probes = { ports: [{ protocol: 'TCP', port: ports.admin }] };
  return [
    policy('webhook', [{ ports: [{ protocol: 'TCP', port: ports.admission }] }, metrics]),
    policy('controller', [probes]),
  ];
}
