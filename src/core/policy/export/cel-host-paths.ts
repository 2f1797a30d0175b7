import { HOST_PATH_TREE, type HostPathNode } from '../values/host-path-tree.js';
import { HARMLESS_PATHS } from '../values/host-paths.js';
import { escapePattern } from './cel.js';

/** Paths of which a read-only mount is a way to the node, as `reachedPlace` has it; those of HARMLESS_MOUNT are none. */
export const READABLE_MOUNT = mountedPaths(({ readable }) => readable !== undefined);

/** Paths of which a writable mount is a way to the node; those of HARMLESS_MOUNT are none. */
export const WRITABLE_MOUNT = mountedPaths(({ readable, writable }) => (writable ?? readable) !== undefined);

export const HARMLESS_MOUNT = `^(?:${HARMLESS_PATHS.map(escapePattern).join('|')})(?:/|$)`;

/** The places of the tree that are meant, what is below them, and every folder above. */
function mountedPaths(isPlace: (node: HostPathNode) => boolean): string {
  const expression = (node: HostPathNode): string | undefined => {
    if (isPlace(node)) return '(?:/|$)';
    const next = [...namesOf(node)].flatMap(([name, child]) => {
      const rest = expression(child);
      return rest === undefined ? [] : [name + rest];
    });
    if (next.length === 0) return undefined;
    return node === HOST_PATH_TREE ? `(?:$|${next.join('|')})` : `(?:$|/(?:${next.join('|')}))`;
  };
  return `^/${expression(HOST_PATH_TREE) ?? ''}`;
}

function* namesOf({ children, prefixes }: HostPathNode): Generator<readonly [string, HostPathNode]> {
  for (const [name, node] of children) yield [escapePattern(name), node];
  for (const [prefix, node] of prefixes) yield [`${escapePattern(prefix)}[^/]*`, node];
}
