import { NODE_CAPABILITIES, PROCESS_CAPABILITIES, TRACING_CAPABILITIES } from '../values/host-capabilities.js';
import { HOST_PROCESSES, PROCESS_LINK } from '../values/host-paths.js';
import { celText } from './cel.js';
import { celMatches, HARMLESS_MOUNT, READABLE_MOUNT, WRITABLE_MOUNT } from './cel-host-paths.js';
import type { PodPlace } from './cel-scope.js';

/**
 * Variables for `celHostAccess`, read once for all containers. `hostPaths`: of each volume of a host path its `name`, its `path`, and
 * whether it `isDisk`. `written`: by container and mount the folders below which the pod can put links, with a slash at their end.
 */
export function hostAccessVariables({
  spec,
}: PodPlace): readonly { readonly name: string; readonly expression: string }[] {
  const isDisk = "has(v.hostPath.type) && v.hostPath.type == 'BlockDevice' ? 'yes' : 'no'";
  const written = ['containers', 'initContainers', 'ephemeralContainers'].map((list) => {
    const folders = `variables.hostPaths.filter(v, v.name == m.name).map(v, ${mountedPath('v.path')}[0]).map(p, p == '/' ? p : p + '/')`;
    const mounts = `c.volumeMounts.filter(m, !${READ_ONLY}).map(m, ${folders})`;
    return `(has(${spec}.${list}) ? ${spec}.${list}.filter(c, has(c.volumeMounts)).map(c, ${mounts}) : [])`;
  });
  return [
    {
      name: 'hostPaths',
      expression: `has(${spec}.volumes) ? ${spec}.volumes.filter(v, has(v.hostPath)).map(v, {'name': string(v.name), 'path': ${normal("'/' + v.hostPath.path")}[0], 'isDisk': (${isDisk})}) : []`,
    },
    { name: 'written', expression: `variables.hostPaths.size() < 2 ? [] : ${written.join(' + ')}` },
  ];
}

/**
 * `yes` or `no`: whether the container `c` can reach its node around every profile, as `hostAccessOf` has it. Paths have no ".." here: the
 * API server takes none, neither in a hostPath nor in a subPath.
 */
export function celHostAccess({ spec }: PodPlace): string {
  const ownUsers = `(has(${spec}.hostUsers) && !${spec}.hostUsers)`;
  const isPrivileged = '(has(c.securityContext) && has(c.securityContext.privileged) && c.securityContext.privileged)';
  const enters = `(!${ownUsers} && !${isPrivileged} && (${adds('SYS_PTRACE')} || ${mayBeRoot(spec)}))`;
  const reached = [
    `p.matches(${celText(PROCESS_LINK)})`,
    `(!p.matches(${celText(HARMLESS_MOUNT)}) && (${READ_ONLY} ? ${celMatches('p', READABLE_MOUNT)} : ${celMatches('p', WRITABLE_MOUNT)}))`,
    `(!${READ_ONLY} && v.isDisk == 'yes')`,
    `(p.matches(${celText(HOST_PROCESSES)}) && ${enters})`,
    'variables.written.exists(mounts, mounts.exists(folders, folders.exists(w, v.path.startsWith(w) && v.path != w)))',
  ].join(' || ');
  const mounts = `has(c.volumeMounts) && c.volumeMounts.exists(m, variables.hostPaths.exists(v, v.name == m.name && ${mountedPath('v.path')}.exists(p, ${reached})))`;
  const byPid = `has(${spec}.hostPID) && ${spec}.hostPID && (${isPrivileged} || ${adds(...PROCESS_CAPABILITIES)} || ${mayBeRoot(spec)})`;
  const tracing = TRACING_CAPABILITIES.map((name) => adds(name)).join(' && ');
  const capable = `${adds(...NODE_CAPABILITIES.keys())} || (${tracing})`;
  const unmasked =
    "has(c.securityContext) && has(c.securityContext.procMount) && !(c.securityContext.procMount in ['', 'Default'])";
  return `((${mounts}) || (${byPid}) || (!${ownUsers} && !${isPrivileged} && ((${capable}) || (${unmasked}))) ? 'yes' : 'no')`;
}

const READ_ONLY = '(has(m.readOnly) && m.readOnly)';

/** A list with the path that the mount `m` has on the host, of a volume with such a path. */
function mountedPath(volumePath: string): string {
  const sub = `(has(m.subPath) ? m.subPath : '') + '/' + (has(m.subPathExpr) ? ${knownPart('m.subPathExpr')} : '')`;
  return `(has(m.subPath) || has(m.subPathExpr) ? ${normal(`${volumePath} + '/' + ${sub}`)} : [${volumePath}])`;
}

/** A list with the path, without empty and `.` components and with `/run` for `/var/run`. */
function normal(path: string): string {
  return `['/' + (${path}).split('/').filter(s, s != '' && s != '.').join('/')].map(p, p.matches('^/var/run(?:/|$)') ? p.substring(4) : p)`;
}

/** As `mayBeRoot` of the webhook has it. */
function mayBeRoot(spec: string): string {
  const field = (name: string, isSo: (holder: string) => string) => {
    const has = (holder: string) => `has(${holder}.securityContext) && has(${holder}.securityContext.${name})`;
    return `(${has('c')} ? ${isSo(`c.securityContext.${name}`)} : (${has(spec)} && ${isSo(`${spec}.securityContext.${name}`)}))`;
  };
  const nonRoot = field('runAsNonRoot', (value) => value);
  const other = field('runAsUser', (value) => `${value} != 0`);
  return `(!${nonRoot} && !${other} && (!${lists('drop', 'ALL')} || ${adds('ALL', 'SETUID')}))`;
}

/** Of `logs/$(POD_NAME)/x` the text `/logs`. */
function knownPart(text: string): string {
  const before = `('/' + ${text}.split('$(')[0])`;
  return `(${text}.contains('$(') ? ${before}.substring(0, ${before}.lastIndexOf('/')) : ${text})`;
}

function adds(...names: readonly string[]): string {
  return lists('add', ...names);
}

function lists(list: 'add' | 'drop', ...names: readonly string[]): string {
  const capabilities = 'c.securityContext.capabilities';
  const pattern = `^(?:CAP_)?(?:${names.join('|')})$`;
  return `(has(c.securityContext) && has(${capabilities}) && has(${capabilities}.${list}) && ${capabilities}.${list}.exists(k, k.upperAscii().matches(${celText(pattern)})))`;
}
