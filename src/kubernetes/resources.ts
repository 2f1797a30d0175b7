/** A kind of object as the API server serves it. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

const resource = (apiVersion: string, plural: string, kind: string, namespaced: boolean): Resource => {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  return { group, version, plural, kind, namespaced };
};

const admission = 'admissionregistration.k8s.io/v1';

/** The kinds that Seccomply itself works with. For others ask `discover`. */
export const resources = {
  namespaces: resource('v1', 'namespaces', 'Namespace', false),
  nodes: resource('v1', 'nodes', 'Node', false),
  pods: resource('v1', 'pods', 'Pod', true),
  configMaps: resource('v1', 'configmaps', 'ConfigMap', true),
  secrets: resource('v1', 'secrets', 'Secret', true),
  services: resource('v1', 'services', 'Service', true),
  serviceAccounts: resource('v1', 'serviceaccounts', 'ServiceAccount', true),
  deployments: resource('apps/v1', 'deployments', 'Deployment', true),
  daemonSets: resource('apps/v1', 'daemonsets', 'DaemonSet', true),
  replicaSets: resource('apps/v1', 'replicasets', 'ReplicaSet', true),
  statefulSets: resource('apps/v1', 'statefulsets', 'StatefulSet', true),
  jobs: resource('batch/v1', 'jobs', 'Job', true),
  cronJobs: resource('batch/v1', 'cronjobs', 'CronJob', true),
  leases: resource('coordination.k8s.io/v1', 'leases', 'Lease', true),
  events: resource('events.k8s.io/v1', 'events', 'Event', true),
  customResourceDefinitions: resource(
    'apiextensions.k8s.io/v1',
    'customresourcedefinitions',
    'CustomResourceDefinition',
    false,
  ),
  mutatingWebhookConfigurations: resource(
    admission,
    'mutatingwebhookconfigurations',
    'MutatingWebhookConfiguration',
    false,
  ),
  validatingWebhookConfigurations: resource(
    admission,
    'validatingwebhookconfigurations',
    'ValidatingWebhookConfiguration',
    false,
  ),
  validatingAdmissionPolicies: resource(admission, 'validatingadmissionpolicies', 'ValidatingAdmissionPolicy', false),
  validatingAdmissionPolicyBindings: resource(
    admission,
    'validatingadmissionpolicybindings',
    'ValidatingAdmissionPolicyBinding',
    false,
  ),
  mutatingAdmissionPolicies: resource(admission, 'mutatingadmissionpolicies', 'MutatingAdmissionPolicy', false),
  mutatingAdmissionPolicyBindings: resource(
    admission,
    'mutatingadmissionpolicybindings',
    'MutatingAdmissionPolicyBinding',
    false,
  ),
  subjectAccessReviews: resource('authorization.k8s.io/v1', 'subjectaccessreviews', 'SubjectAccessReview', false),
  selfSubjectAccessReviews: resource(
    'authorization.k8s.io/v1',
    'selfsubjectaccessreviews',
    'SelfSubjectAccessReview',
    false,
  ),
  tokenReviews: resource('authentication.k8s.io/v1', 'tokenreviews', 'TokenReview', false),
  policies: resource('seccomply.dev/v1alpha1', 'seccomppolicies', 'SeccompPolicy', false),
  exemptions: resource('seccomply.dev/v1alpha1', 'seccompexemptions', 'SeccompExemption', false),
  profiles: resource('seccomply.dev/v1alpha1', 'seccompprofiles', 'SeccompProfile', false),
} as const;

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
