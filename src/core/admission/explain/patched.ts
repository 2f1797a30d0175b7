import jsonPatch from 'fast-json-patch';
import type { PatchOperation } from '../decision.js';

/**
 * The object with the operations of a decision applied; the given one stays as it is, and what no operation touches is shared
 * with it. An operation whose parent is not there changes nothing.
 *
 * fast-json-patch refuses the key `__proto__`, clones by way of JSON text, and walks into prototypes. So the objects down to the
 * target are copied here, own members only, and it is given the last of them with the last key, which is never a name that the
 * object brings along: `securityContext`, `seccompProfile`, or an annotation with its prefix.
 */
export function patched(object: unknown, operations: readonly PatchOperation[]): unknown {
  let result = object;
  for (const operation of operations) {
    const copy = copiedAlong(result, operation.path);
    if (copy === undefined) continue;
    const path = operation.path.slice(operation.path.lastIndexOf('/'));
    jsonPatch.applyOperation(copy.parent, { ...operation, path });
    result = copy.root;
  }
  return result;
}

/** The object with copies of everything down to the parent of what the JSON pointer names. */
function copiedAlong(object: unknown, path: string): { readonly root: object; readonly parent: object } | undefined {
  const root = shallowCopy(object);
  let parent = root;
  for (const key of path.split('/').slice(1, -1).map(jsonPatch.unescapePathComponent)) {
    if (parent === undefined || !Object.hasOwn(parent, key)) return undefined;
    const child = shallowCopy(parent[key]);
    parent[key] = child;
    parent = child;
  }
  return root === undefined || parent === undefined ? undefined : { root, parent };
}

/** Undefined for what has no members. */
function shallowCopy(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
}
