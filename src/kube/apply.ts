import type { ApplyOptions, KubeClient, KubeObject } from './client.js';
import { isKubeError, type KubeError } from './kube-error.js';
import type { Resource } from './resources.js';

/** A field that another manager holds with another value. */
export interface FieldConflict {
  /** As the API server writes it, e.g. `.spec.replicas`. */
  readonly field: string;
  /** E.g. `kubectl-edit`. */
  readonly manager: string;
}

export type Applied<T> =
  | { readonly is: 'applied'; readonly object: T }
  /** Nothing was written. */
  | { readonly is: 'conflict'; readonly conflicts: readonly FieldConflict[]; readonly message: string };

/**
 * Server-side apply by our field manager that leaves to others what others hold, and says who they are.
 * @throws KubeError for everything but conflicts
 */
export async function applyObject<T extends KubeObject>(
  client: KubeClient,
  resource: Resource,
  object: T,
  options: ApplyOptions = {},
): Promise<Applied<T>> {
  try {
    return { is: 'applied', object: await client.apply(resource, object, options) };
  } catch (error) {
    const conflicts = isKubeError(error, 'conflict') ? conflictsOf(error) : [];
    if (conflicts.length === 0) throw error;
    return { is: 'conflict', conflicts, message: sentence(resource, object, conflicts) };
  }
}

function conflictsOf(error: KubeError): readonly FieldConflict[] {
  return error.causes
    .filter(({ reason }) => reason === 'FieldManagerConflict')
    .map(({ field, message }) => ({
      field,
      manager: /^conflict with "([^"]*)"/.exec(message)?.[1] ?? 'another manager',
    }));
}

function sentence(resource: Resource, { metadata }: KubeObject, conflicts: readonly FieldConflict[]): string {
  const name = metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
  const byManager = new Map<string, string[]>();
  for (const { field, manager } of conflicts) byManager.set(manager, [...(byManager.get(manager) ?? []), field]);
  const held = [...byManager].map(([manager, fields]) => `${manager} holds ${fields.join(', ')}`).join('; ');
  return `${resource.kind} ${name} was not changed: ${held}. Let that manager give the fields up, or take them over by force`;
}
