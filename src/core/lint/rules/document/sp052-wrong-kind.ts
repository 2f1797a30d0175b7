import { allowAllBut, refuse } from '../../subject/example-profile.js';
import type { LintRule } from '../../subject/lint-rule.js';

export const sp052WrongKind: LintRule = {
  id: 'SP052',
  severity: 'error',
  title: 'A value of the wrong kind',
  why: 'Where a list belongs, runtimes refuse a text or an object, and the other way round.',
  fix: 'Write a value of the kind that the message names.',
  failing: { text: '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":{"names":["keyctl"]}}' },
  passing: { text: allowAllBut([refuse(['keyctl'])]) },
};
