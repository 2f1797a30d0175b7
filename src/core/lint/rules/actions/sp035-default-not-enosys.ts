import { outcomeInWords } from '../../../outcomes/outcome-in-words.js';
import { allowsNothing } from '../../subject/allows-nothing.js';
import type { LintRule } from '../../subject/lint-rule.js';
import { BASIC_RULE } from './basic-rule.js';

export const sp035DefaultNotEnosys: LintRule = {
  id: 'SP035',
  severity: 'warning',
  compiled: 'off',
  title: 'Newer syscalls get another answer than ENOSYS',
  why: 'Programs try new syscalls first and go back to older ones on ENOSYS, and on nothing else. With EPERM as the default they break when a C library or runtime is updated. runc answers ENOSYS for syscalls above the highest one that the profile names, crun does not, so the two differ.',
  fix: 'Write "defaultErrnoRet": 38, and name what is to be refused with EPERM in a rule; seccomply profile compile does both.',
  failing: { text: JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [BASIC_RULE] }) },
  passing: { text: JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 38, syscalls: [BASIC_RULE] }) },
  *check(subject) {
    const { defaultOutcome, top, options } = subject;
    if (defaultOutcome.action !== 'SCMP_ACT_ERRNO' || defaultOutcome.errno === 38 || allowsNothing(subject)) return;
    const hasStub = subject.answeredByStub();
    if (hasStub && options.runtime === 'runc') return;
    const where = options.runtime === 'crun' || !hasStub ? '' : ' under crun, with ENOSYS under runc';
    yield {
      path: top('defaultAction'),
      message: `syscalls newer than this profile are ${outcomeInWords(defaultOutcome)}${where}: programs fall back on ENOSYS only`,
    };
  },
};
