import { memberPath, stepsOf } from './path-text.js';

/** A value of a JSON or YAML document with the place where it stands. Offsets count UTF-16 units from the start of the text. */
export type DocumentNode = ObjectNode | ArrayNode | StringNode | NumberNode | LiteralNode;

interface Span {
  readonly offset: number;
  readonly end: number;
}

export interface ObjectNode extends Span {
  readonly kind: 'object';
  /** In the order written; a key that stands twice is here twice. */
  readonly members: readonly Member[];
}

export interface Member {
  readonly key: string;
  readonly keyOffset: number;
  readonly value: DocumentNode;
}

export interface ArrayNode extends Span {
  readonly kind: 'array';
  readonly items: readonly DocumentNode[];
}

export interface StringNode extends Span {
  readonly kind: 'string';
  readonly value: string;
}

export interface NumberNode extends Span {
  readonly kind: 'number';
  /** As written, so that no digit is lost. */
  readonly text: string;
  /** The exact value when it is written as an integer (`1e3` and `1.0` are not). */
  readonly integer: bigint | undefined;
}

export interface LiteralNode extends Span {
  readonly kind: 'literal';
  readonly value: true | false | null;
}

/** The value of a key; of a key that stands twice the last, as Go reads it. */
export function memberOf(node: ObjectNode, key: string): Member | undefined {
  for (let i = node.members.length - 1; i >= 0; i -= 1) {
    const member = node.members[i];
    if (member?.key === key) return member;
  }
  return undefined;
}

/** Follows a path of the form `spec.syscalls[3].args[0]`; stops at the deepest part that exists. */
export function nodeAt(root: DocumentNode, path: string): { readonly offset: number; readonly path: string } {
  let node = root;
  let offset = root.offset;
  let reached = '';
  for (const step of stepsOf(path)) {
    if (typeof step === 'number') {
      const item = node.kind === 'array' ? node.items[step] : undefined;
      if (item === undefined) break;
      node = item;
      offset = item.offset;
      reached += `[${step}]`;
    } else {
      const member = node.kind === 'object' ? memberOf(node, step) : undefined;
      if (member === undefined) break;
      node = member.value;
      offset = member.value.offset;
      reached = memberPath(reached, step);
    }
  }
  return { offset, path: reached };
}
