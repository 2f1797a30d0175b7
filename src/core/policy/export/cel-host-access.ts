import { HOST_FOLDERS, HOST_SOCKETS, PROCESS_ROOT } from '../values/host-paths.js';
import { celList, celText, escapePattern } from './cel.js';
import type { PodPlace } from './cel-scope.js';

/**
 * `yes` or `no`: whether the container `c` can reach its node around every profile, as `hostAccessOf` has it. Paths have no ".." here: the
 * API server takes none, neither in a hostPath nor in a subPath.
 */
export function celHostAccess({ spec }: PodPlace): string {
  const readOnly = '(has(m.readOnly) && m.readOnly)';
  const parts = "('/' + v.hostPath.path + '/' + (has(m.subPath) ? m.subPath : '')).split('/')";
  const normal = `'/' + ${parts}.filter(s, s != '' && s != '.').join('/')`;
  const path = `[${normal}].map(p, p.matches('^/var/run(?:/|$)') ? p.substring(4) : p)`;
  const reached = `p in ${celList(HOST_SOCKETS)} || p.matches(${celText(PROCESS_ROOT)}) || (!${readOnly} && (p in ${celList(above())} || p.matches(${celText(below())})))`;
  const mounts = `has(${spec}.volumes) && has(c.volumeMounts) && c.volumeMounts.exists(m, ${spec}.volumes.exists(v, v.name == m.name && has(v.hostPath) && ${path}.exists(p, ${reached})))`;
  const adds =
    "has(c.securityContext.capabilities) && has(c.securityContext.capabilities.add) && c.securityContext.capabilities.add.exists(k, k.upperAscii().matches('^(?:CAP_)?(?:SYS_PTRACE|SYS_ADMIN|ALL)$'))";
  const privileged = 'has(c.securityContext.privileged) && c.securityContext.privileged';
  const traces = `has(${spec}.hostPID) && ${spec}.hostPID && has(c.securityContext) && ((${privileged}) || (${adds}))`;
  return `((${mounts}) || (${traces}) ? 'yes' : 'no')`;
}

/** The folders themselves, and every folder that one of them or a socket is in. */
function above(): readonly string[] {
  const all = new Set<string>();
  for (const path of [...HOST_FOLDERS.map((folder) => folder.path), ...HOST_SOCKETS]) {
    const parts = path.split('/').slice(1);
    for (let length = 0; length <= parts.length; length += 1) all.add(`/${parts.slice(0, length).join('/')}`);
  }
  return [...all].sort();
}

function below(): string {
  return `^(?:${HOST_FOLDERS.map(({ path }) => escapePattern(path)).join('|')})/`;
}
