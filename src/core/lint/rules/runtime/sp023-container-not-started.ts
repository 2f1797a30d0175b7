import type { LintRule } from '../../subject/lint-rule.js';
import { allowOnly, REQUIRED } from './example-allow-list.js';
import { refusedRuntimeSyscalls } from './refused-runtime-syscalls.js';

export const sp023ContainerNotStarted: LintRule = {
  id: 'SP023',
  severity: 'error',
  compiled: 'off',
  title: 'The container runtime cannot start the container',
  why: 'Between the moment the filter holds and the start of the program, the runtime makes syscalls of its own. Where one of those it cannot do without is refused, the container does not start, always or now and then.',
  fix: 'Allow them, or compile the profile: that adds what runc and crun need (seccomply profile compile).',
  failing: { text: allowOnly('read', 'write'), options: { allowPrivilegeEscalation: false } },
  passing: { text: allowOnly(...REQUIRED), options: { allowPrivilegeEscalation: false } },
  *check(subject) {
    yield* refusedRuntimeSyscalls(subject, 'no start');
    yield* refusedRuntimeSyscalls(subject, 'no start now and then');
  },
};
