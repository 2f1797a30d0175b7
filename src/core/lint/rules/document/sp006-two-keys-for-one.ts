import { allowAllBut, refuse } from '../../subject/example-profile.js';
import type { LintRule } from '../../subject/lint-rule.js';

export const sp006TwoKeysForOne: LintRule = {
  id: 'SP006',
  severity: 'error',
  title: 'Two keys where one may stand',
  why: 'Docker, Podman and CRI-O refuse a profile with both "architectures" and "archMap", and a rule with both "name" and "names".',
  fix: 'Keep one of the two.',
  failing: { text: allowAllBut([refuse(['keyctl'], { name: 'keyctl' })]) },
  passing: { text: allowAllBut([refuse(['keyctl'])]) },
};
