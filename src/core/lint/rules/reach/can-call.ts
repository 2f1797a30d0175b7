import { type ActionOutcome, isLetThrough } from '../../../compile/verdicts.js';
import { findCall } from '../../../filter/call-set.js';
import { callsWith, decisionFor, type SyscallDecisions } from '../../../outcomes/syscall-decisions.js';

/** Whether some call whose argument has these bits gets through, or whatever else is wanted. */
export function canCall(
  filter: SyscallDecisions,
  name: string,
  argument: number,
  mask: bigint,
  datum: bigint,
  wanted: (outcome: ActionOutcome) => boolean = isLetThrough,
): boolean {
  const must = [{ argument, operator: 'SCMP_CMP_MASKED_EQ' as const, mask, datum }];
  return callsWith(decisionFor(filter, name), wanted).some(
    (set) => findCall([set, { must, avoid: [] }], filter.bits).kind !== 'none',
  );
}
