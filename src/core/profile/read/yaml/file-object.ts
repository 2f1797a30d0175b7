import { type DocumentNode, memberOf } from '../../../document/document-node.js';
import { memberPath } from '../../../document/path-text.js';
import { identityOf, type ObjectIdentity } from '../object-identity.js';

/** One value of a file that stands for itself: a document, or an element of a List. */
export interface FileObject {
  readonly node: DocumentNode;
  /** The way to it in its document. */
  readonly path: string;
  readonly identity: ObjectIdentity;
}

const NO_IDENTITY: ObjectIdentity = { kind: undefined, group: undefined, name: undefined, namespace: undefined };

/** Opens Lists, also inside each other: `kind: List`, as kubectl prints them, and the API's own (`SeccompProfileList`). */
export function* objectsIn(
  node: DocumentNode,
  path = '',
  identity: ObjectIdentity = node.kind === 'object' ? identityOf(node) : NO_IDENTITY,
): Generator<FileObject> {
  const items = node.kind === 'object' && identity.kind?.endsWith('List') ? memberOf(node, 'items')?.value : undefined;
  if (items?.kind !== 'array' || items.items.length === 0) {
    yield { node, path, identity };
    return;
  }
  // Elements of such a list say neither kind nor group in the API's own answers: they are what the list is of.
  const { kind, group } = identity;
  const ofList = kind === 'List' ? undefined : { kind: kind?.slice(0, -'List'.length), group };
  const itemsPath = memberPath(path, 'items');
  for (const [i, item] of items.items.entries()) {
    const own = item.kind === 'object' ? identityOf(item) : NO_IDENTITY;
    yield* objectsIn(item, `${itemsPath}[${i}]`, own.kind === undefined && ofList ? { ...own, ...ofList } : own);
  }
}
