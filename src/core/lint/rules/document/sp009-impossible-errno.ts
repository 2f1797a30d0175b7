import { MAX_ERRNO } from '../../../syscalls/errno-names.js';
import { allowAllBut, refuse } from '../../subject/example-profile.js';
import type { LintRule } from '../../subject/lint-rule.js';

export const sp009ImpossibleErrno: LintRule = {
  id: 'SP009',
  severity: 'error',
  title: 'An error number that does not exist',
  why: `A filter can return error numbers up to ${MAX_ERRNO}. Larger ones make libseccomp refuse the profile.`,
  fix: 'Write an error number of Linux: 1 is EPERM, 38 is ENOSYS.',
  failing: { text: allowAllBut([refuse(['keyctl'], { errnoRet: 5000 })]) },
  passing: { text: allowAllBut([refuse(['keyctl'], { errnoRet: 1 })]) },
};
