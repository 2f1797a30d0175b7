import { type Members, membersOf } from '../../document/members.js';
import { type ReachedPlace, reachedPlace } from '../../policy/values/host-path-tree.js';
import { HOST_PROCESSES, PROCESS_LINK, SOCKET_PLACES } from '../../policy/values/host-paths.js';
import { pathBelow } from './path-below.js';

export interface HostPath {
  /** Its name. */
  readonly volume: string;
  /** Without empty, `.` and `..` components, and with `/run` for `/var/run`. */
  readonly path: string;
  readonly isBlockDevice: boolean;
}

export interface ReachedByMount {
  /** `can write the host's /var/lib/kubelet (the kubelet's folder)`. */
  readonly what: string;
  readonly advice: string;
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
        volume: volume.name,
        path: plain(pathBelow('', path)),
        isBlockDevice: hostPath?.type === 'BlockDevice',
      });
  }
  return paths;
}

export interface MountingContainer {
  readonly hostPaths: ReadonlyMap<string, HostPath>;
  /** As `linkableVolumes` has it. */
  readonly linkable: ReadonlyMap<string, string>;
  /** What lets it enter the processes of its node that it sees. */
  readonly enters: 'SYS_PTRACE' | 'root' | undefined;
}

/** What an entry of `volumeMounts` gives of the node. */
export function reachedByMount(
  entry: unknown,
  { hostPaths, linkable, enters }: MountingContainer,
): ReachedByMount | undefined {
  const mount = membersOf(entry);
  const hostPath = mount && hostPathOf(mount, hostPaths);
  if (mount === undefined || hostPath === undefined) return undefined;
  const readOnly = mount.readOnly === true;
  return (
    reached(mountedPath(mount, hostPath), readOnly, enters) ??
    blockDevice(hostPath, readOnly) ??
    link(hostPath, linkable.get(hostPath.volume))
  );
}

/** Undefined where the mount is none of a `hostPath` volume. */
export function hostPathOf({ name }: Members, hostPaths: ReadonlyMap<string, HostPath>): HostPath | undefined {
  return typeof name === 'string' ? hostPaths.get(name) : undefined;
}

/** The path on the host. */
export function mountedPath({ subPath, subPathExpr }: Members, { path }: HostPath): string {
  const mounted = typeof subPath === 'string' ? below(path, subPath) : path;
  return typeof subPathExpr === 'string' ? below(mounted, knownPart(subPathExpr)) : mounted;
}

const processLink = new RegExp(PROCESS_LINK);
const hostProcesses = new RegExp(HOST_PROCESSES);

const REMOVE = 'remove the mount';
const READ_ONLY = `${REMOVE} or make it readOnly`;

function reached(path: string, readOnly: boolean, enters: MountingContainer['enters']): ReachedByMount | undefined {
  if (processLink.test(path))
    return { what: `can reach the host's files through ${path}, whatever they are`, advice: REMOVE };
  const entered = enters === undefined || !hostProcesses.test(path) ? undefined : enters;
  const read = reachedPlace(path, true);
  const isSocket = read !== undefined && SOCKET_PLACES.includes(read.place);
  if (isSocket && (readOnly || !read.above)) return { what: sentence('use', path, read), advice: REMOVE };
  if (readOnly && read !== undefined) return { what: sentence('read', path, read), advice: REMOVE };
  const written = readOnly ? undefined : reachedPlace(path, false);
  if (written !== undefined)
    return {
      what: sentence('write', path, written),
      advice: read === undefined && entered === undefined ? READ_ONLY : REMOVE,
    };
  if (entered === undefined) return undefined;
  return {
    what: `can enter the processes of its node (${path} ${entered === 'root' ? 'as root' : `with ${entered}`})`,
    advice: entered === 'root' ? `${REMOVE} or set runAsNonRoot: true` : REMOVE,
  };
}

function sentence(verb: 'read' | 'write' | 'use', path: string, { place, above }: ReachedPlace): string {
  return `can ${verb} the host's ${path} (${above ? 'above ' : ''}${place.what})`;
}

function blockDevice(hostPath: HostPath, readOnly: boolean): ReachedByMount | undefined {
  if (!hostPath.isBlockDevice || readOnly) return undefined;
  return { what: `can write the host's ${hostPath.path} (a block device)`, advice: READ_ONLY };
}

function link({ path }: HostPath, folder: string | undefined): ReachedByMount | undefined {
  if (folder === undefined) return undefined;
  return {
    what: `can reach any file of its node by a link on the way to ${path} (the pod can write ${folder})`,
    advice: `mount it as a subPath of the volume of ${folder}, or make every mount there readOnly`,
  };
}

/** Of `logs/$(POD_NAME)/x` the folder `logs`: what follows may be anything below it. */
function knownPart(subPathExpr: string): string {
  const variable = subPathExpr.indexOf('$(');
  return variable < 0 ? subPathExpr : subPathExpr.slice(0, subPathExpr.lastIndexOf('/', variable) + 1);
}

function below(folder: string, path: string): string {
  if (path === '') return folder;
  return plain(pathBelow(folder === '/' ? '' : folder, path));
}

/** With `/run` for `/var/run`, which every distribution links to it. */
function plain(path: string): string {
  if (path === '') return '/';
  return path === '/var/run' || path.startsWith('/var/run/') ? path.slice('/var'.length) : path;
}
