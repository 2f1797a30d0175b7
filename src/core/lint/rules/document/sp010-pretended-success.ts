import { listed } from '../../../text/words.js';
import { allowAllBut, refuse } from '../../subject/example-profile.js';
import type { LintRule } from '../../subject/lint-rule.js';

export const sp010PretendedSuccess: LintRule = {
  id: 'SP010',
  severity: 'warning',
  title: 'The call seems to succeed and is not made',
  why: 'errnoRet 0 tells the program that all went well, and nothing was done: it goes on with data that is not there.',
  fix: 'Write 1 (EPERM) or 38 (ENOSYS), unless a program is to be deceived on purpose: one that lived with the pretence sees an error then.',
  failing: { text: allowAllBut([refuse(['keyctl'], { errnoRet: 0 })]) },
  passing: { text: allowAllBut([refuse(['keyctl'], { errnoRet: 1 })]) },
  *check({ profile, rules, top }) {
    if (profile.defaultAction === 'SCMP_ACT_ERRNO' && profile.defaultErrnoRet === 0)
      yield {
        path: top('defaultErrnoRet'),
        message: 'every syscall that no rule names seems to succeed and is not made',
      };
    for (const { rule, path } of rules)
      if (rule.action === 'SCMP_ACT_ERRNO' && rule.errnoRet === 0)
        yield {
          path: `${path}.errnoRet`,
          message: `${listed(rule.names)} ${rule.names.length === 1 ? 'seems' : 'seem'} to succeed, and nothing is done`,
        };
  },
};
