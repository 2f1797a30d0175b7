import { PROGRAM_END } from '../../../profile/runtime-base-table.js';
import { allowsNothing } from '../../subject/allows-nothing.js';
import { allowAllBut, refuse } from '../../subject/example-profile.js';
import type { LintRule } from '../../subject/lint-rule.js';

export const sp058NoCleanEnd: LintRule = {
  id: 'SP058',
  severity: 'warning',
  compiled: 'off',
  title: 'A program cannot end all its threads',
  why: 'Programs end by exit_group. A container starts without it; where it is refused with an errno, a C library ends one thread instead: of a program with threads the others stay, and the container does not end. An action that kills turns every end into a crash (exit code 159).',
  fix: 'Allow exit_group, or compile the profile: that adds it (seccomply profile compile).',
  failing: { text: allowAllBut([refuse(['exit_group'])]) },
  passing: { text: allowAllBut([refuse(['exit'])]) },
  *check(subject) {
    if (subject.profile.baseProfileName !== undefined || allowsNothing(subject) || !subject.refuses(PROGRAM_END))
      return;
    yield {
      path: subject.placeOf(PROGRAM_END),
      message: 'exit_group is refused: a program with threads does not end, or ends with a crash',
    };
  },
};
