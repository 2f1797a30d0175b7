import { ACTION_RULES } from './rules/rules-actions.js';
import { CONDITION_RULES } from './rules/rules-conditions.js';
import { DOCUMENT_RULES } from './rules/rules-document.js';
import { POD_RULES } from './rules/rules-pods.js';
import { REACH_RULES } from './rules/rules-reach.js';
import { RUNTIME_RULES } from './rules/rules-runtime.js';
import type { LintRule } from './subject/lint-rule.js';
import { milderWhereUsual } from './usual-findings.js';

/** Every rule, by its id. */
export const LINT_RULES: readonly LintRule[] = [
  ...DOCUMENT_RULES,
  ...CONDITION_RULES.map((rule) => (rule.id === 'SP016' ? milderWhereUsual(rule) : rule)),
  ...ACTION_RULES,
  ...RUNTIME_RULES,
  ...REACH_RULES,
  ...POD_RULES,
].sort((a, b) => (a.id < b.id ? -1 : 1));
