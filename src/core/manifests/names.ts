/** What things of ours are called in a cluster; manifests, roles and tests take the names from here. */
export const names = {
  namespace: 'seccomply-system',
  webhook: 'seccomply-webhook',
  controller: 'seccomply-controller',
  /** The Service in front of the webhook's replicas. */
  service: 'seccomply-webhook',
  /** The Secret of the certificate authority. Whoever reads it can stand in for the webhook. */
  authoritySecret: 'seccomply-ca',
  /** The Secret of a certificate that somebody else makes (cert-manager, a PKI of one's own). */
  tlsSecret: 'seccomply-webhook-tls',
  /** The ConfigMap with the authority (ca.crt) of the certificates that the webhook asks its callers for. */
  clientCa: 'seccomply-client-ca',
  /** The ConfigMap of the last good policy set, which replicas load at start. */
  policySet: 'seccomply-policy-set',
  /** The Lease of the controller that works. */
  lease: 'seccomply-controller',
  /** Both webhook configurations. */
  registration: 'seccomply',
  /** The field manager of what the programs write. */
  fieldManager: 'seccomply',
  /** Who holds what the controller keeps up to date: not who applies the manifests, so that applying them again leaves it alone. */
  controllerFieldManager: 'seccomply-controller',
} as const;

export const ports = {
  /** Admission and health. */
  admission: 8443,
  /** Metrics, health and pages. */
  admin: 9443,
} as const;

/** Namespaces in which a webhook that does not answer keeps no pod out, beside our own. */
export const unenforcedNamespaces = ['kube-system', 'kube-node-lease'] as const;

/** The names the API server, and everything else in the cluster, may use for a Service. */
export function serviceNames(service: string, namespace: string): readonly string[] {
  return [
    service,
    `${service}.${namespace}`,
    `${service}.${namespace}.svc`,
    `${service}.${namespace}.svc.cluster.local`,
  ];
}
