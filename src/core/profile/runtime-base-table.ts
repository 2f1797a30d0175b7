/**
 * The syscalls that a container runtime itself makes after the filter is on, in `run` and in `exec`, before the container's program
 * starts. Measured on kernel 6.18, x86_64, by tracing starts and by refusing syscalls one at a time, in pairs and all together, to a
 * program that has no library: `node tools/run-ts.mjs tools/measure-runtime-base.ts --measure` and `tools/measure-refusals.ts`
 * measure the runtimes installed here again.
 */
export interface RuntimeBaseRow {
  readonly runtime: 'runc' | 'crun';
  /** The first version that the row holds for; it holds until the next row's. What lies between two that were measured is taken for the later. */
  readonly since: string;
  /** What was measured. */
  readonly measured: readonly string[];
  /** Of a start, by what `no_new_privs` is set to. */
  readonly start: { readonly noNewPrivileges: RuntimeCalls; readonly newPrivileges: RuntimeCalls };
  /** Of `exec` in a container that runs, whatever `no_new_privs` is: what it makes and no start does. */
  readonly exec: RuntimeCalls;
  /** What is made in the place of a call that got an errno; where both are refused, it fails. */
  readonly instead: Readonly<Record<string, Substitute>>;
}

/** A call in the place of another. */
export interface Substitute {
  readonly by: string;
  /** It is made only while the calls of each pair give the same answer; else the runtime does without. */
  readonly whileAgree: readonly (readonly [string, string])[];
}

/** Names with a space between. */
export interface RuntimeCalls {
  /** Made every time; with one refused, in whatever way, it fails. */
  readonly required: string;
  /** The same in some starts only: a race in Go's scheduler. */
  readonly sometimes: string;
  /** Made every time; an errno is lived with, an action that ends the thread is not. */
  readonly helpful: string;
  /** Made now and then, or by some builds; an errno is lived with. */
  readonly rarely: string;
  /** Made every time; lived with where the refusal is one of these errnos. */
  readonly unlessErrno?: Readonly<Record<string, readonly number[]>>;
}

const NOTHING: RuntimeCalls = { required: '', sometimes: '', helpful: '', rarely: '' };
const EPERM = 1;
const EINVAL = 22;
const ENOSYS = 38;

/** Go asks first whether the process runs as who started it; two refusals are the same answer. */
const FACCESSAT: Substitute = {
  by: 'faccessat',
  whileAgree: [
    ['getuid', 'geteuid'],
    ['getgid', 'getegid'],
  ],
};

/**
 * The options that runtimes call prctl with: PR_SET_KEEPCAPS and PR_CAPBSET_DROP, which must succeed, and PR_CAP_AMBIENT. Measured on
 * runc 1.1.5 and crun 1.8.1 by refusing each option up to 71; other versions are taken to do the same.
 */
export const PRCTL_OPTIONS: readonly { readonly option: bigint; readonly isRequired: boolean }[] = [
  { option: 8n, isRequired: true },
  { option: 24n, isRequired: true },
  { option: 47n, isRequired: false },
];

/** What no runtime needs, and every program: it ends with it. */
export const PROGRAM_END = 'exit_group';

/** The same for every version of crun that was measured. */
const CRUN_START: RuntimeBaseRow['start'] = {
  noNewPrivileges: { required: 'execve', sometimes: '', helpful: 'close', rarely: 'close_range' },
  newPrivileges: {
    required: 'capset execve prctl rt_sigaction rt_sigprocmask setresgid setresuid write',
    sometimes: '',
    helpful: 'close',
    rarely: 'close_range',
  },
};

/** runc 1.3's probing for a safe procfs (fsopen …) stays refused. */
export const RUNTIME_BASE: readonly RuntimeBaseRow[] = [
  {
    runtime: 'runc',
    since: '0',
    measured: ['1.1.5', '1.1.15'],
    start: {
      noNewPrivileges: {
        required: 'close execve fstatfs getdents64 openat write',
        sometimes: 'futex rt_sigreturn',
        helpful: 'epoll_ctl getpid',
        rarely: 'epoll_pwait fcntl mprotect nanosleep restart_syscall sched_yield tgkill',
      },
      newPrivileges: {
        required:
          'capget capset chdir close execve fstat fstatfs getcwd getdents64 getppid newfstatat openat prctl read setgid setgroups setuid write',
        sometimes: 'futex rt_sigreturn',
        helpful: 'epoll_ctl fcntl getpid',
        rarely: 'epoll_pwait fchown nanosleep restart_syscall sched_yield tgkill',
        unlessErrno: { faccessat2: [EPERM, ENOSYS] },
      },
    },
    exec: NOTHING,
    instead: { faccessat2: FACCESSAT },
  },
  {
    runtime: 'runc',
    since: '1.2',
    measured: ['1.3.6'],
    start: {
      noNewPrivileges: {
        required: 'close execve fstat fstatfs getdents64 openat statx write',
        sometimes: 'futex rt_sigreturn',
        helpful: 'epoll_ctl getpid openat2',
        rarely: 'epoll_pwait fcntl nanosleep sched_yield tgkill',
      },
      newPrivileges: {
        required:
          'capget capset chdir close execve fstat fstatfs getcwd getdents64 getppid newfstatat openat prctl read setgid setgroups setuid statx write',
        sometimes: 'futex rt_sigreturn',
        helpful: 'epoll_ctl fcntl getpid openat2',
        rarely:
          'clone close_range epoll_pwait faccessat fchown gettid mmap mprotect nanosleep rseq rt_sigprocmask sched_yield set_robust_list sigaltstack tgkill uname',
        unlessErrno: { faccessat2: [EPERM, ENOSYS] },
      },
    },
    exec: NOTHING,
    // Not measured on 1.3.6: that both were refused at once, and with other errnos than EPERM.
    instead: { faccessat2: FACCESSAT },
  },
  {
    runtime: 'crun',
    since: '0',
    measured: ['1.8.1'],
    start: CRUN_START,
    exec: {
      required: 'capset openat prctl read setgroups setresgid setresuid write',
      sometimes: '',
      helpful: 'close ioctl',
      rarely: 'close_range fstat umask',
      unlessErrno: { fchown: [EPERM, EINVAL], statx: [EINVAL, ENOSYS] },
    },
    instead: {},
  },
  {
    runtime: 'crun',
    since: '1.9',
    measured: ['1.28'],
    start: CRUN_START,
    // Not measured on 1.28: how it lives with other errnos than EPERM.
    exec: {
      required: 'capset fstat openat prctl read setgroups setresgid setresuid statx write',
      sometimes: '',
      helpful: 'close fchown ioctl',
      rarely: 'close_range umask',
    },
    instead: {},
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
