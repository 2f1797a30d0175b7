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
  /** The first in the tables that is further down and counts from here. */
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
    for (const node of nodes) place = node.harmless ? undefined : named(place, placeAt(node, readOnly));
    start = end + 1;
  }
  if (place !== undefined) return { place, above: false };
  for (const node of nodes) {
    const below = readOnly ? node.readableBelow : (node.writableBelow ?? node.readableBelow);
    if (below !== undefined) return { place: below, above: true };
  }
  return undefined;
}

/** Of a place and one below it the one to be named: the lower one, unless it is found on some nodes only. */
function named(above: HostPlace | undefined, place: HostPlace | undefined): HostPlace | undefined {
  return place === undefined || (above !== undefined && place.notFromAbove === true) ? above : place;
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
    for (const path of place.paths) {
      const { node, above } = nodesOf(root, path);
      node.writable ??= place;
      if (place.notFromAbove !== true) for (const one of above) one.writableBelow ??= place;
    }
  for (const place of [...SOCKET_PLACES, ...CREDENTIAL_PLACES])
    for (const path of place.paths) {
      const { node, above } = nodesOf(root, path);
      node.readable ??= place;
      if (place.notFromAbove !== true) for (const one of above) one.readableBelow ??= place;
    }
  for (const path of HARMLESS_PATHS) nodesOf(root, path).node.harmless = true;
  return root;
}

/** The node of a path, made where it is missing, and those above it. */
function nodesOf(
  root: HostPathNode,
  path: string,
): { readonly node: HostPathNode; readonly above: readonly HostPathNode[] } {
  const above: HostPathNode[] = [];
  let node = root;
  for (const name of path.slice(1).split('/')) {
    above.push(node);
    const [list, key] = name.endsWith('*') ? [node.prefixes, name.slice(0, -1)] : [node.children, name];
    let next = list.get(key);
    if (next === undefined) {
      next = emptyNode();
      list.set(key, next);
    }
    node = next;
  }
  return { node, above };
}

function emptyNode(): HostPathNode {
  return { children: new Map(), prefixes: new Map() };
}
