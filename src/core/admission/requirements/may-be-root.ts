import { type Members, membersOf } from '../../document/members.js';
import type { InputPath } from '../request/input-path.js';
import { belowEachList } from '../request/pod-containers.js';

const USER_INPUTS: readonly InputPath[] = ['securityContext.runAsUser', 'securityContext.runAsNonRoot'];

/** Of a pod's spec. */
export const ROOT_INPUTS: readonly InputPath[] = [
  ...USER_INPUTS,
  ...belowEachList([...USER_INPUTS, 'securityContext.capabilities.drop[]']),
];

/**
 * Whether a container may run as root that can become any other user (SETUID, which runtimes give): neither its own fields nor the pod's keep
 * it from that. Who is that user then opens the processes that the user has on the node, if they have no capability more
 * (`ptrace_may_access` asks fsuid and permitted capabilities), and so their root file system, without SYS_PTRACE.
 */
export function mayBeRoot(spec: Members, container: Members): boolean {
  const own = membersOf(container.securityContext);
  const pods = membersOf(spec.securityContext);
  if ((own?.runAsNonRoot ?? pods?.runAsNonRoot) === true) return false;
  const user = own?.runAsUser ?? pods?.runAsUser;
  if (typeof user === 'number' && user !== 0) return false;
  const capabilities = membersOf(own?.capabilities);
  return !names(capabilities?.drop, /^(?:CAP_)?ALL$/i) || names(capabilities?.add, /^(?:CAP_)?(?:ALL|SETUID)$/i);
}

function names(list: unknown, pattern: RegExp): boolean {
  return Array.isArray(list) && list.some((name) => typeof name === 'string' && pattern.test(name));
}
