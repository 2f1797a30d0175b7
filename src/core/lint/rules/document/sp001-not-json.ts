import type { LintRule } from '../../subject/lint-rule.js';

export const sp001NotJson: LintRule = {
  id: 'SP001',
  severity: 'error',
  title: 'The file is not JSON',
  why: 'Container runtimes read a profile as JSON and refuse anything else: remarks, a ";" or a "," too many, single quotes, YAML. Of these crun takes comments in the manner of C, runc none. The container is not created.',
  fix: 'Mend the byte that the message names. Every mistake is reported at once, with what to write in its place.',
  failing: {
    text: '{\n  "defaultAction": "SCMP_ACT_LOG"; <--- what happens to all other syscalls\n  "syscalls": []\n}',
  },
  passing: { text: '{\n  "defaultAction": "SCMP_ACT_LOG",\n  "syscalls": []\n}' },
};
