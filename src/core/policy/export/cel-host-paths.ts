import { HOST_PATH_TREE, type HostPathNode } from '../values/host-path-tree.js';
import { HARMLESS_PATHS } from '../values/host-paths.js';
import { celText, escapePattern } from './cel.js';

/** A regular expression for the paths that begin so. */
export interface PathPattern {
  /** `/`, `/var`: a path that begins otherwise does not match. */
  readonly start: string;
  readonly pattern: string;
}

/** Paths of which a read-only mount is a way to the node, as `reachedPlace` has it; those of HARMLESS_MOUNT are none. */
export const READABLE_MOUNT = mountedPaths(
  ({ readable }) => readable !== undefined,
  ({ readableBelow }) => readableBelow !== undefined,
);

/** Paths of which a writable mount is a way to the node, those of READABLE_MOUNT among them; those of HARMLESS_MOUNT are none. */
export const WRITABLE_MOUNT = mountedPaths(
  ({ readable, writable }) => (writable ?? readable) !== undefined,
  ({ readableBelow, writableBelow }) => (writableBelow ?? readableBelow) !== undefined,
);

export const HARMLESS_MOUNT = `^(?:${HARMLESS_PATHS.map(escapePattern).join('|')})(?:/|$)`;

/** Whether one of them matches. What CEL counts of a regular expression grows with its length, so only those for where the path is are tried. */
export function celMatches(path: string, patterns: readonly PathPattern[]): string {
  const tried = patterns.map(({ start, pattern }) => {
    const matches = `${path}.matches(${celText(pattern)})`;
    return start === '/' ? matches : `(${path}.startsWith(${celText(start)}) && ${matches})`;
  });
  return `(${tried.join(' || ')})`;
}

/** The places of the tree that are meant, what is below them, and the folders above that count. */
function mountedPaths(
  isPlace: (node: HostPathNode) => boolean,
  isAbove: (node: HostPathNode) => boolean,
): readonly PathPattern[] {
  const expression = (node: HostPathNode): string | undefined => {
    if (isPlace(node)) return '(?:/|$)';
    const next = namesOf(node).flatMap(([name, child]) => {
      const rest = expression(child);
      return rest === undefined ? [] : [name + rest];
    });
    if (next.length === 0) return undefined;
    return isAbove(node) ? `(?:$|/(?:${next.join('|')}))` : `/(?:${next.join('|')})`;
  };
  const whole: string[] = [];
  const patterns: PathPattern[] = [];
  for (const [name, child, start] of namesOf(HOST_PATH_TREE)) {
    const rest = expression(child);
    if (isPlace(child)) whole.push(name);
    else if (rest !== undefined) patterns.push({ start: `/${start}`, pattern: `^/${name}${rest}` });
  }
  return [{ start: '/', pattern: `^/(?:$|(?:${whole.join('|')})(?:/|$))` }, ...patterns];
}

/** As expressions, with what is below them and how they begin. */
function namesOf({ children, prefixes }: HostPathNode): readonly (readonly [string, HostPathNode, string])[] {
  return [
    ...[...children].map(([name, node]) => [escapePattern(name), node, name] as const),
    ...[...prefixes].map(([prefix, node]) => [`${escapePattern(prefix)}[^/]*`, node, prefix] as const),
  ];
}
