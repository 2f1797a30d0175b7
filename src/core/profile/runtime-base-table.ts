/**
 * The syscalls that a container runtime itself makes after the filter is on, in `run` and in `exec`, before the container's
 * program starts. Measured: 25 traced starts each, kernel 6.18, x86_64; `node tools/run-ts.mjs tools/measure-runtime-base.ts --measure`
 * measures the runtimes installed here again and says what has moved.
 */
export interface RuntimeBaseRow {
  readonly runtime: 'runc' | 'crun';
  /** The first version that the row holds for; it holds until the next row's. */
  readonly since: string;
  /** What was measured. */
  readonly measured: readonly string[];
  /** Refusing one of these stops the container, always or in some starts (futex, rt_sigreturn: a race in Go's scheduler). */
  readonly required: { readonly noNewPrivileges: string; readonly newPrivileges: string };
  /** The runtime makes these too, and lives with a refusal. */
  readonly helpful: { readonly noNewPrivileges: string; readonly newPrivileges: string };
}

/** `exit_group` is the container's own, and every program's. runc 1.3's probing for a safe procfs (fsopen …) stays refused. */
export const RUNTIME_BASE: readonly RuntimeBaseRow[] = [
  {
    runtime: 'runc',
    since: '0',
    measured: ['1.1.5', '1.1.15'],
    required: {
      noNewPrivileges: 'close execve exit_group fstatfs futex getdents64 mprotect openat rt_sigreturn write',
      newPrivileges:
        'capget capset chdir close execve exit_group fstat fstatfs futex getcwd getdents64 getppid newfstatat openat prctl read rt_sigreturn setgid setgroups setuid write',
    },
    helpful: {
      noNewPrivileges: 'epoll_ctl epoll_pwait fcntl getpid nanosleep restart_syscall sched_yield tgkill',
      newPrivileges:
        'epoll_ctl epoll_pwait faccessat2 fchown fcntl getpid nanosleep restart_syscall sched_yield tgkill',
    },
  },
  {
    runtime: 'runc',
    since: '1.2',
    measured: ['1.3.6'],
    required: {
      noNewPrivileges: 'close execve exit_group fstat fstatfs futex getdents64 openat rt_sigreturn statx write',
      newPrivileges:
        'capget capset chdir close execve exit_group fstat fstatfs futex getcwd getdents64 getppid newfstatat openat prctl read rt_sigreturn setgid setgroups setuid statx write',
    },
    helpful: {
      noNewPrivileges: 'epoll_ctl epoll_pwait fcntl getpid nanosleep openat2 sched_yield tgkill',
      newPrivileges:
        'clone close_range epoll_ctl epoll_pwait faccessat faccessat2 fchown fcntl getpid gettid mmap mprotect nanosleep openat2 rseq rt_sigprocmask sched_yield set_robust_list sigaltstack tgkill uname',
    },
  },
  {
    runtime: 'crun',
    since: '0',
    measured: ['1.8.1', '1.28'],
    required: {
      noNewPrivileges: 'capset execve exit_group fstat openat prctl read setgroups setresgid setresuid statx write',
      newPrivileges:
        'capset execve exit_group fstat openat prctl read rt_sigaction rt_sigprocmask setgroups setresgid setresuid statx write',
    },
    helpful: {
      noNewPrivileges: 'close close_range fchown ioctl umask',
      newPrivileges: 'close close_range fchown ioctl umask',
    },
  },
];

/** How the runtime's own binary spells these calls where it is a 32-bit one. */
export const BASE_SPELLINGS_32_BIT: Readonly<Record<string, readonly string[]>> = {
  fchown: ['fchown32'],
  fcntl: ['fcntl64'],
  fstat: ['fstat64'],
  fstatfs: ['fstatfs64'],
  futex: ['futex_time64'],
  mmap: ['mmap2'],
  nanosleep: ['clock_nanosleep_time64'],
  newfstatat: ['fstatat64'],
  rt_sigreturn: ['sigreturn'],
  setgid: ['setgid32'],
  setgroups: ['setgroups32'],
  setresgid: ['setresgid32'],
  setresuid: ['setresuid32'],
  setuid: ['setuid32'],
};
