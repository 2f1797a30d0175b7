import { canTraceItself } from '../../../outcomes/self-tracing.js';
import { allowAllBut, refuse } from '../../subject/example-profile.js';
import type { LintRule } from '../../subject/lint-rule.js';
import { actionUses } from './action-uses.js';

export const sp020WaitsForTracer: LintRule = {
  id: 'SP020',
  severity: 'error',
  title: 'The call waits for a tracer',
  why: 'SCMP_ACT_TRACE asks a debugger. Where none traces the process, the call fails with ENOSYS; the number in errnoRet is not returned. Where ptrace is let through, a program starts a child, traces it and lets every such call of it through: the rule refuses nothing. Where ptrace is refused, this is a warning.',
  fix: 'Use SCMP_ACT_ERRNO to refuse, SCMP_ACT_LOG to watch.',
  failing: { text: allowAllBut([refuse(['keyctl'], { action: 'SCMP_ACT_TRACE' })]) },
  passing: { text: allowAllBut([refuse(['keyctl'])]) },
  *check(subject) {
    const { profile, rules } = subject;
    if (profile.defaultAction !== 'SCMP_ACT_TRACE' && !rules.some(({ rule }) => rule.action === 'SCMP_ACT_TRACE'))
      return;
    const end = canTraceItself(subject.filters)
      ? ', and ptrace is let through: a program can trace its own child and let the call through, so this refuses nothing'
      : '';
    const severity = end === '' ? 'warning' : 'error';
    for (const finding of actionUses(
      subject,
      ['SCMP_ACT_TRACE'],
      (what) => `${what} ENOSYS unless a debugger traces the process${end}`,
      'gets',
      'get',
    ))
      yield { ...finding, severity };
  },
};
