import { type DocumentNode, memberOf } from '../../../document/document-node.js';
import { memberPath } from '../../../document/path-text.js';

export interface InnerProfile {
  /** The way to it from the node that was searched. */
  readonly path: string;
  readonly offset: number;
  /** Whether it stands there as text. */
  readonly isText: boolean;
}

/** The first profile somewhere in a value, as an object or as text. */
export function innerProfile(node: DocumentNode, path = ''): InnerProfile | undefined {
  switch (node.kind) {
    case 'string':
      return isProfileText(node.value) ? { path, offset: node.offset, isText: true } : undefined;
    case 'array':
      for (const [i, item] of node.items.entries()) {
        const found = innerProfile(item, `${path}[${i}]`);
        if (found !== undefined) return found;
      }
      return undefined;
    case 'object': {
      const action = memberOf(node, 'defaultAction')?.value;
      if (action?.kind === 'string' && action.value.startsWith('SCMP_ACT_'))
        return { path, offset: node.offset, isText: false };
      for (const { key, value } of node.members) {
        const found = innerProfile(value, memberPath(path, key));
        if (found !== undefined) return found;
      }
      return undefined;
    }
    default:
      return undefined;
  }
}

/** Whether a text is a profile, maybe with something before it (`seccomp=`). */
export function isProfileText(text: string): boolean {
  return /^[\w=\s\ufeff]{0,100}\{/.test(text.slice(0, 200)) && text.includes('"defaultAction"');
}
