import type { DocumentNode, ObjectNode } from '../../document/document-node.js';

/** What a runtime has of a JSON document: known keys only, each once, with values of the expected kinds. */
export interface RuntimeDocument {
  /** Undefined where it takes it for no profile at all. */
  readonly root: ObjectNode | undefined;
  /** Why it refuses the document; the first reason counts. */
  readonly refusals: readonly string[];
}

export function textNode(value: string, { offset, end }: DocumentNode): DocumentNode {
  return { kind: 'string', value, offset, end };
}

export function numberNode(integer: bigint, { offset, end }: DocumentNode): DocumentNode {
  return { kind: 'number', text: String(integer), integer, offset, end };
}

export function isNull(node: DocumentNode): boolean {
  return node.kind === 'literal' && node.value === null;
}
