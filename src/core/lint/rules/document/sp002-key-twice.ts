import type { LintRule } from '../../subject/lint-rule.js';

export const sp002KeyTwice: LintRule = {
  id: 'SP002',
  severity: 'error',
  title: 'A key stands twice, or in another case',
  why: 'runc takes keys in any case and the last of two; crun takes them in their exact case. The same file means two things.',
  fix: 'Keep one of the two, in the spelling of the OCI runtime specification.',
  failing: { text: '{"defaultAction":"SCMP_ACT_ALLOW","defaultAction":"SCMP_ACT_LOG","Syscalls":[]}' },
  passing: { text: '{"defaultAction":"SCMP_ACT_LOG","syscalls":[]}' },
};
