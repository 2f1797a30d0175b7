import { outcomeOf } from '../../../compile/verdicts.js';
import type { LintSubject, PlacedRule } from '../../subject/lint-subject.js';

/** Conditions do not matter to what is wrong with a rule by itself. */
export function everyRule({ profile, parsed }: LintSubject): readonly PlacedRule[] {
  return profile.rules.map((rule, index) => ({
    rule,
    index,
    path: parsed.rulePaths[index] ?? '',
    outcome: outcomeOf(rule.action, rule.errnoRet),
  }));
}
