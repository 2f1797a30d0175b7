import type { Decision } from '../../core/admission/decision.js';
import { below, type InputPath } from '../../core/admission/request/input-path.js';
import type { RequestFacts } from '../../core/admission/request/request-facts.js';
import type { AdmissionEntry } from '../../core/audit/admission-entry.js';
import { belowEitherObject } from '../../core/audit/entries/recorded-request.js';
import { recordsOf } from '../../core/audit/entries/records-of.js';
import { membersOrNone } from '../../core/document/members.js';
import type { KubeEvent, ObjectReference } from '../../kubernetes/kube-event.js';

/** What an Event shows of a request beside what its record does. */
export const EVENT_INPUTS: readonly InputPath[] = [
  'dryRun',
  ...belowEitherObject(below('metadata.ownerReferences[]', ['controller', 'apiVersion', 'kind', 'name', 'uid'])),
];

/**
 * The Event that tells people in the namespace of a decision that left a record; undefined where there is nothing to tell, and for a
 * dry run, which leaves nothing in the cluster. It regards the pod's controller, which is where people look when pods do not
 * come, else the namespace: the refused object itself does not exist.
 */
export function decisionEvent(request: RequestFacts, decision: Decision): KubeEvent | undefined {
  if (request.dryRun === true) return undefined;
  const [record] = recordsOf(request, decision);
  const told = record === undefined ? undefined : kinds[record.recordType];
  const namespace = record?.request.namespace;
  if (record === undefined || told === undefined || namespace === undefined) return undefined;
  const related = relatedOf(record);
  return {
    regarding: controllerOf(request, namespace) ?? { apiVersion: 'v1', kind: 'Namespace', name: namespace, namespace },
    ...(related === undefined ? {} : { related }),
    ...told,
    note: noteOf(record),
  };
}

const kinds: { readonly [type in string]?: Pick<KubeEvent, 'type' | 'reason' | 'action'> } = {
  denial: { type: 'Warning', reason: 'SeccompDenied', action: 'Deny' },
  exemption: { type: 'Normal', reason: 'SeccompExempted', action: 'Exempt' },
  violation: { type: 'Warning', reason: 'SeccompViolation', action: 'Allow' },
  fallback: { type: 'Warning', reason: 'SeccompFallback', action: 'Assign' },
};

function controllerOf(request: RequestFacts, namespace: string): ObjectReference | undefined {
  const { ownerReferences } = membersOrNone(membersOrNone(request.object ?? request.oldObject).metadata);
  const owners = Array.isArray(ownerReferences) ? ownerReferences.map(membersOrNone) : [];
  const owner = owners.find(({ controller }) => controller === true);
  const { apiVersion, kind, name, uid } = owner ?? {};
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof name !== 'string') return undefined;
  // A node owns its mirror pods, and is in no namespace.
  if (kind === 'Node') return undefined;
  return { apiVersion, kind, name, namespace, ...(typeof uid === 'string' ? { uid } : {}) };
}

/** The exemption or the policy behind it, where it is an object of the cluster. */
function relatedOf(record: AdmissionEntry): ObjectReference | undefined {
  const document = record.exemption ?? record.policy;
  const found = /^cluster:(seccomppolicies|seccompexemptions)\//.exec(document?.origin ?? '');
  if (document === undefined || found === null) return undefined;
  const kind = found[1] === 'seccomppolicies' ? 'SeccompPolicy' : 'SeccompExemption';
  return { apiVersion: 'seccomply.dev/v1alpha1', kind, name: document.name };
}

function noteOf({ decision, finding, workload, exemption }: AdmissionEntry): string {
  const said = decision.message ?? finding?.message ?? decision.warnings?.[0];
  const what = said ?? 'see the audit record';
  const pod = workload?.chain[0];
  if (exemption !== undefined && decision.allowed)
    return `${pod ?? 'a pod'}: the exemption ${exemption.name} (owner ${exemption.owner}, until ${exemption.expires}) allowed it: ${what}`;
  return pod === undefined ? what : `${pod}: ${what}`;
}
