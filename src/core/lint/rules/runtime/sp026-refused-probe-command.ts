import { byNumber, listed } from '../../../text/words.js';
import { allowsNothing } from '../../subject/allows-nothing.js';
import type { LintRule } from '../../subject/lint-rule.js';
import { allowOnly, HELPFUL, REQUIRED } from './example-allow-list.js';

/** What `sh -c` makes from its start to the command and after it: dash and bash of Debian 12, traced. */
const SHELL =
  'access arch_prctl brk clone close dup2 execve exit_group fcntl getegid geteuid getgid getpid getppid getrandom getuid mmap mprotect munmap newfstatat openat pipe2 pread64 prlimit64 read rseq rt_sigaction rt_sigprocmask rt_sigreturn set_robust_list set_tid_address vfork wait4 write'.split(
    ' ',
  );

export const sp026RefusedProbeCommand: LintRule = {
  id: 'SP026',
  severity: 'warning',
  title: 'Commands that the kubelet runs would fail',
  why: 'Exec probes and lifecycle hooks run in the container under its filter: what their shell needs must be allowed, too.',
  fix: 'Allow them, or use probes that need no command (httpGet, tcpSocket, grpc).',
  failing: { text: allowOnly(...REQUIRED), options: { runsCommands: true } },
  passing: { text: allowOnly(...REQUIRED, ...HELPFUL, ...SHELL), options: { runsCommands: true } },
  *check(subject) {
    if (subject.options.runsCommands !== true || allowsNothing(subject)) return;
    const missing = SHELL.filter((name) => subject.refuses(name));
    // One of them does for starting a program.
    const needed = missing.filter(
      (name) => (name !== 'vfork' && name !== 'clone') || missing.includes(name === 'vfork' ? 'clone' : 'vfork'),
    );
    if (needed.length > 0)
      yield {
        path: subject.top('defaultAction'),
        message: `the container has exec probes or lifecycle hooks, and a shell needs ${listed(needed)}, which ${byNumber(needed.length, 'is', 'are')} refused`,
      };
  },
};
