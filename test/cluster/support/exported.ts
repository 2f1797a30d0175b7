import { type ExportedPolicies, exportAdmissionPolicies } from '../../../src/core/policy/export/admission-policies.js';
import type { DocumentSet } from '../../../src/core/policy/load/document-set.js';
import type { Catalogue } from '../../../src/core/profile/catalogue.js';
import { isKubeError, type KubeError } from '../../../src/kubernetes/kube-error.js';
import type { KubeObject } from '../../../src/kubernetes/kube-object.js';
import { resources } from '../../../src/kubernetes/resources.js';
import type { ControlPlane } from './control-plane.js';
import { eventually } from './eventually.js';

export interface ExportContext {
  readonly catalogue: Catalogue;
  readonly baseline: readonly string[] | 'off';
  readonly now: number;
  readonly longestExemption: number;
}

const kinds = [
  resources.validatingAdmissionPolicies,
  resources.validatingAdmissionPolicyBindings,
  resources.mutatingAdmissionPolicies,
  resources.mutatingAdmissionPolicyBindings,
];

let sets = 0;

/** Puts the exported objects of a set in place of those of the one before, and waits until the API server goes by them. */
export async function applyExport(
  { client }: ControlPlane,
  documents: DocumentSet,
  context: ExportContext,
): Promise<ExportedPolicies> {
  const exported = exportAdmissionPolicies(documents, {
    ...context,
    labels: { 'seccomply.dev/test': 'yes' },
  });
  for (const kind of kinds)
    for (const { metadata } of await client.listAll(kind, { labelSelector: 'seccomply.dev/test=yes' }))
      await client.delete(kind, metadata.name ?? '');
  sets += 1;
  for (const object of [...exported.objects, ...markers(sets)]) {
    const resource = Object.values(resources).find(({ kind }) => kind === object.kind);
    if (resource === undefined) throw new Error(`no resource for ${object.kind}`);
    await client.create(resource, object as KubeObject, { fieldValidation: 'Strict' });
  }
  // Objects of one kind come into force in the order in which they were written, so the marks of all four kinds show the rest.
  await eventually('the exported objects are in force', async () => {
    const mark = { metadata: { name: `mark-${sets}` } };
    const marked = await client.create<KubeObject & { data?: Record<string, string> }>(resources.configMaps, mark, {
      dryRun: true,
    });
    if (marked.data?.mark !== String(sets)) return false;
    const refused = await client
      .create(resources.configMaps, { metadata: { name: `refuse-${sets}` } }, { dryRun: true })
      .then(
        () => false,
        (error: unknown) => isKubeError(error) && error.message.includes(`refused by set ${sets}`),
      );
    return refused;
  });
  return exported;
}

function markers(set: number) {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const metadata = { name: `seccomply-test-mark-${set}`, labels: { 'seccomply.dev/test': 'yes' } };
  const matchConstraints = {
    resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], operations: ['CREATE'] }],
  };
  return [
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicy',
      metadata,
      spec: {
        failurePolicy: 'Fail',
        matchConstraints,
        matchConditions: [{ name: 'marked', expression: `object.metadata.name == 'refuse-${set}'` }],
        validations: [{ expression: 'false', message: `refused by set ${set}` }],
      },
    },
    {
      apiVersion,
      kind: 'MutatingAdmissionPolicy',
      metadata,
      spec: {
        failurePolicy: 'Fail',
        reinvocationPolicy: 'Never',
        matchConstraints,
        matchConditions: [{ name: 'marked', expression: `object.metadata.name == 'mark-${set}'` }],
        mutations: [
          { patchType: 'ApplyConfiguration', applyConfiguration: { expression: `Object{data: {'mark': '${set}'}}` } },
        ],
      },
    },
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: {
        policyName: metadata.name,
        validationActions: ['Deny'],
      },
    },
    { apiVersion, kind: 'MutatingAdmissionPolicyBinding', metadata, spec: { policyName: metadata.name } },
  ];
}

export type Answer =
  | { readonly is: 'admitted'; readonly object: KubeObject; readonly warnings: readonly string[] }
  /** Refused by an exported policy. */
  | { readonly is: 'refused'; readonly message: string }
  /** Refused by the API server's own rules, or by something else: says nothing of ours. */
  | { readonly is: 'invalid'; readonly message: string };

export function answerOf(error: unknown): Answer {
  if (!isKubeError(error)) throw error;
  const { message, status } = error as KubeError;
  if (/ValidatingAdmissionPolicy 'seccomply-/.test(message)) return { is: 'refused', message };
  if (status === 422 || status === 400 || status === 403) return { is: 'invalid', message };
  throw error;
}
