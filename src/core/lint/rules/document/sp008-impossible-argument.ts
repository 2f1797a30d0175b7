import { allowAllBut, refuse } from '../../subject/example-profile.js';
import type { LintRule } from '../../subject/lint-rule.js';

export const sp008ImpossibleArgument: LintRule = {
  id: 'SP008',
  severity: 'error',
  title: 'A condition on an argument cannot be met',
  why: 'Arguments are counted from 0 to 5, and values are unsigned numbers of 64 bits. runc refuses anything else; crun takes some of it and means another number.',
  fix: 'Write the index of the argument, and the value as a decimal number.',
  failing: { text: allowAllBut([refuse(['keyctl'], { args: [{ index: 6, value: -1, op: 'SCMP_CMP_EQ' }] })]) },
  passing: { text: allowAllBut([refuse(['keyctl'], { args: [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }] })]) },
};
