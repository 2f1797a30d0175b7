import type { Problem } from '../problem/problem.js';
import type { ActionOutcome, Verdict } from './verdicts.js';

export const ENOSYS_OUTCOME: ActionOutcome = { action: 'SCMP_ACT_ERRNO', errno: 38 };

/**
 * clone3 keeps its flags in memory, where no filter can look: beside a clone whose flags are filtered it would be the way around.
 * C libraries go back to clone when clone3 is refused with ENOSYS, and with nothing else.
 */
export function resolveClone3(
  byName: Map<string, Verdict>,
  defaultOutcome: ActionOutcome,
  cloneIsFiltered: boolean,
): readonly Problem[] {
  const verdict = byName.get('clone3');
  const before: ActionOutcome | undefined = verdict === undefined ? defaultOutcome : outcomeOfAlways(verdict);
  if (before !== undefined && before.action === 'SCMP_ACT_ERRNO') {
    if (before.errno !== 0 && (verdict === undefined || cloneIsFiltered)) byName.set('clone3', always(ENOSYS_OUTCOME));
    return [];
  }
  const kills = before !== undefined && !['SCMP_ACT_ALLOW', 'SCMP_ACT_LOG', 'SCMP_ACT_TRACE'].includes(before.action);
  if (!cloneIsFiltered || kills) return [];
  byName.set('clone3', always(ENOSYS_OUTCOME));
  return [
    {
      code: 'PC06',
      severity: 'warning',
      message:
        'clone3 gets ENOSYS instead of being allowed: the flags of clone are filtered, and clone3 would be the way around',
      advice: 'Give clone3 SCMP_ACT_ERRNO with errnoRet 38 in the profile itself; programs then use clone.',
    },
  ];
}

function outcomeOfAlways(verdict: Verdict): ActionOutcome | undefined {
  return verdict.kind === 'always' ? verdict.outcome : undefined;
}

function always(outcome: ActionOutcome): Verdict {
  return { kind: 'always', outcome };
}
