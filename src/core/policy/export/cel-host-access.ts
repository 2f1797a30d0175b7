import { NODE_CAPABILITIES, PROCESS_CAPABILITIES, TRACING_CAPABILITIES } from '../values/host-capabilities.js';
import { HOST_PROCESSES, PROCESS_LINK } from '../values/host-paths.js';
import { celText } from './cel.js';
import { HARMLESS_MOUNT, READABLE_MOUNT, WRITABLE_MOUNT } from './cel-host-paths.js';
import type { PodPlace } from './cel-scope.js';

/**
 * `yes` or `no`: whether the container `c` can reach its node around every profile, as `hostAccessOf` has it. Paths have no ".." here: the
 * API server takes none, neither in a hostPath nor in a subPath.
 */
export function celHostAccess({ spec }: PodPlace): string {
  const readOnly = '(has(m.readOnly) && m.readOnly)';
  const ownUsers = `(has(${spec}.hostUsers) && !${spec}.hostUsers)`;
  const sub = `(has(m.subPath) ? m.subPath : '') + '/' + (has(m.subPathExpr) ? ${knownPart('m.subPathExpr')} : '')`;
  const parts = `('/' + v.hostPath.path + '/' + ${sub}).split('/')`;
  const normal = `'/' + ${parts}.filter(s, s != '' && s != '.').join('/')`;
  const path = `[${normal}].map(p, p.matches('^/var/run(?:/|$)') ? p.substring(4) : p)`;
  const blockDevice = "has(v.hostPath.type) && v.hostPath.type == 'BlockDevice'";
  const reached = [
    `p.matches(${celText(PROCESS_LINK)})`,
    `(p.matches(${celText(READABLE_MOUNT)}) && !p.matches(${celText(HARMLESS_MOUNT)}))`,
    `(!${readOnly} && ((p.matches(${celText(WRITABLE_MOUNT)}) && !p.matches(${celText(HARMLESS_MOUNT)})) || (${blockDevice})))`,
    `(p.matches(${celText(HOST_PROCESSES)}) && !${ownUsers} && ${adds('SYS_PTRACE')})`,
  ].join(' || ');
  const mounts = `has(${spec}.volumes) && has(c.volumeMounts) && c.volumeMounts.exists(m, ${spec}.volumes.exists(v, v.name == m.name && has(v.hostPath) && ${path}.exists(p, ${reached})))`;
  const privileged = 'has(c.securityContext.privileged) && c.securityContext.privileged';
  const traces = `has(${spec}.hostPID) && ${spec}.hostPID && ((has(c.securityContext) && ${privileged}) || ${adds(...PROCESS_CAPABILITIES)})`;
  const tracing = TRACING_CAPABILITIES.map((name) => adds(name)).join(' && ');
  const capable = `!(has(c.securityContext) && ${privileged}) && (${adds(...NODE_CAPABILITIES.keys())} || (${tracing}))`;
  const unmasked =
    "has(c.securityContext) && has(c.securityContext.procMount) && !(c.securityContext.procMount in ['', 'Default'])";
  return `((${mounts}) || (${traces}) || (!${ownUsers} && ((${capable}) || (${unmasked}))) ? 'yes' : 'no')`;
}

/** Of `logs/$(POD_NAME)/x` the text `/logs`. */
function knownPart(text: string): string {
  const before = `('/' + ${text}.split('$(')[0])`;
  return `(${text}.contains('$(') ? ${before}.substring(0, ${before}.lastIndexOf('/')) : ${text})`;
}

function adds(...names: readonly string[]): string {
  const pattern = `^(?:CAP_)?(?:${names.join('|')})$`;
  return `(has(c.securityContext) && has(c.securityContext.capabilities) && has(c.securityContext.capabilities.add) && c.securityContext.capabilities.add.exists(k, k.upperAscii().matches(${celText(pattern)})))`;
}
