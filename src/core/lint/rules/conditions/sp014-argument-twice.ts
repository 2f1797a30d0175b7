import { listed } from '../../../text/words.js';
import { equal, refuseAllBut } from '../../subject/example-profile.js';
import type { LintRule } from '../../subject/lint-rule.js';
import { everyRule } from './every-rule.js';

export const sp014ArgumentTwice: LintRule = {
  id: 'SP014',
  severity: 'error',
  title: 'One argument twice in a rule',
  why: 'libseccomp takes one comparison for each argument of a rule. When an argument stands twice, runc and crun make a rule of every condition, so that any one of them is enough: a range ">= 6 and <= 8" lets everything through.',
  fix: 'Write the values as rules of their own, or compare the bits they share with SCMP_CMP_MASKED_EQ.',
  failing: {
    text: refuseAllBut([
      {
        names: ['personality'],
        action: 'SCMP_ACT_ALLOW',
        args: [
          { index: 0, value: 6, op: 'SCMP_CMP_GE' },
          { index: 0, value: 8, op: 'SCMP_CMP_LE' },
        ],
      },
    ]),
  },
  passing: {
    text: refuseAllBut([
      { names: ['personality'], action: 'SCMP_ACT_ALLOW', args: [equal(0, 0)] },
      { names: ['personality'], action: 'SCMP_ACT_ALLOW', args: [equal(0, 8)] },
    ]),
  },
  *check(subject) {
    for (const { rule, path } of everyRule(subject)) {
      const again = rule.args.findIndex((arg, i) => rule.args.findIndex((other) => other.index === arg.index) < i);
      if (again < 0) continue;
      yield {
        path: `${path}.args[${again}]`,
        message: `argument ${rule.args[again]?.index} stands twice in this rule: runc and crun take its ${rule.args.length} conditions as "or", so any one of them decides for ${listed(rule.names)}`,
      };
    }
  },
};
