import { allowAllBut, refuse } from '../../subject/example-profile.js';
import type { LintRule } from '../../subject/lint-rule.js';

export const sp007NoSyscallNamed: LintRule = {
  id: 'SP007',
  severity: 'error',
  title: 'A rule names nothing, or no syscall',
  why: 'A rule without names does nothing; an empty name makes runc refuse the profile; a name with white space in it is no syscall, so its rule does nothing.',
  fix: 'Write each name in quotes of its own, without white space, or remove the rule.',
  failing: { text: allowAllBut([refuse(['keyctl, add_key', ''])]) },
  passing: { text: allowAllBut([refuse(['keyctl', 'add_key'])]) },
};
