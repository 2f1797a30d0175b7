import { GROUP } from '../policy/crd/crd.js';
import type { Manifest } from '../policy/crd/manifest.js';
import type { InstallOptions } from './install-options.js';
import { labelsOf } from './labels.js';
import { names } from './names.js';

interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

const ourKinds = ['seccomppolicies', 'seccompexemptions', 'seccompprofiles'];
const watch = ['get', 'list', 'watch'];
const configurations = ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'];
const admissionPolicies = [
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
];

/** What each component may do, in the whole cluster and in our namespace: the verbs it uses and no others. */
export function permissions(
  options: Pick<InstallOptions, 'certificates' | 'admissionPolicies'>,
): Readonly<
  Record<'webhook' | 'controller', { readonly cluster: readonly PolicyRule[]; readonly own: readonly PolicyRule[] }>
> {
  const selfManaged = options.certificates === 'self-managed';
  return {
    webhook: {
      cluster: [
        { apiGroups: [GROUP], resources: ourKinds, verbs: watch },
        { apiGroups: [''], resources: ['namespaces'], verbs: watch },
        { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
      ],
      own: [
        ...(selfManaged ? [ofName('', 'secrets', names.authoritySecret, watch)] : []),
        ofName('', 'configmaps', names.policySet, watch),
      ],
    },
    controller: {
      cluster: [
        { apiGroups: [GROUP], resources: ourKinds, verbs: watch },
        { apiGroups: [GROUP], resources: ourKinds.map((kind) => `${kind}/status`), verbs: ['patch'] },
        { apiGroups: [''], resources: ['namespaces'], verbs: watch },
        { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
        // A request to create, to list or to watch names no object, so these verbs cannot be held to one name.
        { apiGroups: ['admissionregistration.k8s.io'], resources: configurations, verbs: ['create', 'list', 'watch'] },
        {
          apiGroups: ['admissionregistration.k8s.io'],
          resources: configurations,
          resourceNames: [names.registration],
          verbs: ['get', 'patch'],
        },
        ...(options.admissionPolicies
          ? [
              {
                apiGroups: ['admissionregistration.k8s.io'],
                resources: admissionPolicies,
                verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'],
              },
            ]
          : []),
      ],
      own: [
        ...(selfManaged
          ? [create('', 'secrets'), ofName('', 'secrets', names.authoritySecret, [...watch, 'update', 'patch'])]
          : [ofName('', 'secrets', names.authoritySecret, ['get', 'patch'])]),
        create('', 'configmaps'),
        ofName('', 'configmaps', names.policySet, [...watch, 'update', 'patch']),
        // Where the webhook answers, before it is registered.
        ofName('', 'services', names.service, ['get']),
        create('coordination.k8s.io', 'leases'),
        ofName('coordination.k8s.io', 'leases', names.lease, ['get', 'update']),
      ],
    },
  };
}

/** ServiceAccounts, roles and bindings of our own processes. */
export function roleObjects(options: InstallOptions): readonly Manifest[] {
  const all = permissions(options);
  return (['webhook', 'controller'] as const).flatMap((component) =>
    accountOf(component, options.namespace, all[component]),
  );
}

/**
 * ClusterRoles for people. None has an aggregation label: what decides over every pod of the cluster must not come with `edit` or `admin`
 * in one namespace.
 */
export function peopleObjects(): readonly Manifest[] {
  const write = ['create', 'update', 'patch', 'delete'];
  const roles: Readonly<Record<string, readonly PolicyRule[]>> = {
    'seccomply-viewer': [{ apiGroups: [GROUP], resources: ourKinds, verbs: watch }],
    'seccomply-policy-editor': [
      { apiGroups: [GROUP], resources: ourKinds, verbs: watch },
      { apiGroups: [GROUP], resources: ['seccomppolicies', 'seccompprofiles'], verbs: write },
    ],
    'seccomply-exempter': [
      { apiGroups: [GROUP], resources: ourKinds, verbs: watch },
      { apiGroups: [GROUP], resources: ['seccompexemptions'], verbs: write },
      { apiGroups: [GROUP], resources: ['seccomppolicies'], verbs: ['exempt'] },
    ],
    'seccomply-profile-approver': [
      { apiGroups: [GROUP], resources: ourKinds, verbs: watch },
      { apiGroups: [GROUP], resources: ['seccompprofiles'], verbs: ['patch', 'approve'] },
    ],
  };
  return Object.entries(roles).map(([name, rules]) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name, labels: labelsOf('access') },
    rules,
  }));
}

function accountOf(
  component: 'webhook' | 'controller',
  namespace: string,
  { cluster, own }: { readonly cluster: readonly PolicyRule[]; readonly own: readonly PolicyRule[] },
): readonly Manifest[] {
  const name = names[component];
  const labels = labelsOf(component);
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const apiGroup = 'rbac.authorization.k8s.io';
  const subjects = [{ kind: 'ServiceAccount', name, namespace }];
  return [
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name, namespace, labels },
      automountServiceAccountToken: false,
    },
    { apiVersion, kind: 'ClusterRole', metadata: { name, labels }, rules: cluster },
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: { name, labels },
      roleRef: { apiGroup, kind: 'ClusterRole', name },
      subjects,
    },
    { apiVersion, kind: 'Role', metadata: { name, namespace, labels }, rules: own },
    {
      apiVersion,
      kind: 'RoleBinding',
      metadata: { name, namespace, labels },
      roleRef: { apiGroup, kind: 'Role', name },
      subjects,
    },
  ];
}

function ofName(apiGroup: string, resource: string, name: string, verbs: readonly string[]): PolicyRule {
  return { apiGroups: [apiGroup], resources: [resource], resourceNames: [name], verbs };
}

function create(apiGroup: string, resource: string): PolicyRule {
  return { apiGroups: [apiGroup], resources: [resource], verbs: ['create'] };
}
