import { compileEvaluator } from '../filter/evaluate.js';
import type { Evaluator } from '../filter/evaluator.js';
import type { SyscallRules } from '../filter/filter-rules.js';
import type { AmbiguityReason } from '../filter/hazard.js';
import { callsOfTwoActions } from '../filter/search-ambiguous.js';
import type { Profile } from '../profile/model.js';
import type { Architecture } from '../syscalls/architectures.js';
import { FILTER_ARCHITECTURES } from '../syscalls/filter-architecture.js';
import { rulesOf } from './rules.js';
import type { VerdictTable } from './verdicts.js';

export interface AmbiguousSyscall {
  readonly name: string;
  readonly reason: AmbiguityReason;
}

/** The filter that a table becomes. */
export function evaluatorOf({ byName, defaultOutcome, architectures }: VerdictTable, native: Architecture): Evaluator {
  const profile: Profile = {
    defaultAction: defaultOutcome.action,
    ...(defaultOutcome.errno === undefined ? {} : { defaultErrnoRet: defaultOutcome.errno }),
    architectures,
    rules: rulesOf({ byName, defaultOutcome, architectures }),
  };
  return compileEvaluator(profile, { runtime: 'libseccomp', native });
}

/** The syscalls about which some answer may be ambiguous, each with the first reason. */
export function ambiguousSyscalls(evaluator: Evaluator): readonly AmbiguousSyscall[] {
  const found = new Map<string, AmbiguityReason>();
  for (const { architecture, name } of evaluator.syscalls()) {
    if (found.has(name)) continue;
    const rules = evaluator.rules.of(architecture, name);
    const hazard = evaluator
      .hazards(architecture, name)
      .find(({ reason }) => reason !== 'overlap' || (rules !== undefined && mayMeetTwo(rules, architecture)));
    if (hazard !== undefined) found.set(name, hazard.reason);
  }
  return [...found].map(([name, reason]) => ({ name, reason }));
}

/** Whether a call may meet two rules with different actions. */
function mayMeetTwo(found: SyscallRules, architecture: Architecture): boolean {
  if (found.kind === 'always') return false;
  return callsOfTwoActions(found.rules, FILTER_ARCHITECTURES[architecture].bits).next().done !== true;
}
