import type { ActionOutcome } from '../compile/verdicts.js';
import { isLetThrough } from '../compile/verdicts.js';
import { findCall } from '../filter/call-set.js';
import type { SyscallDecisions } from './syscall-decisions.js';
import { callsWith, decisionFor } from './syscall-decisions.js';

/** The requests of ptrace that make a tracer see seccomp's events: PTRACE_SETOPTIONS and PTRACE_SEIZE. */
const REQUESTS = [0x4200n, 0x4206n];

/**
 * Whether a program in the container can trace its own child and so let every SCMP_ACT_TRACE call through: ptrace(2),
 * PTRACE_O_TRACESECCOMP. `filters`: those of one profile, for each ABI.
 */
export function canTraceItself(filters: readonly SyscallDecisions[]): boolean {
  return filters.some((filter) =>
    callsWith(decisionFor(filter, 'ptrace'), isLetThrough).some((set) =>
      REQUESTS.some((datum) => {
        const must = [{ argument: 0, operator: 'SCMP_CMP_MASKED_EQ' as const, mask: 0xffff_ffffn, datum }];
        return findCall([set, { must, avoid: [] }], filter.bits).kind !== 'none';
      }),
    ),
  );
}

/** What counts as let through by these filters of one profile: ALLOW, LOG, and TRACE where a program can be its own tracer. */
export function lettingThrough(filters: readonly SyscallDecisions[]): (outcome: ActionOutcome) => boolean {
  if (!canTraceItself(filters)) return isLetThrough;
  return (outcome) => isLetThrough(outcome) || outcome.action === 'SCMP_ACT_TRACE';
}
