import { rowsOfWords } from '../text/rows-of-words.js';
import { classOf } from './risk-syscalls.js';

/**
 * Syscalls that do one another's work: which of them a program uses depends on its C library, the kernel and the architecture.
 */
export const ALIAS_FAMILIES: readonly (readonly string[])[] = rowsOfWords(`
  stat lstat fstat newfstatat statx fstatat64 stat64 lstat64 fstat64
  open openat openat2 creat
  access faccessat faccessat2
  readlink readlinkat
  unlink unlinkat rmdir
  mkdir mkdirat
  rename renameat renameat2
  link linkat
  symlink symlinkat
  chmod fchmod fchmodat fchmodat2
  chown fchown lchown fchownat chown32 fchown32 lchown32
  pipe pipe2
  dup dup2 dup3
  accept accept4
  select pselect6 _newselect pselect6_time64
  poll ppoll ppoll_time64
  epoll_wait epoll_pwait epoll_pwait2
  epoll_create epoll_create1
  eventfd eventfd2
  signalfd signalfd4
  inotify_init inotify_init1
  fork vfork clone clone3 wait4 waitid exit exit_group set_robust_list rseq set_tid_address gettid tgkill
  getdents getdents64
  nanosleep clock_nanosleep clock_nanosleep_time64
  time gettimeofday clock_gettime clock_getres clock_gettime64 clock_getres_time64
  utime utimes futimesat utimensat utimensat_time64
  read readv pread64 preadv preadv2
  write writev pwrite64 pwritev pwritev2
  send sendto sendmsg sendmmsg
  recv recvfrom recvmsg recvmmsg recvmmsg_time64
  getuid geteuid getgid getegid getresuid getresgid getgroups getuid32 geteuid32 getgid32 getegid32 getresuid32 getresgid32 getgroups32
  setuid setgid setresuid setresgid setreuid setregid setgroups setuid32 setgid32 setresuid32 setresgid32 setreuid32 setregid32 setgroups32
  getrlimit setrlimit prlimit64 ugetrlimit
  truncate ftruncate truncate64 ftruncate64
  fsync fdatasync sync_file_range msync
  statfs fstatfs statfs64 fstatfs64
  mmap munmap mremap mprotect madvise brk mmap2
  getsockname getpeername getsockopt setsockopt
  getpid getppid getpgid getpgrp getsid
  rt_sigaction rt_sigprocmask rt_sigreturn rt_sigsuspend rt_sigtimedwait sigaltstack restart_syscall rt_sigtimedwait_time64 sigreturn
  kill tgkill tkill
  sched_yield sched_getaffinity sched_setaffinity getcpu
  timer_create timer_settime timer_delete setitimer getitimer alarm
  uname sysinfo getrusage times
  fcntl fcntl64
  lseek _llseek
  sendfile sendfile64
  fadvise64 fadvise64_64
  futex futex_time64 futex_waitv
  timerfd_settime timerfd_settime64 timerfd_gettime timerfd_gettime64
  sched_rr_get_interval sched_rr_get_interval_time64
`);

/** Of classes C0 to C4, and yet in every C library's own work: without them the family does not do its work. */
const EVERYDAY: ReadonlySet<string> = new Set(
  'clock_nanosleep clock_nanosleep_time64 futex futex_time64 inotify_init inotify_init1 kill madvise sendfile sendfile64 tgkill tkill'.split(
    ' ',
  ),
);

/** Useless without a call that is only added when it was seen. */
const WITH_THEM: ReadonlySet<string> = new Set(['timer_settime', 'timer_delete', 'alarm']);

const HAS_BEEN_ATTACKED: ReadonlySet<string> = new Set(['C0', 'C1', 'C2', 'C3', 'C4']);

/**
 * The names and those of their families, sorted. Names of the classes C0 to C4 (docs/reference/profile-lint.md) are never
 * added, unless every C library uses them itself.
 */
export function aliasClosure(names: readonly string[]): readonly string[] {
  const given = new Set(names);
  const closed = new Set(names);
  for (const family of ALIAS_FAMILIES) {
    if (!family.some((name) => given.has(name))) continue;
    for (const name of family) if (isAddable(name)) closed.add(name);
  }
  return [...closed].sort();
}

function isAddable(name: string): boolean {
  return EVERYDAY.has(name) || !(WITH_THEM.has(name) || HAS_BEEN_ATTACKED.has(classOf(name)));
}
