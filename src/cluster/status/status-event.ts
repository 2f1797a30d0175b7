import type { KubeEvent } from '../../kubernetes/kube-event.js';
import type { KubeObject } from '../../kubernetes/kube-object.js';
import type { ObjectStatus, StatusCondition } from './object-status.js';

/** What of a new status should reach people who are not looking: it was otherwise before, and something has to be done. */
export function statusEvents(object: KubeObject, status: ObjectStatus): readonly KubeEvent[] {
  const before = conditionsOf((object as { readonly status?: unknown }).status);
  return status.conditions.flatMap((condition) => {
    const { type, reason, message } = condition;
    if (!isTrouble(condition) || before.get(type) === reason) return [];
    return [
      {
        regarding: {
          apiVersion: object.apiVersion ?? '',
          kind: object.kind ?? '',
          name: object.metadata.name ?? '',
          ...(object.metadata.uid === undefined ? {} : { uid: object.metadata.uid }),
        },
        type: 'Warning' as const,
        reason: `${type === 'Ready' ? '' : type}${reason}`,
        action: 'Load',
        note: message,
      },
    ];
  });
}

/** Waiting for nodes is how every profile begins. */
function isTrouble({ type, status, reason }: StatusCondition): boolean {
  switch (type) {
    case 'Ready':
      return status === 'False' && reason !== 'NotOnNodes';
    case 'Conflicted':
      return status === 'True';
    case 'Active':
      return status === 'False' || reason === 'EndsSoon';
    default:
      return false;
  }
}

function conditionsOf(status: unknown): ReadonlyMap<string, string> {
  const list =
    typeof status === 'object' && status !== null ? (status as { conditions?: unknown }).conditions : undefined;
  const conditions = Array.isArray(list) ? (list as readonly Partial<StatusCondition>[]) : [];
  return new Map(conditions.map(({ type = '', reason = '' }) => [type, reason]));
}
