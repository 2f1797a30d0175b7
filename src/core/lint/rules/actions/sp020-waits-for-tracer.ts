import { allowAllBut, refuse } from '../../subject/example-profile.js';
import type { LintRule } from '../../subject/lint-rule.js';
import { actionUses } from './action-uses.js';

export const sp020WaitsForTracer: LintRule = {
  id: 'SP020',
  severity: 'warning',
  title: 'The call waits for a tracer',
  why: 'SCMP_ACT_TRACE asks a debugger. Where none traces the process, which is how containers run, the call fails with ENOSYS; the number in errnoRet is not returned.',
  fix: 'Use SCMP_ACT_ERRNO to refuse, SCMP_ACT_LOG to watch.',
  failing: { text: allowAllBut([refuse(['keyctl'], { action: 'SCMP_ACT_TRACE' })]) },
  passing: { text: allowAllBut([refuse(['keyctl'])]) },
  *check(subject) {
    yield* actionUses(
      subject,
      ['SCMP_ACT_TRACE'],
      (what) => `${what} ENOSYS unless a debugger traces the process`,
      'gets',
      'get',
    );
  },
};
