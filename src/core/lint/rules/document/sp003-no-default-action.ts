import type { LintRule } from '../../subject/lint-rule.js';

export const sp003NoDefaultAction: LintRule = {
  id: 'SP003',
  severity: 'error',
  title: 'There is no default action',
  why: 'Without "defaultAction" a runtime refuses the profile; when there are no rules either, runc starts the container without any filter.',
  fix: 'Say what happens to syscalls that no rule names: "defaultAction": "SCMP_ACT_ERRNO".',
  failing: { text: '{}' },
  passing: { text: '{"defaultAction":"SCMP_ACT_ERRNO"}' },
};
