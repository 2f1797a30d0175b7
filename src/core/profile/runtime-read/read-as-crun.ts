import type { ArrayNode, DocumentNode, Member, ObjectNode } from '../../document/document-node.js';
import { memberPath } from '../../document/path-text.js';
import { OCI_SECCOMP, type OciShape } from './oci-shape.js';
import { numberNode, type RuntimeDocument, textNode } from './runtime-document.js';

const U32_MAX = 0xffff_ffffn;
const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** The keys without which crun does not take an object. */
const NEEDED: ReadonlySet<string> = new Set(['defaultAction', 'names', 'action', 'op']);

/**
 * A document as crun takes it, measured: keys in their own case, the first of those that stand twice, a value of the wrong kind is not there, text ends
 * at U+0000, a negative number is taken in 64 bits before it is held against 32.
 */
export function readAsCrun(root: DocumentNode): RuntimeDocument {
  const refusals: string[] = [];
  return { root: root.kind === 'object' ? members(root, OCI_SECCOMP.members, '', refusals) : undefined, refusals };
}

function members(
  node: DocumentNode,
  shapes: Readonly<Record<string, OciShape>>,
  path: string,
  refusals: string[],
): ObjectNode {
  const written = node.kind === 'object' ? node.members : [];
  const taken: Member[] = [];
  for (const [key, shape] of Object.entries(shapes)) {
    const member = written.find((each) => each.key === key);
    const value = member && take(member.value, shape, memberPath(path, key), refusals);
    if (value !== undefined) taken.push({ key, keyOffset: member?.keyOffset ?? node.offset, value });
    else if (NEEDED.has(key))
      refusals.push(
        `${path === '' ? 'the profile' : path} has no "${key}"${member === undefined ? '' : ' of the kind that crun reads'}`,
      );
  }
  return { kind: 'object', members: taken, offset: node.offset, end: node.end };
}

/** Undefined where the value is of another kind. */
function take(node: DocumentNode, shape: OciShape, path: string, refusals: string[]): DocumentNode | undefined {
  if (shape === 'text') return node.kind === 'string' ? textNode(node.value.split('\0', 1)[0] ?? '', node) : undefined;
  if (typeof shape === 'string') return node.kind === 'number' ? number(node, shape, path, refusals) : undefined;
  if ('members' in shape) return members(node, shape.members, path, refusals);
  if (node.kind !== 'array') return undefined;
  const items = node.items.map((item, i) => take(item, shape.items, `${path}[${i}]`, refusals) ?? textNode('', item));
  return { ...node, items } satisfies ArrayNode;
}

function number(
  node: DocumentNode & { readonly kind: 'number' },
  shape: 'errno' | 'index' | 'value',
  path: string,
  refusals: string[],
): DocumentNode {
  const { integer } = node;
  const isRead = integer !== undefined && integer >= -U64_MAX && integer <= U64_MAX;
  const taken = BigInt.asUintN(64, integer ?? 0n);
  if (!isRead || (shape !== 'value' && taken > U32_MAX))
    refusals.push(`${path} is not a whole number of ${shape === 'value' ? 64 : 32} bits`);
  return numberNode(taken, node);
}
