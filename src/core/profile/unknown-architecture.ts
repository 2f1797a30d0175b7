import { compareVersions } from '../syscalls/syscall-table.js';
import { plainVersion, type RuntimeQuestion } from './runtime-base.js';

/**
 * Whether a runtime refuses a profile that lists this architecture of the OCI specification, measured with runc 1.1.5, of newer ones by
 * what they document. Without a version: whether some version does.
 */
export function isUnknownArchitecture(
  name: string,
  { runtime, runtimeVersion }: Pick<RuntimeQuestion, 'runtime' | 'runtimeVersion'>,
): boolean {
  if (runtime === 'crun') return false;
  if (/_(?:M68K|PARISC|PARISC64|SH|SHEB)$/.test(name)) return true;
  const isOld = runtimeVersion === undefined || compareVersions(plainVersion(runtimeVersion), '1.2') < 0;
  return isOld && /_(?:RISCV64|LOONGARCH64)$/.test(name);
}
