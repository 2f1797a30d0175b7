import { type Members, membersOf } from '../../document/members.js';
import { CONTAINER_LISTS } from '../request/container-view.js';
import { type HostPath, hostPathOf, mountedPath } from './host-mounts.js';

/**
 * Host paths below a folder that some container of the pod mounts writable: it can put a link on the way, which the runtime follows when it
 * starts the next container. By the name of the volume that folder. Takes time in proportion to what there is, but for sorting it.
 */
export function linkableVolumes(spec: Members, hostPaths: ReadonlyMap<string, HostPath>): ReadonlyMap<string, string> {
  if (hostPaths.size < 2) return NONE;
  const written = writtenFolders(spec, hostPaths);
  if (written.size === 0) return NONE;
  const places = [...hostPaths].map(([name, { path }]) => ({ name, path: withSlash(path) }));
  const all = [...[...written].map((path) => ({ name: undefined, path })), ...places].sort((a, b) =>
    a.path < b.path ? -1 : a.path > b.path ? 1 : 0,
  );
  const linkable = new Map<string, string>();
  // What is below a folder follows it in this order, so that only the outermost has to be kept.
  let outermost: string | undefined;
  for (const { name, path } of all) {
    const isBelow = outermost !== undefined && path !== outermost && path.startsWith(outermost);
    if (name === undefined) {
      if (!isBelow) outermost = path;
    } else if (isBelow && outermost !== undefined) linkable.set(name, outermost === '/' ? '/' : outermost.slice(0, -1));
  }
  return linkable;
}

const NONE: ReadonlyMap<string, string> = new Map();

/** With a slash at their end. */
function writtenFolders(spec: Members, hostPaths: ReadonlyMap<string, HostPath>): ReadonlySet<string> {
  const folders = new Set<string>();
  for (const list of CONTAINER_LISTS) {
    const containers = spec[list];
    if (!Array.isArray(containers)) continue;
    for (const container of containers) {
      const mounts = membersOf(container)?.volumeMounts;
      if (!Array.isArray(mounts)) continue;
      for (const entry of mounts) {
        const mount = membersOf(entry);
        const hostPath = mount && hostPathOf(mount, hostPaths);
        if (mount === undefined || hostPath === undefined || mount.readOnly === true) continue;
        folders.add(withSlash(mountedPath(mount, hostPath)));
      }
    }
  }
  return folders;
}

function withSlash(path: string): string {
  return path === '/' ? path : `${path}/`;
}
