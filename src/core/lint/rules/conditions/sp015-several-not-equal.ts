import { sameOutcome } from '../../../compile/verdicts.js';
import { argumentInWords, outcomeInWords } from '../../../outcomes/outcome-in-words.js';
import type { Argument } from '../../../profile/model.js';
import { equal, refuseAllBut } from '../../subject/example-profile.js';
import type { LintFinding, LintRule } from '../../subject/lint-rule.js';
import type { LintSubject, PlacedRule } from '../../subject/lint-subject.js';

export const sp015SeveralNotEqual: LintRule = {
  id: 'SP015',
  severity: 'error',
  title: 'Several "not equal" that together match everything',
  why: 'Rules are joined by "or": of "not 5" and "not 7" every value meets one.',
  fix: 'Refuse the values instead of letting the others through, or let single values through.',
  failing: {
    text: refuseAllBut([
      { names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 38, op: 'SCMP_CMP_NE' }] },
      { names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 40, op: 'SCMP_CMP_NE' }] },
    ]),
  },
  passing: { text: refuseAllBut([{ names: ['personality'], action: 'SCMP_ACT_ALLOW', args: [equal(0, 0)] }]) },
  check: severalUnequal,
};

function* severalUnequal(subject: LintSubject): Iterable<LintFinding> {
  const { rules, defaultOutcome } = subject;
  const first = new Map<string, Argument>();
  const said = new Set<PlacedRule>();
  for (const placed of rules) {
    const [arg, ...others] = placed.rule.args;
    if (arg === undefined || others.length > 0 || arg.op !== 'SCMP_CMP_NE') continue;
    if (sameOutcome(placed.outcome, defaultOutcome)) continue;
    for (const name of placed.rule.names) {
      const key = `${name} ${arg.index} ${placed.outcome.action} ${placed.outcome.errno ?? ''}`;
      const before = first.get(key);
      if (before === undefined) first.set(key, arg);
      else if (before.value !== arg.value && !said.has(placed)) {
        said.add(placed);
        yield {
          path: `${placed.path}.args[0]`,
          message: `every call of ${name} meets ${argumentInWords(before)} or ${argumentInWords(arg)}: it is ${outcomeInWords(placed.outcome)} whatever its arguments`,
        };
      }
    }
  }
}
