import type { LintRule } from '../../subject/lint-rule.js';
import { allowOnly, HELPFUL, REQUIRED } from './example-allow-list.js';
import { refusedRuntimeSyscalls } from './refused-runtime-syscalls.js';

export const sp024RefusedAndWorkedAround: LintRule = {
  id: 'SP024',
  severity: 'warning',
  compiled: 'off',
  title: 'The container runtime works around a refusal',
  why: 'The runtime makes these syscalls, too, and goes on when they are refused. The next version may not.',
  fix: 'Allow them, or compile the profile: that adds what runc and crun make use of (seccomply profile compile).',
  failing: { text: allowOnly(...REQUIRED) },
  passing: { text: allowOnly(...REQUIRED, ...HELPFUL) },
  *check(subject) {
    yield* refusedRuntimeSyscalls(subject, 'lived with');
  },
};
