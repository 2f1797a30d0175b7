import { type CallSet, EVERY_CALL } from '../../filter/call-set.js';
import { cloneFlagsIndex, NAMESPACE_FLAGS } from '../../profile/runtime-base.js';
import { PRCTL_OPTIONS } from '../../profile/runtime-base-table.js';
import type { Architecture } from '../../syscalls/architectures.js';

/** Calls of one syscall that a runtime makes. */
export interface MadeCalls {
  readonly set: CallSet;
  /** False: an errno is lived with, even where the runtime needs others of the syscall. */
  readonly isRequired: boolean;
}

/** With which arguments a runtime makes a syscall, as far as that is the same every time. */
export function runtimeCalls(name: string, architecture: Architecture): readonly MadeCalls[] {
  const maskedEqual = (argument: number, mask: bigint, datum: bigint): CallSet => ({
    must: [{ argument, operator: 'SCMP_CMP_MASKED_EQ', mask, datum }],
    avoid: [],
  });
  if (name === 'prctl')
    return PRCTL_OPTIONS.map(({ option, isRequired }) => ({
      set: maskedEqual(0, 0xffff_ffff_ffff_ffffn, option),
      isRequired,
    }));
  if (name === 'clone')
    return [{ set: maskedEqual(cloneFlagsIndex(architecture), NAMESPACE_FLAGS, 0n), isRequired: true }];
  return [{ set: EVERY_CALL, isRequired: true }];
}
