import { allowAllBut, refuse } from '../../subject/example-profile.js';
import type { LintRule } from '../../subject/lint-rule.js';
import { refusedRuntimeSyscalls } from './refused-runtime-syscalls.js';

export const sp057NoExec: LintRule = {
  id: 'SP057',
  severity: 'warning',
  compiled: 'off',
  title: 'Nothing can be executed in the running container',
  why: 'To start a program in a container that runs, the runtime puts the same filter on it and then makes syscalls that no start of a container needs. Where one of them is refused, the container runs, while kubectl exec, exec probes and lifecycle hooks fail.',
  fix: 'Allow them, or compile the profile: that adds what runc and crun need (seccomply profile compile).',
  failing: { text: allowAllBut([refuse(['setgroups'])]), options: { runtime: 'crun' } },
  passing: {
    text: allowAllBut([refuse(['setgroups'])]),
    options: { runtime: 'runc', allowPrivilegeEscalation: false },
  },
  *check(subject) {
    yield* refusedRuntimeSyscalls(subject, 'no exec');
  },
};
