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

/** A mistake in the text itself, before anything is known of its meaning. */
export interface ProfileTextProblem {
  readonly code: 'SP001' | 'SP002';
  readonly offset: number;
  readonly path?: string;
  readonly message: string;
  readonly advice: string;
}

/** The value of a key; of a key that stands twice the last, as Go reads it. */
export function memberOf(node: ObjectNode, key: string): Member | undefined {
  for (let i = node.members.length - 1; i >= 0; i -= 1) {
    const member = node.members[i];
    if (member?.key === key) return member;
  }
  return undefined;
}

/** `a`, `a.b`, `a["odd key"]`: the way to a member of `parent`. */
export function memberPath(parent: string, key: string): string {
  if (!/^[A-Za-z_$][\w$-]*$/.test(key)) return `${parent}[${JSON.stringify(key)}]`;
  return parent === '' ? key : `${parent}.${key}`;
}

/** Follows a path of the form `spec.syscalls[3].args[0]`; stops at the deepest part that exists. */
export function nodeAt(root: DocumentNode, path: string): { readonly offset: number; readonly path: string } {
  let node = root;
  let offset = root.offset;
  let reached = '';
  for (const [step, quoted, index] of path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|[^.[\]]+/g)) {
    if (index !== undefined) {
      const item = node.kind === 'array' ? node.items[Number(index)] : undefined;
      if (item === undefined) break;
      node = item;
      offset = item.offset;
      reached += step;
    } else {
      const key = quoted === undefined ? step : (JSON.parse(`"${quoted}"`) as string);
      const member = node.kind === 'object' ? memberOf(node, key) : undefined;
      if (member === undefined) break;
      node = member.value;
      offset = member.value.offset;
      reached = memberPath(reached, key);
    }
  }
  return { offset, path: reached };
}
