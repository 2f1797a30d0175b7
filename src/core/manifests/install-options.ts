import { names } from './names.js';

/** What an installation can have in its own way. Every text may also be a placeholder: the Helm chart is made with those. */
export interface InstallOptions {
  readonly namespace: string;
  readonly image: string;
  readonly imagePullPolicy: string;
  readonly webhookReplicas: number;
  readonly controllerReplicas: number;
  /**
   * `self-managed`: an authority of our own in a Secret, leaves in memory. `cert-manager`: an Issuer and a Certificate of
   * cert-manager, which also writes the caBundle. `secret`: somebody else fills the Secret `seccomply-webhook-tls`.
   */
  readonly certificates: 'self-managed' | 'cert-manager' | 'secret';
  /**
   * Whether the webhook asks its callers for a certificate of the ConfigMap `seccomply-client-ca`, which somebody else makes: `optional` only
   * records who showed none, `required` refuses him. The API server has to be told to show one.
   */
  readonly clientCertificates: 'none' | 'optional' | 'required';
  /** Common names of such certificates, with commas between. */
  readonly clientNames: string;
  /** `system-cluster-critical`, with the ResourceQuota that it needs outside kube-system on some clouds; empty for none. */
  readonly priorityClassName: string;
  readonly logLevel: string;
  readonly webhookResources: Resources;
  readonly controllerResources: Resources;
  readonly networkPolicy: boolean;
  /** Where the API server's calls come from; empty: from anywhere, since it has an address that no selector of pods means. */
  readonly apiServerPeers: readonly NetworkPeer[];
  /** Who may read metrics. */
  readonly metricsPeers: readonly NetworkPeer[];
  /** PodDisruptionBudgets and spreading over nodes and zones. */
  readonly highAvailability: boolean;
  /** ServiceMonitor, PrometheusRule and the dashboard; the first two need the Prometheus operator's kinds. */
  readonly monitoring: boolean;
  /** The controller keeps the exported admission policies, so that the essential rule holds while no webhook answers. */
  readonly admissionPolicies: boolean;
}

/** https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/, `NetworkPolicyPeer`. */
export interface NetworkPeer {
  readonly ipBlock?: { readonly cidr: string };
  readonly namespaceSelector?: object;
  readonly podSelector?: object;
}

export interface Resources {
  readonly requests: { readonly cpu: string; readonly memory: string };
  /** No limit on CPU: a throttled webhook holds up every pod of the cluster. */
  readonly limits: { readonly memory: string };
}

export const defaultInstall: InstallOptions = {
  namespace: names.namespace,
  image: 'seccomply:dev',
  imagePullPolicy: 'IfNotPresent',
  webhookReplicas: 3,
  controllerReplicas: 2,
  certificates: 'self-managed',
  clientCertificates: 'none',
  clientNames: 'kube-apiserver',
  priorityClassName: 'system-cluster-critical',
  logLevel: 'info',
  webhookResources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } },
  controllerResources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '512Mi' } },
  networkPolicy: true,
  apiServerPeers: [],
  metricsPeers: [{ namespaceSelector: {} }],
  highAvailability: true,
  monitoring: false,
  admissionPolicies: false,
};
