import type { LintRule } from '../../subject/lint-rule.js';
import { allowOnly, REQUIRED } from './example-allow-list.js';
import { refusedRuntimeSyscalls } from './refused-runtime-syscalls.js';

export const sp025NeedsNoNewPrivileges: LintRule = {
  id: 'SP025',
  severity: 'warning',
  compiled: 'off',
  title: 'It only starts with allowPrivilegeEscalation: false',
  why: 'Unless a container sets allowPrivilegeEscalation: false, the runtime installs the filter earlier and needs more syscalls after it: those that set users, groups and capabilities.',
  fix: 'Set allowPrivilegeEscalation: false in every container with this profile, or allow the syscalls; seccomply profile compile does.',
  failing: { text: allowOnly(...REQUIRED.filter((name) => name !== 'setgid')) },
  passing: {
    text: allowOnly(...REQUIRED.filter((name) => name !== 'setgid')),
    options: { allowPrivilegeEscalation: false },
  },
  *check(subject) {
    if (subject.options.allowPrivilegeEscalation !== undefined) return;
    yield* refusedRuntimeSyscalls(subject, 'no start without nnp');
  },
};
