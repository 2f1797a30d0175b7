import { filterAction } from './filter-action.js';
import { FILTER_ARCHITECTURES, MULTIPLEXED_CALLS } from './filter-architecture.js';
import type { Architecture, Profile } from './model.js';
import { syscallNumberIn } from './syscall-table.js';

/**
 * runc puts a stub in front of the filter: syscalls above the highest number that any rule names get ENOSYS, so that programs
 * fall back instead of failing. For each architecture that highest number; no entry where the stub lets everything through.
 */
export function enosysLimits(
  profile: Profile,
  architectures: readonly Architecture[],
  libseccomp: string,
): ReadonlyMap<Architecture, number> {
  const limits = new Map<Architecture, number>();
  // runc means "the default errno is ENOSYS already", but compares with what a filter returns for it.
  if (profile.defaultErrnoRet === filterAction('SCMP_ACT_ERRNO', 38)) return limits;
  if (['SCMP_ACT_ALLOW', 'SCMP_ACT_LOG', 'SCMP_ACT_TRACE'].includes(profile.defaultAction)) return limits;
  for (const architecture of architectures) {
    let highest = 0;
    for (const rule of profile.rules)
      for (const name of rule.names) {
        // libseccomp resolves these to a pseudo number below zero.
        if (FILTER_ARCHITECTURES[architecture].multiplexed && MULTIPLEXED_CALLS.has(name)) continue;
        const number = syscallNumberIn(libseccomp, architecture, name);
        if (number !== undefined && number > highest) highest = number;
      }
    if (highest > 0) limits.set(architecture, highest);
  }
  return limits;
}

/** Whether the stub answers with ENOSYS. */
export function isAboveLimit(
  limits: ReadonlyMap<Architecture, number>,
  architecture: Architecture,
  number: number,
): boolean {
  const limit = limits.get(architecture);
  if (limit === undefined) return false;
  // The multiplexer that carries syscalls with numbers too large for the instruction.
  if (architecture === 'SCMP_ARCH_S390X' && number === 0) return true;
  return number > limit;
}
