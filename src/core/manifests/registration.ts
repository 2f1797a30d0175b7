import type { Manifest } from '../policy/crd/manifest.js';
import { enforcementLabel } from './guard.js';
import type { InstallOptions } from './install-options.js';
import { labelsOf } from './labels.js';
import { names, unenforcedNamespaces } from './names.js';

export type RegistrationOptions = Pick<InstallOptions, 'namespace' | 'certificates'> & {
  /** PEM of the authorities to trust. Absent in what people apply: the controller writes it when the webhook answers. */
  readonly caBundle?: string;
};

const NAMESPACE_NAME = 'kubernetes.io/metadata.name';
const pods = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'], scope: 'Namespaced' };
const ephemeral = {
  apiGroups: [''],
  apiVersions: ['v1'],
  operations: ['UPDATE'],
  resources: ['pods/ephemeralcontainers'],
  scope: 'Namespaced',
};
const updates = { ...pods, operations: ['UPDATE'] };

/**
 * Both webhook configurations. A webhook that does not answer keeps pods out of the enforced namespaces, and nothing else: of
 * the others and of templates the API server lets through what we cannot judge. No objectSelector: labels belong to the pod's author.
 */
export function webhookConfigurations(options: RegistrationOptions): readonly [Manifest, Manifest] {
  return [
    configuration('Mutating', options, mutating(options)),
    configuration('Validating', options, validating(options)),
  ];
}

/**
 * The two configurations without any webhook: what is applied with everything else. The controller fills them in when a replica
 * answers, so that a wrong image or a missing certificate cannot keep the pods of a whole cluster out; deleting them is the
 * emergency exit.
 */
export function emptyConfigurations(options: RegistrationOptions): readonly [Manifest, Manifest] {
  return [configuration('Mutating', options, []), configuration('Validating', options, [])];
}

function configuration(
  type: 'Mutating' | 'Validating',
  options: RegistrationOptions,
  webhooks: readonly object[],
): Manifest {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: `${type}WebhookConfiguration`,
    metadata: {
      name: names.registration,
      labels: labelsOf('registration'),
      annotations: {
        // AKS rewrites namespace selectors unless told not to.
        'admissions.enforcer/disabled': 'true',
        ...(options.certificates === 'cert-manager'
          ? { 'cert-manager.io/inject-ca-from': `${options.namespace}/${names.tlsSecret}` }
          : {}),
      },
    },
    webhooks,
  };
}

function mutating(options: RegistrationOptions): readonly object[] {
  return areas(options.namespace).map(({ suffix, failurePolicy, namespaceSelector }) => ({
    name: `mutate${suffix}.seccomply.dev`,
    ...called(options, '/mutate'),
    rules: [pods, ephemeral],
    failurePolicy,
    namespaceSelector,
    reinvocationPolicy: 'IfNeeded',
  }));
}

function validating(options: RegistrationOptions): readonly object[] {
  return [
    ...areas(options.namespace).map(({ suffix, failurePolicy, namespaceSelector }) => ({
      name: `validate${suffix}.seccomply.dev`,
      ...called(options, '/validate'),
      rules: [pods, ephemeral, updates],
      failurePolicy,
      namespaceSelector,
      matchConditions: [{ name: 'new-containers-or-images', expression: newContainersOrImages }],
    })),
    {
      name: 'templates.seccomply.dev',
      ...called(options, '/validate'),
      rules: templateRules,
      failurePolicy: 'Ignore',
      namespaceSelector: {},
      matchConditions: [{ name: 'without-a-controller', expression: withoutController }],
    },
  ];
}

function called({ namespace, caBundle }: RegistrationOptions, path: string): object {
  return {
    admissionReviewVersions: ['v1'],
    clientConfig: {
      service: { name: names.service, namespace, path, port: 443 },
      ...(caBundle === undefined ? {} : { caBundle: Buffer.from(caBundle).toString('base64') }),
    },
    matchPolicy: 'Equivalent',
    sideEffects: 'NoneOnDryRun',
    timeoutSeconds: 3,
  };
}

/** A selector knows no "or", so the namespaces that are not enforced take two entries: those with the label, and those by name. */
function areas(namespace: string) {
  const byName = [...unenforcedNamespaces, namespace];
  const isAudit = { key: enforcementLabel, operator: 'In', values: ['audit'] };
  const named = (operator: 'In' | 'NotIn') => ({ key: NAMESPACE_NAME, operator, values: byName });
  return [
    {
      suffix: '',
      failurePolicy: 'Fail',
      namespaceSelector: { matchExpressions: [named('NotIn'), { ...isAudit, operator: 'NotIn' }] },
    },
    { suffix: '-audit', failurePolicy: 'Ignore', namespaceSelector: { matchExpressions: [named('NotIn'), isAudit] } },
    { suffix: '-system', failurePolicy: 'Ignore', namespaceSelector: { matchExpressions: [named('In')] } },
  ] as const;
}

/**
 * Of updates only those that change an image, and those of subresources (ephemeral containers). `request.subResource` is absent on plain
 * pods, and an expression that fails refuses the request. Containers keep their order on an update, so two lists are enough.
 */
const newContainersOrImages = [
  "request.operation != 'UPDATE'",
  "(has(request.subResource) && request.subResource != '')",
  `${imagesOf('object', 'containers')} != ${imagesOf('oldObject', 'containers')}`,
  `${imagesOf('object', 'initContainers')} != ${imagesOf('oldObject', 'initContainers')}`,
].join(' || ');

function imagesOf(object: string, list: string): string {
  const all = `${object}.spec.${list}`;
  return `(has(${all}) ? ${all}.map(c, has(c.image) ? c.image : '') : [])`;
}

const withoutController =
  '!has(object.metadata.ownerReferences) || !object.metadata.ownerReferences.exists(o, has(o.controller) && o.controller)';

const templateRules = [
  { apiGroups: ['apps'], resources: ['deployments', 'replicasets', 'statefulsets', 'daemonsets'] },
  { apiGroups: ['batch'], resources: ['jobs', 'cronjobs'] },
  { apiGroups: [''], resources: ['replicationcontrollers', 'podtemplates'] },
].map((rule) => ({ ...rule, apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], scope: 'Namespaced' }));
