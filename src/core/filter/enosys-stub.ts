import { filterAction } from '../profile/filter-action.js';
import type { Profile } from '../profile/model.js';
import type { Architecture } from '../syscalls/architectures.js';
import { FILTER_ARCHITECTURES, MULTIPLEXED_CALLS } from '../syscalls/filter-architecture.js';
import { syscallNumberIn } from '../syscalls/syscall-table.js';

/**
 * runc puts a stub in front of the filter, so that programs fall back from syscalls newer than the profile: numbers above
 * the highest that any rule names get ENOSYS. By architecture that highest number; an architecture that is not in the map has no stub.
 * Measured with runc 1.1.5 (test/kernel/live-filter.test.ts), s390x aside.
 */
export function enosysLimits(
  profile: Profile,
  architectures: readonly Architecture[],
  libseccomp: string,
): ReadonlyMap<Architecture, number> {
  if (!hasStub(profile)) return new Map();
  const named = new Set(profile.rules.flatMap(({ names }) => names));
  const limits = new Map<Architecture, number>();
  for (const architecture of architectures) {
    const numbers = [...named]
      .filter((name) => !isMultiplexed(architecture, name))
      .map((name) => syscallNumberIn(libseccomp, architecture, name) ?? 0);
    const highest = numbers.reduce((a, b) => Math.max(a, b), 0);
    if (highest > 0) limits.set(architecture, highest);
  }
  return limits;
}

const PASSING: ReadonlySet<string> = new Set(['SCMP_ACT_ALLOW', 'SCMP_ACT_LOG', 'SCMP_ACT_TRACE']);

/** Not where what is unlisted gets through; nor with this number as the default errno, which is the whole of what a filter returns for ENOSYS. */
function hasStub({ defaultAction, defaultErrnoRet }: Profile): boolean {
  return !PASSING.has(defaultAction) && defaultErrnoRet !== filterAction('SCMP_ACT_ERRNO', 38);
}

/** These have no number of their own in libseccomp there. */
function isMultiplexed(architecture: Architecture, name: string): boolean {
  return FILTER_ARCHITECTURES[architecture].multiplexed && MULTIPLEXED_CALLS.has(name);
}

/** Whether the stub answers with ENOSYS. On s390x number 0 stands for those too large for the instruction. */
export function isAboveLimit(
  limits: ReadonlyMap<Architecture, number>,
  architecture: Architecture,
  number: number,
): boolean {
  const limit = limits.get(architecture);
  return limit !== undefined && (number > limit || (architecture === 'SCMP_ARCH_S390X' && number === 0));
}
