import { isLetThrough } from '../../../compile/verdicts.js';
import { outcomeInWords } from '../../../outcomes/outcome-in-words.js';
import { reachOf } from '../../../outcomes/syscall-decisions.js';
import { allow, refuseAllBut } from '../../subject/example-profile.js';
import type { LintRule } from '../../subject/lint-rule.js';
import { FILTERED_CLONE, NO_CLONE3 } from './example-clone.js';
import { CLONE3_RULE, takeOutAndAdd } from './take-out.js';

export const sp034Clone3NotEnosys: LintRule = {
  id: 'SP034',
  severity: 'warning',
  title: 'clone3 is refused in a way that programs do not understand',
  why: 'The C library makes threads and processes with clone3, and goes back to clone when that fails with ENOSYS, and with nothing else. With EPERM programs cannot start threads. Where no rule names clone3 or a newer syscall runc answers ENOSYS by itself, crun does not.',
  fix: 'Give clone3 a rule of its own with SCMP_ACT_ERRNO and errnoRet 38, and take it out of others.',
  failing: { text: refuseAllBut([allow(['clone'])]) },
  passing: { text: refuseAllBut([FILTERED_CLONE, NO_CLONE3]) },
  *check(subject) {
    const decision = subject.decision('clone3');
    if (decision.kind !== 'always' || isLetThrough(decision.outcome)) return;
    const { action, errno } = decision.outcome;
    if (action === 'SCMP_ACT_ERRNO' && (errno === 38 || errno === 0)) return;
    if (reachOf(subject.decision('clone')) === 'none') return;
    // Compiling gives ENOSYS where no rule speaks of clone3, and beside a filtered clone.
    if (subject.isCompiled && (!subject.names('clone3') || reachOf(subject.decision('clone')) === 'some')) return;
    const isCrunOnly = !subject.isCompiled && subject.answeredByStub('clone3');
    if (isCrunOnly && subject.options.runtime === 'runc') return;
    yield {
      path: subject.names('clone3') ? subject.placeOf('clone3') : subject.placeOf('clone'),
      message: `clone3 ${action.startsWith('SCMP_ACT_KILL') ? '' : 'is '}${outcomeInWords(decision.outcome)}${isCrunOnly ? ' under crun (runc answers ENOSYS)' : ''}: programs go back to clone on ENOSYS only`,
      advice: `${takeOutAndAdd(subject, 'clone3', CLONE3_RULE)}.`,
    };
  },
};
