import { allowAllBut, refuse } from '../../subject/example-profile.js';
import type { LintRule } from '../../subject/lint-rule.js';
import { actionUses } from './action-uses.js';

export const sp021KillsOneThread: LintRule = {
  id: 'SP021',
  severity: 'warning',
  title: 'One thread is killed, not the process',
  why: 'SCMP_ACT_KILL and SCMP_ACT_KILL_THREAD end the thread that made the call. A server with several threads goes on without it, with locks held and work half done, and Kubernetes sees nothing.',
  fix: 'Use SCMP_ACT_KILL_PROCESS to end the process, with all the work of its other threads, or SCMP_ACT_ERRNO to refuse the call.',
  failing: { text: allowAllBut([refuse(['keyctl'], { action: 'SCMP_ACT_KILL' })]) },
  passing: { text: allowAllBut([refuse(['keyctl'], { action: 'SCMP_ACT_KILL_PROCESS' })]) },
  *check(subject) {
    yield* actionUses(
      subject,
      ['SCMP_ACT_KILL', 'SCMP_ACT_KILL_THREAD'],
      (what) => `${what} the calling thread only, and the process goes on without it`,
      'kills',
      'kill',
    );
  },
};
