import { CREDENTIAL_PLACES, HARMLESS_PATHS, type HostPlace, SOCKET_PLACES, WRITABLE_PLACES } from './host-paths.js';

/** One component of the paths in the tables, with what is below it. */
export interface HostPathNode {
  readonly children: Map<string, HostPathNode>;
  /** By the beginning of a name; `''` takes every name. */
  readonly prefixes: Map<string, HostPathNode>;
  /** What it is to whoever may write, and to whoever may only read. */
  writable?: HostPlace;
  readable?: HostPlace;
  harmless?: true;
  /** The first in the tables that is further down. */
  writableBelow?: HostPlace;
  readableBelow?: HostPlace;
}

export interface ReachedPlace {
  readonly place: HostPlace;
  /** Whether the path is above the place, rather than at it or below. */
  readonly above: boolean;
}

export const HOST_PATH_TREE: HostPathNode = treeOf();

/**
 * What a mount of this path gives; undefined where it is no way to the node. Looks at no more components than the tables have.
 * @param path absolute, without empty, `.` and `..` components
 */
export function reachedPlace(path: string, readOnly: boolean): ReachedPlace | undefined {
  let nodes: readonly HostPathNode[] = [HOST_PATH_TREE];
  let place: HostPlace | undefined;
  for (let start = 1; start < path.length && nodes.length > 0; ) {
    const slash = path.indexOf('/', start);
    const end = slash < 0 ? path.length : slash;
    nodes = childrenOf(nodes, path.slice(start, end));
    for (const node of nodes) place = node.harmless ? undefined : (placeAt(node, readOnly) ?? place);
    start = end + 1;
  }
  if (place !== undefined) return { place, above: false };
  for (const node of nodes) {
    const below = readOnly ? node.readableBelow : (node.writableBelow ?? node.readableBelow);
    if (below !== undefined) return { place: below, above: true };
  }
  return undefined;
}

function placeAt(node: HostPathNode, readOnly: boolean): HostPlace | undefined {
  return readOnly ? node.readable : (node.writable ?? node.readable);
}

function childrenOf(nodes: readonly HostPathNode[], name: string): readonly HostPathNode[] {
  const found: HostPathNode[] = [];
  for (const { children, prefixes } of nodes) {
    const child = children.get(name);
    if (child !== undefined) found.push(child);
    for (const [prefix, node] of prefixes) if (name.startsWith(prefix)) found.push(node);
  }
  return found;
}

function treeOf(): HostPathNode {
  const root = emptyNode();
  for (const place of WRITABLE_PLACES)
    addAll(
      root,
      place.paths,
      (above) => (above.writableBelow ??= place),
      (node) => (node.writable ??= place),
    );
  for (const place of [...SOCKET_PLACES, ...CREDENTIAL_PLACES])
    addAll(
      root,
      place.paths,
      (above) => (above.readableBelow ??= place),
      (node) => (node.readable ??= place),
    );
  addAll(
    root,
    HARMLESS_PATHS,
    () => undefined,
    (node) => (node.harmless = true),
  );
  return root;
}

function addAll(
  root: HostPathNode,
  paths: readonly string[],
  mark: (above: HostPathNode) => void,
  set: (node: HostPathNode) => void,
): void {
  for (const path of paths) {
    let node = root;
    for (const name of path.slice(1).split('/')) {
      mark(node);
      const [list, key] = name.endsWith('*') ? [node.prefixes, name.slice(0, -1)] : [node.children, name];
      let next = list.get(key);
      if (next === undefined) {
        next = emptyNode();
        list.set(key, next);
      }
      node = next;
    }
    set(node);
  }
}

function emptyNode(): HostPathNode {
  return { children: new Map(), prefixes: new Map() };
}
