import { GROUP } from '../policy/crd/crd.js';
import type { Manifest } from '../policy/crd/manifest.js';

/** The label that takes a namespace out of enforcement: `audit`, or any other value for enforced. */
export const enforcementLabel = `${GROUP}/enforcement`;

/**
 * Two rules that the API server itself holds, whether our webhook is there or not: the enforcement label of a namespace takes the
 * verb `exempt` on seccomppolicies, and the approval of a profile takes the verb `approve` on that profile. Without them,
 * whoever may label a namespace or write a profile could exempt himself.
 */
export function guardObjects(labels: Readonly<Record<string, string>> = {}): readonly Manifest[] {
  return [
    ...guard({
      name: 'seccomply-enforcement-label',
      labels,
      // The label can be changed through the subresources, too: they carry the whole object.
      rules: [{ apiGroups: [''], resources: ['namespaces', 'namespaces/status', 'namespaces/finalize'] }],
      condition: { name: 'label-changes', expression: `${labelOf('object')} != ${labelOf('oldObject')}` },
      expression: `authorizer.group('${GROUP}').resource('seccomppolicies').check('exempt').allowed()`,
      message: `the label ${enforcementLabel} decides whether pods here can be refused: changing it takes the verb exempt on seccomppolicies.${GROUP}`,
    }),
    ...guard({
      name: 'seccomply-profile-approval',
      labels,
      rules: [{ apiGroups: [GROUP], resources: ['seccompprofiles'] }],
      condition: {
        name: 'approval-changes',
        expression: `has(object.spec.approval) && (oldObject == null || !has(oldObject.spec.approval) || object.spec.approval != oldObject.spec.approval)`,
      },
      expression: `authorizer.group('${GROUP}').resource('seccompprofiles').name(object.metadata.name).check('approve').allowed()`,
      message: `approving a profile that allows more than the runtime default takes the verb approve on seccompprofiles.${GROUP}`,
    }),
  ];
}

interface Guard {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly rules: readonly { readonly apiGroups: readonly string[]; readonly resources: readonly string[] }[];
  readonly condition: { readonly name: string; readonly expression: string };
  readonly expression: string;
  readonly message: string;
}

function guard({ name, labels, rules, condition, expression, message }: Guard): readonly Manifest[] {
  return [
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name, labels },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: rules.map((rule) => ({ ...rule, apiVersions: ['*'], operations: ['CREATE', 'UPDATE'] })),
        },
        matchConditions: [condition],
        validations: [{ expression, message, reason: 'Forbidden' }],
      },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name, labels },
      spec: { policyName: name, validationActions: ['Deny'] },
    },
  ];
}

function labelOf(object: 'object' | 'oldObject'): string {
  const has = `has(${object}.metadata.labels) && '${enforcementLabel}' in ${object}.metadata.labels`;
  return `(${object} != null && ${has} ? ${object}.metadata.labels['${enforcementLabel}'] : '')`;
}
