import { allow } from '../../subject/example-profile.js';

/** For examples: the text of a profile that allows these syscalls only, on all ABIs of an x86_64 node. */
export function allowOnly(...names: readonly string[]): string {
  return JSON.stringify({
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 38,
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
    syscalls: [allow(names)],
  });
}

/** What runc and crun need after the filter is on, without new privileges or with them. */
export const REQUIRED =
  'capget capset chdir close execve exit_group faccessat2 fstat fstatfs futex getcwd getdents64 getppid mprotect newfstatat openat prctl read rt_sigaction rt_sigprocmask rt_sigreturn setgid setgroups setresgid setresuid setuid statx write'.split(
    ' ',
  );

/** What they make use of. */
export const HELPFUL =
  'clone close_range epoll_ctl epoll_pwait faccessat fchown fcntl getpid gettid ioctl mmap nanosleep openat2 restart_syscall rseq sched_yield set_robust_list sigaltstack tgkill umask uname'.split(
    ' ',
  );
