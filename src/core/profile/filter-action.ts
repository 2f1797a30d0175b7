import { MAX_ERRNO } from '../syscalls/errno-names.js';
import type { Action } from './model.js';

/** What a filter returns for an action (SECCOMP_RET_…), with the errno of ERRNO and the message of TRACE in the low 16 bits. */
export function filterAction(action: Action, errnoRet: number | undefined): number {
  const data = (errnoRet ?? 1) & 0xffff;
  switch (action) {
    case 'SCMP_ACT_KILL':
    case 'SCMP_ACT_KILL_THREAD':
      return 0;
    case 'SCMP_ACT_KILL_PROCESS':
      return 0x8000_0000;
    case 'SCMP_ACT_TRAP':
      return 0x0003_0000;
    case 'SCMP_ACT_ERRNO':
      return 0x0005_0000 + data;
    case 'SCMP_ACT_NOTIFY':
      return 0x7fc0_0000;
    case 'SCMP_ACT_TRACE':
      return 0x7ff0_0000 + data;
    case 'SCMP_ACT_LOG':
      return 0x7ffc_0000;
    case 'SCMP_ACT_ALLOW':
      return 0x7fff_0000;
  }
}

/** Whether libseccomp refuses a rule with this action (EINVAL): the runtime does not start the container. */
export function isRefused(returned: number): boolean {
  return returned >>> 16 === 0x0005 && (returned & 0xffff) > MAX_ERRNO;
}

/** What libseccomp returns for an architecture that is not in the filter. */
export const BAD_ARCHITECTURE = 0;

/** What runc's stub returns. */
export const ENOSYS = 0x0005_0000 + 38;

/** The name of what a filter returns; 0 is SCMP_ACT_KILL_THREAD here, of which SCMP_ACT_KILL is the older name. */
export function actionOf(returned: number): { readonly action: Action; readonly errno: number | null } {
  const data = returned & 0xffff;
  switch ((returned & 0xffff_0000) >>> 0) {
    case 0x8000_0000:
      return { action: 'SCMP_ACT_KILL_PROCESS', errno: null };
    case 0x0003_0000:
      return { action: 'SCMP_ACT_TRAP', errno: null };
    case 0x0005_0000:
      return { action: 'SCMP_ACT_ERRNO', errno: data };
    case 0x7fc0_0000:
      return { action: 'SCMP_ACT_NOTIFY', errno: null };
    case 0x7ff0_0000:
      return { action: 'SCMP_ACT_TRACE', errno: data };
    case 0x7ffc_0000:
      return { action: 'SCMP_ACT_LOG', errno: null };
    case 0x7fff_0000:
      return { action: 'SCMP_ACT_ALLOW', errno: null };
    default:
      return { action: 'SCMP_ACT_KILL_THREAD', errno: null };
  }
}
