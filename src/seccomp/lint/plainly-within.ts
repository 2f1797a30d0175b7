import { type Decision, isLetThrough } from '../compare-decisions.js';
import type { Comparison } from '../comparison.js';
import type { Outcome } from '../compile-verdicts.js';

/** Whether everything that `a` lets through is seen at a glance to be let through by `b`. No means that it is not seen. */
export function isPlainlyWithin(a: Decision, b: Decision): boolean {
  if (b.kind === 'always') return isLetThrough(b.outcome);
  if (a.kind === 'always') return refuses(a.outcome);
  if (!refuses(a.otherwise) || !b.certain || !b.rules.every(({ outcome }) => isLetThrough(outcome))) return false;
  const passing = b.rules.map(({ when }) => when.map(keyOf));
  return a.rules.every(({ when, outcome }) => {
    if (refuses(outcome)) return true;
    const given = new Set(when.map(keyOf));
    return passing.some((conditions) => conditions.every((condition) => given.has(condition)));
  });
}

function keyOf({ argument, operator, mask, datum }: Comparison): string {
  return `${argument} ${operator} ${mask} ${datum & mask}`;
}

function refuses({ action }: Outcome): boolean {
  return !['SCMP_ACT_ALLOW', 'SCMP_ACT_LOG', 'SCMP_ACT_TRACE', 'SCMP_ACT_NOTIFY'].includes(action);
}
