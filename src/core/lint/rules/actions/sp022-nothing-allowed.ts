import { outcomeInWords } from '../../../outcomes/outcome-in-words.js';
import { allowsNothing } from '../../subject/allows-nothing.js';
import type { LintRule } from '../../subject/lint-rule.js';
import type { LintSubject } from '../../subject/lint-subject.js';
import { BASIC_RULE } from './basic-rule.js';

export const sp022NothingAllowed: LintRule = {
  id: 'SP022',
  severity: 'error',
  compiled: 'warning',
  title: 'Nothing is allowed',
  why: "The default action refuses, and no rule lets a syscall through. The filter holds before the container's program starts, so not even that can happen: crun dies, runc dies or hangs.",
  fix: 'Allow what the program needs: start from a profile of the catalogue (seccomply profile list), or record one.',
  failing: { text: JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO' }) },
  passing: { text: JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [BASIC_RULE] }) },
  *check(subject) {
    if (allowsNothing(subject))
      yield {
        path: subject.top('defaultAction'),
        message: `what no rule names is ${refusal(subject)}, and no rule lets anything through: the container does not start${
          subject.defaultOutcome.action === 'SCMP_ACT_KILL_THREAD' ? ', and runc hangs' : ''
        }`,
      };
  },
};

function refusal({ defaultOutcome }: LintSubject): string {
  return defaultOutcome.action.startsWith('SCMP_ACT_KILL') ? 'killed' : outcomeInWords(defaultOutcome);
}
