import type { PatchOperation } from '../decision.js';

/**
 * The object with the operations of a decision applied; the given one stays as it is, and what no operation touches is shared
 * with it. Operations whose way is not there change nothing.
 */
export function applyPatch(object: unknown, operations: readonly PatchOperation[]): unknown {
  let result = object;
  for (const { path, value } of operations) result = withMember(result, keysOf(path), 0, value);
  return result;
}

function withMember(value: unknown, keys: readonly string[], depth: number, member: unknown): unknown {
  const key = keys[depth];
  if (key === undefined) return member;
  if (typeof value !== 'object' || value === null) return value;
  const copy: unknown = Array.isArray(value) ? [...value] : { ...value };
  const members = copy as Record<string, unknown>;
  const changed = withMember(Object.hasOwn(members, key) ? members[key] : undefined, keys, depth + 1, member);
  Object.defineProperty(members, key, { value: changed, writable: true, enumerable: true, configurable: true });
  return copy;
}

/** RFC 6901. */
function keysOf(path: string): readonly string[] {
  return path
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}
