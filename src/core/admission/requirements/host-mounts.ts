import { type Members, membersOf } from '../../document/members.js';
import { type ReachedPlace, reachedPlace } from '../../policy/values/host-path-tree.js';
import { HOST_PROCESSES, PROCESS_LINK, SOCKET_PLACES } from '../../policy/values/host-paths.js';
import { pathBelow } from './path-below.js';

export interface HostPath {
  /** Without empty, `.` and `..` components; empty for the root. */
  readonly path: string;
  readonly isBlockDevice: boolean;
}

export interface ReachedByMount {
  /** `can write the host's /var/lib/kubelet (the kubelet's folder)`. */
  readonly what: string;
  /** Whether a read-only mount would be let through. */
  readonly readOnlyHelps: boolean;
}

/** Host path by the name of its volume. */
export function hostPathsOf(spec: Members): ReadonlyMap<string, HostPath> {
  const paths = new Map<string, HostPath>();
  if (!Array.isArray(spec.volumes)) return paths;
  for (const entry of spec.volumes) {
    const volume = membersOf(entry);
    const hostPath = membersOf(volume?.hostPath);
    const path = hostPath?.path;
    if (typeof volume?.name === 'string' && typeof path === 'string')
      paths.set(volume.name, {
        path: pathBelow('', path),
        isBlockDevice: hostPath?.type === 'BlockDevice',
      });
  }
  return paths;
}

/**
 * What an entry of `volumeMounts` gives of the node.
 * @param traces whether the container may trace processes that it sees
 */
export function reachedByMount(
  entry: unknown,
  hostPaths: ReadonlyMap<string, HostPath>,
  traces: boolean,
): ReachedByMount | undefined {
  const mount = membersOf(entry);
  const hostPath = typeof mount?.name === 'string' ? hostPaths.get(mount.name) : undefined;
  if (mount === undefined || hostPath === undefined) return undefined;
  const { subPath, subPathExpr } = mount;
  let path = hostPath.path;
  if (typeof subPath === 'string') path = pathBelow(path, subPath);
  if (typeof subPathExpr === 'string') path = pathBelow(path, knownPart(subPathExpr));
  return reached(plain(path), mount.readOnly === true, traces) ?? blockDevice(hostPath, mount.readOnly === true);
}

const processLink = new RegExp(PROCESS_LINK);
const hostProcesses = new RegExp(HOST_PROCESSES);

function reached(path: string, readOnly: boolean, traces: boolean): ReachedByMount | undefined {
  if (processLink.test(path))
    return { what: `can reach the host's files through ${path}, whatever they are`, readOnlyHelps: false };
  const entersProcesses = traces && hostProcesses.test(path);
  const read = reachedPlace(path, true);
  const isSocket = read !== undefined && SOCKET_PLACES.includes(read.place);
  if (isSocket && (readOnly || !read.above)) return { what: sentence('use', path, read), readOnlyHelps: false };
  if (readOnly && read !== undefined) return { what: sentence('read', path, read), readOnlyHelps: false };
  if (entersProcesses)
    return { what: `can enter the processes of its node (${path} with SYS_PTRACE)`, readOnlyHelps: false };
  const written = readOnly ? undefined : reachedPlace(path, false);
  return written && { what: sentence('write', path, written), readOnlyHelps: read === undefined };
}

function sentence(verb: 'read' | 'write' | 'use', path: string, { place, above }: ReachedPlace): string {
  return `can ${verb} the host's ${path} (${above ? 'above ' : ''}${place.what})`;
}

function blockDevice({ path, isBlockDevice }: HostPath, readOnly: boolean): ReachedByMount | undefined {
  if (!isBlockDevice || readOnly) return undefined;
  return { what: `can write the host's ${path} (a block device)`, readOnlyHelps: true };
}

/** Of `logs/$(POD_NAME)/x` the folder `logs`: what follows may be anything below it. */
function knownPart(subPathExpr: string): string {
  const variable = subPathExpr.indexOf('$(');
  return variable < 0 ? subPathExpr : subPathExpr.slice(0, subPathExpr.lastIndexOf('/', variable) + 1);
}

/** With `/run` for `/var/run`, which every distribution links to it. */
function plain(path: string): string {
  if (path === '') return '/';
  return path === '/var/run' || path.startsWith('/var/run/') ? path.slice('/var'.length) : path;
}
