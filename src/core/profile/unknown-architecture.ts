import { compareVersions } from '../syscalls/syscall-table.js';
import { plainVersion, type RuntimeQuestion } from './runtime-base.js';

/**
 * Whether a runtime refuses a profile that lists this architecture of the OCI specification. Measured with runc 1.1.5; since when runc knows
 * RISCV64 and LOONGARCH64 is not, and taken for 1.2. Without a version: whether some version refuses it.
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
