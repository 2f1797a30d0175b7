import { rowsOfWords } from '../text/rows-of-words.js';

/**
 * Syscalls that reach the same end in the kernel: who is refused one of a row gets there by another. `a+b` are needed together.
 * Not in it is what needs memory or a descriptor of another kind than a program can be expected to have, and what io_uring and the
 * multiplexers do.
 */
const SAME_WORK: readonly (readonly string[])[] = rowsOfWords(`
  open openat openat2
  stat lstat newfstatat statx stat64 lstat64 fstatat64
  access faccessat faccessat2
  readlink readlinkat
  unlink unlinkat
  mkdir mkdirat
  mknod mknodat
  rename renameat renameat2
  link linkat
  symlink symlinkat
  chmod fchmodat fchmodat2 fchmod
  chown lchown fchownat fchown chown32 lchown32 fchown32
  truncate ftruncate truncate64 ftruncate64
  chdir fchdir
  setxattr lsetxattr fsetxattr setxattrat
  removexattr lremovexattr fremovexattr removexattrat
  getxattr lgetxattr fgetxattr getxattrat
  utime utimes futimesat utimensat utimensat_time64
  getdents getdents64
  pipe pipe2
  dup2 dup3
  accept accept4
  select pselect6 _newselect pselect6_time64
  poll ppoll ppoll_time64
  epoll_wait epoll_pwait epoll_pwait2
  epoll_create epoll_create1
  eventfd eventfd2
  signalfd signalfd4
  inotify_init inotify_init1
  execve execveat
  mprotect pkey_mprotect
  mlock mlock2
  umount umount2
  mount fsopen+fsconfig+fsmount+move_mount open_tree+move_mount open_tree_attr+move_mount
  kexec_load kexec_file_load
  init_module finit_module
  settimeofday clock_settime clock_settime64 stime
  quotactl quotactl_fd
  iopl ioperm
  kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_open+pidfd_send_signal
  sched_setscheduler sched_setattr
  setuid setreuid setresuid setuid32 setreuid32 setresuid32
  setgid setregid setresgid setgid32 setregid32 setresgid32
  sendmsg sendmmsg
  recvmsg recvmmsg recvmmsg_time64
  setrlimit prlimit64
`);

/** What else reaches the end of the first of a row, but not the other way round. */
const ALSO: readonly (readonly string[])[] = rowsOfWords(`
  creat open openat openat2
  rmdir unlinkat
  unlinkat rmdir
  fork clone clone3 vfork
  vfork clone clone3 fork
  clone clone3 fork vfork
  ptrace process_vm_readv process_vm_writev
  process_vm_readv ptrace
  process_vm_writev ptrace
  fsopen mount
  fsmount mount open_tree+move_mount
  move_mount mount
  sendto sendmsg sendmmsg
  recvfrom recvmsg recvmmsg recvmmsg_time64
`);

/** Arguments that a syscall has and the older ones of its row have not: those do what it does with 0 there. */
const OWN_ARGUMENTS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    accept4: 3,
    dup3: 2,
    epoll_create1: 0,
    eventfd2: 1,
    execveat: 4,
    faccessat2: 3,
    fchmodat2: 3,
    fchownat: 4,
    finit_module: 2,
    getxattrat: 2,
    inotify_init1: 0,
    kexec_file_load: 4,
    linkat: 4,
    mlock2: 2,
    move_mount: 4,
    pipe2: 1,
    pkey_mprotect: 3,
    prlimit64: 0,
    removexattrat: 2,
    renameat2: 4,
    setxattrat: 2,
    signalfd4: 3,
    umount2: 1,
    unlinkat: 2,
    utimensat: 3,
  }),
);

const AT_REMOVEDIR = 0x200n;

/** The value of an argument of `name` with which it does what `way` does; undefined where the two have the same arguments. */
export function ownArgument(
  name: string,
  way: readonly string[],
): { readonly index: number; readonly value: bigint } | undefined {
  const index = OWN_ARGUMENTS.get(name);
  return index === undefined ? undefined : { index, value: way.includes('rmdir') ? AT_REMOVEDIR : 0n };
}

const BY_NAME: ReadonlyMap<string, readonly (readonly string[])[]> = byName();

/** The ways to do without `name` what it does; each a list of the syscalls that it takes. */
export function otherWaysOf(name: string): readonly (readonly string[])[] {
  return BY_NAME.get(name) ?? [];
}

function byName(): ReadonlyMap<string, readonly (readonly string[])[]> {
  const ways = new Map<string, (readonly string[])[]>();
  const add = (name: string, others: readonly string[]) =>
    ways.set(name, [...(ways.get(name) ?? []), ...others.map((other) => other.split('+'))]);
  for (const row of SAME_WORK)
    for (const name of row)
      if (!name.includes('+'))
        add(
          name,
          row.filter((other) => other !== name),
        );
  for (const [name = '', ...others] of ALSO) add(name, others);
  return ways;
}
