import { isAbsent, type Members, membersOf } from '../../document/members.js';
import type { Requirement } from '../../policy/rules/requirement.js';
import type { PolicyMode } from '../../policy/schema/policy-schema.js';
import { HOST_FOLDERS, HOST_SOCKETS, PROCESS_ROOT } from '../../policy/values/host-paths.js';
import { oneLine } from '../../text/quoted.js';
import type { ContainerView } from '../request/container-view.js';
import type { InputPath } from '../request/input-path.js';
import { belowEachList } from '../request/pod-containers.js';
import { containerName } from './finding-list.js';
import type { PodEvaluation } from './pod-evaluation.js';
import { containerPlace } from './profile-setting.js';

/** Of a pod's spec, besides what is known of its containers. */
export const HOST_ACCESS_INPUTS: readonly InputPath[] = [
  'hostPID',
  'volumes[].name',
  'volumes[].hostPath.path',
  ...belowEachList(['volumeMounts[].name', 'volumeMounts[].subPath', 'volumeMounts[].readOnly']),
];

/** A way in which a container can reach the node around every seccomp profile. */
export interface HostAccess {
  readonly container: ContainerView;
  /** Which of the given containers that is. */
  readonly index: number;
  /** `volumeMounts[1]`, `securityContext.capabilities`: below the container. */
  readonly at: string;
  /** `can write the host's /var/lib/kubelet (the kubelet's folder)`. */
  readonly what: string;
  readonly advice: string;
}

const processRoot = new RegExp(PROCESS_ROOT);

/** What the judged containers of a pod can do to the node. */
export function hostAccessOf(spec: Members, containers: readonly ContainerView[]): readonly HostAccess[] {
  const hostPaths = hostPathsOf(spec);
  const hostPid = !isAbsent(spec.hostPID) && spec.hostPID !== false;
  const found: HostAccess[] = [];
  if (hostPaths.size === 0 && !hostPid) return found;
  for (const [index, container] of containers.entries()) {
    if (hostPid) addTracing(container, index, found);
    if (hostPaths.size > 0) addMounts(container, index, hostPaths, found);
  }
  return found;
}

/** Finds that a container reaches the node by `access`. */
export function checkHostAccess(
  { policy }: Requirement,
  mode: PolicyMode,
  { findings, states }: PodEvaluation,
  { container, index, at, what, advice }: HostAccess,
): void {
  const state = states[index];
  if (state === undefined || findings.onlyCounts(mode)) return;
  findings.violation(
    {
      code: 'host-access',
      mode,
      fieldPath: `${state.path}.${at}`,
      requested: what,
      effective: what,
      expected: 'no way around the profile through the node',
      policy,
      ...containerPlace(state),
    },
    {
      who: containerName(container.name, state.path),
      what: oneLine(what, 200),
      advice: `${advice}, or have the policy exclude this pod`,
      where: `${state.path}.${at}`,
    },
  );
}

function addTracing(container: ContainerView, index: number, found: HostAccess[]): void {
  const capability = tracingCapability(container);
  if (capability === undefined) return;
  found.push({
    container,
    index,
    at: capability === 'privileged' ? 'securityContext.privileged' : 'securityContext.capabilities',
    what: `can trace the processes of its node (hostPID with ${capability})`,
    advice: `remove hostPID or ${capability}`,
  });
}

function tracingCapability(container: ContainerView): string | undefined {
  if (container.isPrivileged()) return 'privileged';
  for (const name of container.addedCapabilities()) {
    const plain = name.toUpperCase().replace(/^CAP_/, '');
    if (plain === 'SYS_PTRACE' || plain === 'SYS_ADMIN' || plain === 'ALL') return plain;
  }
  return undefined;
}

function addMounts(
  container: ContainerView,
  index: number,
  hostPaths: ReadonlyMap<string, string>,
  found: HostAccess[],
): void {
  const mounts = container.raw.volumeMounts;
  if (!Array.isArray(mounts)) return;
  for (let at = 0; at < mounts.length; at += 1) {
    const mount = membersOf(mounts[at]);
    const hostPath = typeof mount?.name === 'string' ? hostPaths.get(mount.name) : undefined;
    if (mount === undefined || hostPath === undefined) continue;
    const subPath = typeof mount.subPath === 'string' ? mount.subPath : '';
    const reached = reach(plain(joined(hostPath, subPath)), mount.readOnly === true);
    if (reached === undefined) continue;
    found.push({
      container,
      index,
      at: `volumeMounts[${at}]`,
      what: reached.what,
      advice: reached.readOnlyHelps ? 'remove the mount or make it readOnly' : 'remove the mount',
    });
  }
}

/** A mount that is read-only is let through where it is for a folder, but is no advice where a socket is below it. */
function reach(
  path: string,
  readOnly: boolean,
): { readonly what: string; readonly readOnlyHelps: boolean } | undefined {
  if (processRoot.test(path))
    return { what: `can reach the host's files through ${path}, whatever they are`, readOnlyHelps: false };
  const socket = HOST_SOCKETS.find((one) => one === path || (!readOnly && isBelow(one, path)));
  if (socket === path) return { what: `can use the host's ${path} (a runtime's socket)`, readOnlyHelps: false };
  if (readOnly) return undefined;
  const folder = HOST_FOLDERS.find((one) => isBelow(one.path, path) || isBelow(path, one.path));
  if (folder !== undefined)
    return { what: `can write the host's ${path} (${folder.what})`, readOnlyHelps: socket === undefined };
  return socket === undefined
    ? undefined
    : { what: `can write the host's ${path} (a runtime's socket is in it)`, readOnlyHelps: false };
}

function isBelow(path: string, folder: string): boolean {
  if (path === folder || folder === '/') return true;
  return path.length > folder.length && path[folder.length] === '/' && path.startsWith(folder);
}

/** As the kernel has it (PATH_MAX): what is longer is no path, and each mount of the volume would have to go through it. */
const LONGEST_PATH = 4_096;

/** Host path by the name of its volume, without empty, `.` and `..` components. */
function hostPathsOf(spec: Members): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  if (!Array.isArray(spec.volumes)) return paths;
  for (const entry of spec.volumes) {
    const volume = membersOf(entry);
    const path = membersOf(volume?.hostPath)?.path;
    if (typeof volume?.name === 'string' && typeof path === 'string')
      paths.set(volume.name, joined('', path).slice(0, LONGEST_PATH));
  }
  return paths;
}

/** A path below such a path; takes time in proportion to `path`, however long the other is. */
function joined(folder: string, path: string): string {
  let text = folder;
  for (const component of path.split('/')) {
    if (component === '..') text = text.slice(0, Math.max(0, text.lastIndexOf('/')));
    else if (component !== '' && component !== '.') text += `/${component}`;
  }
  return text;
}

/** With `/run` for `/var/run`, which every distribution links to it. */
function plain(path: string): string {
  if (path === '') return '/';
  return path === '/var/run' || path.startsWith('/var/run/') ? path.slice('/var'.length) : path;
}
