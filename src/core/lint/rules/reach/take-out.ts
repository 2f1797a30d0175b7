import { sameOutcome } from '../../../compile/verdicts.js';
import { byNumber, listed } from '../../../text/words.js';
import type { LintSubject } from '../../subject/lint-subject.js';

/**
 * `Take clone out of the rule in line 4`: of every rule that decides about it. Empty where none does. A further rule would change nothing
 * beside one without conditions, and adds to what others let through.
 */
export function takeOut(subject: LintSubject, name: string): string {
  const lines = subject.rules
    .filter(({ rule, outcome }) => rule.names.includes(name) && !sameOutcome(outcome, subject.defaultOutcome))
    .map(({ path }) => String(subject.parsed.placeOf(path).line));
  const places = [...new Set(lines)];
  return places.length === 0
    ? ''
    : `Take ${name} out of the ${byNumber(places.length, 'rule in line', 'rules in lines')} ${listed(places)}`;
}

/** The rule that is to be added, after what is to be taken out. */
export function takeOutAndAdd(subject: LintSubject, name: string, rule: string): string {
  const out = takeOut(subject, name);
  return `${out === '' ? 'Add' : `${out}, and add`} a rule: ${rule}`;
}

/** Programs then use clone. */
export const CLONE3_RULE = '"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38';
