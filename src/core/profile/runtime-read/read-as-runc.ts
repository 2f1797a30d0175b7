import type { ArrayNode, DocumentNode, Member, ObjectNode } from '../../document/document-node.js';
import { memberPath } from '../../document/path-text.js';
import { OCI_SECCOMP, type OciShape } from './oci-shape.js';
import { isNull, type RuntimeDocument } from './runtime-document.js';

const U64_MAX = 0xffff_ffff_ffff_ffffn;

/**
 * A document as runc takes it, by Go's rules (encoding/json): keys in any case, a value of the wrong kind refuses it, null leaves
 * a value as it is, and of a key that stands twice the second is read into what the first has left.
 */
export function readAsRunc(root: DocumentNode): RuntimeDocument {
  const refusals: string[] = [];
  const read = take(root, OCI_SECCOMP, '', undefined, refusals);
  return { root: read?.kind === 'object' ? read : undefined, refusals };
}

function take(
  node: DocumentNode,
  shape: OciShape,
  path: string,
  before: DocumentNode | undefined,
  refusals: string[],
): DocumentNode | undefined {
  const refuse = (expected: string) => {
    refusals.push(`${path === '' ? 'the profile' : path} is not ${expected}`);
    return before;
  };
  if (isNull(node)) return shape === 'errno' || (typeof shape === 'object' && 'items' in shape) ? undefined : before;
  if (shape === 'text') return node.kind === 'string' ? node : refuse('text');
  if (typeof shape === 'string')
    return node.kind === 'number' && /^\d+$/.test(node.text) && node.integer !== undefined && node.integer <= U64_MAX
      ? node
      : refuse('an unsigned number of 64 bits');
  if ('items' in shape) {
    if (node.kind !== 'array') return refuse('a list');
    const old = before?.kind === 'array' ? before.items : [];
    const empty = emptyOf(shape.items, node);
    const items = node.items.map(
      (item, i) => take(item, shape.items, `${path}[${i}]`, old[i] ?? empty, refusals) ?? empty,
    );
    return { ...node, items } satisfies ArrayNode;
  }
  if (node.kind !== 'object') return refuse('an object');
  const members = new Map<string, Member>();
  if (before?.kind === 'object') for (const member of before.members) members.set(member.key, member);
  for (const member of node.members) {
    const key = knownKey(member.key, shape.members);
    const inner = key === undefined ? undefined : shape.members[key];
    if (key === undefined || inner === undefined) continue;
    const value = take(member.value, inner, memberPath(path, key), members.get(key)?.value, refusals);
    if (value === undefined) members.delete(key);
    else members.set(key, { key, keyOffset: member.keyOffset, value });
  }
  return { ...node, members: [...members.values()] } satisfies ObjectNode;
}

function knownKey(written: string, known: Readonly<Record<string, OciShape>>): string | undefined {
  if (Object.hasOwn(known, written)) return written;
  const folded = folding(written);
  return Object.keys(known).find((key) => folding(key) === folded);
}

/** Go holds the long s and the Kelvin sign for letters in another case, too. */
function folding(key: string): string {
  return key.toLowerCase().replaceAll('\u017f', 's');
}

function emptyOf(shape: OciShape, { offset, end }: DocumentNode): DocumentNode {
  return typeof shape === 'object' && 'members' in shape
    ? { kind: 'object', members: [], offset, end }
    : { kind: 'string', value: '', offset, end };
}
