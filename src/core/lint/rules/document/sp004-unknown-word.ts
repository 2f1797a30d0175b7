import { allowAllBut, refuse } from '../../subject/example-profile.js';
import type { LintRule } from '../../subject/lint-rule.js';

export const sp004UnknownWord: LintRule = {
  id: 'SP004',
  severity: 'error',
  title: 'An unknown action, operator, architecture or flag',
  why: 'Runtimes take the names of the specification only, in their exact case, and refuse the profile otherwise.',
  fix: 'Write the name that the message suggests.',
  failing: { text: allowAllBut([refuse(['keyctl'], { action: 'DENY' })]) },
  passing: { text: allowAllBut([refuse(['keyctl'])]) },
};
