/** A kind of object as the API server serves it. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** Kinds of Kubernetes itself. Others are described by whoever uses them, or found by `ResourceDiscovery`. */
export const resources = {
  namespaces: resourceOf('v1', 'Namespace', 'namespaces', 'Cluster'),
  nodes: resourceOf('v1', 'Node', 'nodes', 'Cluster'),
  pods: resourceOf('v1', 'Pod', 'pods', 'Namespaced'),
  configMaps: resourceOf('v1', 'ConfigMap', 'configmaps', 'Namespaced'),
  secrets: resourceOf('v1', 'Secret', 'secrets', 'Namespaced'),
  services: resourceOf('v1', 'Service', 'services', 'Namespaced'),
  serviceAccounts: resourceOf('v1', 'ServiceAccount', 'serviceaccounts', 'Namespaced'),
  deployments: resourceOf('apps/v1', 'Deployment', 'deployments', 'Namespaced'),
  daemonSets: resourceOf('apps/v1', 'DaemonSet', 'daemonsets', 'Namespaced'),
  replicaSets: resourceOf('apps/v1', 'ReplicaSet', 'replicasets', 'Namespaced'),
  statefulSets: resourceOf('apps/v1', 'StatefulSet', 'statefulsets', 'Namespaced'),
  jobs: resourceOf('batch/v1', 'Job', 'jobs', 'Namespaced'),
  cronJobs: resourceOf('batch/v1', 'CronJob', 'cronjobs', 'Namespaced'),
  leases: resourceOf('coordination.k8s.io/v1', 'Lease', 'leases', 'Namespaced'),
  events: resourceOf('events.k8s.io/v1', 'Event', 'events', 'Namespaced'),
  customResourceDefinitions: resourceOf(
    'apiextensions.k8s.io/v1',
    'CustomResourceDefinition',
    'customresourcedefinitions',
    'Cluster',
  ),
  mutatingWebhookConfigurations: resourceOf(
    'admissionregistration.k8s.io/v1',
    'MutatingWebhookConfiguration',
    'mutatingwebhookconfigurations',
    'Cluster',
  ),
  validatingWebhookConfigurations: resourceOf(
    'admissionregistration.k8s.io/v1',
    'ValidatingWebhookConfiguration',
    'validatingwebhookconfigurations',
    'Cluster',
  ),
  validatingAdmissionPolicies: resourceOf(
    'admissionregistration.k8s.io/v1',
    'ValidatingAdmissionPolicy',
    'validatingadmissionpolicies',
    'Cluster',
  ),
  validatingAdmissionPolicyBindings: resourceOf(
    'admissionregistration.k8s.io/v1',
    'ValidatingAdmissionPolicyBinding',
    'validatingadmissionpolicybindings',
    'Cluster',
  ),
  mutatingAdmissionPolicies: resourceOf(
    'admissionregistration.k8s.io/v1',
    'MutatingAdmissionPolicy',
    'mutatingadmissionpolicies',
    'Cluster',
  ),
  mutatingAdmissionPolicyBindings: resourceOf(
    'admissionregistration.k8s.io/v1',
    'MutatingAdmissionPolicyBinding',
    'mutatingadmissionpolicybindings',
    'Cluster',
  ),
  subjectAccessReviews: resourceOf('authorization.k8s.io/v1', 'SubjectAccessReview', 'subjectaccessreviews', 'Cluster'),
  selfSubjectAccessReviews: resourceOf(
    'authorization.k8s.io/v1',
    'SelfSubjectAccessReview',
    'selfsubjectaccessreviews',
    'Cluster',
  ),
  tokenReviews: resourceOf('authentication.k8s.io/v1', 'TokenReview', 'tokenreviews', 'Cluster'),
} as const;

/** @param plural as it stands in addresses. @param scope in the words of a CustomResourceDefinition */
export function resourceOf(
  apiVersion: string,
  kind: string,
  plural: string,
  scope: 'Namespaced' | 'Cluster',
): Resource {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  return { group, version, plural, kind, namespaced: scope === 'Namespaced' };
}

export function apiVersionOf({ group, version }: Resource): string {
  return group === '' ? version : `${group}/${version}`;
}

/** The address of all objects, of one, or of a part of it. Names are escaped. */
export function resourcePath(
  { group, version, plural, namespaced }: Resource,
  where: { readonly namespace?: string | undefined; readonly name?: string; readonly subresource?: string | undefined },
): string {
  const parts = group === '' ? ['api', version] : ['apis', group, version];
  if (namespaced && where.namespace !== undefined) parts.push('namespaces', where.namespace);
  parts.push(plural);
  if (where.name !== undefined) parts.push(where.name);
  if (where.subresource !== undefined) parts.push(where.subresource);
  return `/${parts.map(encodeURIComponent).join('/')}`;
}
