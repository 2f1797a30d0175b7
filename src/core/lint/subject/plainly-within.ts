import { type ActionOutcome, isLetThrough } from '../../compile/verdicts.js';
import { comparisonKey } from '../../filter/comparison.js';
import type { SyscallDecision } from '../../outcomes/syscall-decisions.js';

/** Whether everything that `a` lets through is seen at a glance to be let through by `b`. No means that it is not seen. */
export function isPlainlyWithin(
  a: SyscallDecision,
  b: SyscallDecision,
  letsThrough: (outcome: ActionOutcome) => boolean,
): boolean {
  if (b.kind === 'always') return isLetThrough(b.outcome);
  if (a.kind === 'always') return !letsThrough(a.outcome);
  if (letsThrough(a.otherwise) || !b.certain || !b.rules.every(({ outcome }) => isLetThrough(outcome))) return false;
  const passing = b.rules.map(({ when }) => when.map(comparisonKey));
  return a.rules.every(({ when, outcome }) => {
    if (!letsThrough(outcome)) return true;
    const given = new Set(when.map(comparisonKey));
    return passing.some((conditions) => conditions.every((condition) => given.has(condition)));
  });
}
