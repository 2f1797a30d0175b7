import type { RiskClass } from './risk-class.js';

export interface SyscallRisk {
  readonly class: RiskClass;
  /** The kernel asks for this capability, for all of the syscall or for what makes it dangerous. */
  readonly capability?: string;
  /**
   * Over a namespace of the caller's own that will do; for the others the kernel asks for it in the initial user namespace. Asked of Linux 6.18
   * and, for what it is built without, of its source.
   */
  readonly namespaced?: true;
  readonly reason: string;
}

interface Row extends SyscallRisk {
  readonly names: string;
}

const ROWS: readonly Row[] = [
  {
    class: 'C0',
    names: 'init_module finit_module delete_module',
    capability: 'CAP_SYS_MODULE',
    reason: 'loads code into the kernel',
  },
  { class: 'C0', names: 'kexec_load kexec_file_load', capability: 'CAP_SYS_BOOT', reason: 'replaces the kernel' },
  { class: 'C0', names: 'iopl ioperm', capability: 'CAP_SYS_RAWIO', reason: 'talks to hardware ports' },
  {
    class: 'C0',
    names: 'reboot',
    capability: 'CAP_SYS_BOOT',
    reason: 'reboots the machine, in a pid namespace it ends that',
  },
  {
    class: 'C0',
    names: 'swapon swapoff quotactl quotactl_fd',
    capability: 'CAP_SYS_ADMIN',
    reason: 'controls resources of the whole machine',
  },
  { class: 'C0', names: 'acct', capability: 'CAP_SYS_PACCT', reason: 'switches process accounting of the machine' },
  {
    class: 'C0',
    names: 'settimeofday clock_settime clock_settime64 stime',
    capability: 'CAP_SYS_TIME',
    reason: 'sets the clock, which is not namespaced',
  },
  {
    class: 'C1',
    names: 'mount umount umount2 fsopen fsconfig fsmount fspick move_mount open_tree open_tree_attr mount_setattr',
    capability: 'CAP_SYS_ADMIN',
    namespaced: true,
    reason: 'mounts file systems, the way of most escapes',
  },
  {
    class: 'C1',
    names: 'pivot_root',
    capability: 'CAP_SYS_ADMIN',
    namespaced: true,
    reason: 'changes the root of the mount namespace',
  },
  // For CLONE_NEWUSER the kernel asks for nothing.
  {
    class: 'C1',
    names: 'unshare',
    reason: 'makes namespaces; user namespaces open kernel code to everyone',
  },
  { class: 'C1', names: 'clone3', reason: 'makes namespaces, with flags that no filter can see' },
  { class: 'C1', names: 'setns', capability: 'CAP_SYS_ADMIN', namespaced: true, reason: 'enters other namespaces' },
  {
    class: 'C1',
    names: 'chroot',
    capability: 'CAP_SYS_CHROOT',
    namespaced: true,
    reason: 'a step of several ways out of a container',
  },
  {
    class: 'C1',
    names: 'open_by_handle_at',
    capability: 'CAP_DAC_READ_SEARCH',
    reason: 'opens files of the host by their handle',
  },
  { class: 'C1', names: 'mknod mknodat', capability: 'CAP_MKNOD', reason: 'makes device files' },
  { class: 'C2', names: 'bpf', capability: 'CAP_BPF', reason: 'runs programs in the kernel' },
  { class: 'C2', names: 'perf_event_open', capability: 'CAP_PERFMON', reason: 'looks into kernel and processes' },
  {
    class: 'C2',
    names: 'io_uring_setup io_uring_enter io_uring_register',
    reason: 'its operations do not pass the filter, and it has had many holes',
  },
  { class: 'C2', names: 'userfaultfd', reason: 'holds the kernel up at chosen instants, which exploits need' },
  { class: 'C2', names: 'keyctl add_key request_key', reason: 'kernel key rings are not namespaced' },
  {
    class: 'C2',
    names: 'fanotify_init',
    capability: 'CAP_SYS_ADMIN',
    reason: 'watches files across mounts',
  },
  { class: 'C2', names: 'syslog', capability: 'CAP_SYSLOG', reason: 'reads the kernel log, with addresses in it' },
  { class: 'C2', names: 'lookup_dcookie', capability: 'CAP_SYS_ADMIN', reason: 'leaks what other processes open' },
  { class: 'C2', names: 'personality', reason: 'switches off address randomisation' },
  { class: 'C2', names: 'modify_ldt', reason: 'old x86 code that few programs need and exploits have used' },
  {
    class: 'C2',
    names: 'get_mempolicy set_mempolicy set_mempolicy_home_node mbind migrate_pages move_pages',
    reason: 'memory placement of the whole machine',
  },
  { class: 'C3', names: 'ptrace', reason: 'reads and changes other processes' },
  {
    class: 'C3',
    names: 'process_vm_readv process_vm_writev process_madvise',
    reason: 'reads and changes the memory of other processes',
  },
  { class: 'C3', names: 'kcmp pidfd_getfd', reason: 'takes files from other processes' },
  {
    class: 'C3',
    names: 'pidfd_open pidfd_send_signal kill tkill tgkill',
    reason: 'signals other processes, those of the host with hostPID',
  },
  { class: 'C4', names: 'splice tee vmsplice', reason: 'moves pages between pipes and files' },
  { class: 'C4', names: 'sendfile sendfile64 copy_file_range', reason: 'copies pages between files inside the kernel' },
  { class: 'C4', names: 'madvise remap_file_pages mremap', reason: 'changes mappings while they are in use' },
  { class: 'C4', names: 'waitid', reason: 'has written where it should not' },
  {
    class: 'C4',
    names:
      'mq_notify mq_open mq_unlink mq_timedsend mq_timedreceive mq_getsetattr mq_timedsend_time64 mq_timedreceive_time64',
    reason: 'message queues that few programs use',
  },
  { class: 'C4', names: 'timer_create', reason: 'timers that few programs use' },
  {
    class: 'C4',
    names: 'msgget msgsnd msgrcv msgctl semget semop semctl semtimedop semtimedop_time64 shmget shmat shmdt shmctl ipc',
    reason: 'System V IPC: heap spraying, and holes of its own',
  },
  { class: 'C4', names: 'setxattr fsetxattr lsetxattr setxattrat', reason: 'fills kernel memory with chosen bytes' },
  {
    class: 'C4',
    names: 'inotify_init inotify_init1 inotify_add_watch',
    reason: 'file watching with holes in its past',
  },
  { class: 'C4', names: 'epoll_ctl', reason: 'reaches into drivers that implement poll' },
  {
    class: 'C4',
    names: 'clock_nanosleep clock_nanosleep_time64 ioprio_get sched_getattr',
    reason: 'has had holes',
  },
  { class: 'C4', names: 'io_setup io_submit io_getevents io_pgetevents', reason: 'the older asynchronous I/O' },
  {
    class: 'C4',
    names: 'futex futex_time64 futex_requeue',
    reason: 'has had holes, and threads need it',
  },
  { class: 'C4', names: 'ioctl', reason: 'a door to every driver' },
  { class: 'C5', names: 'socket socketcall', reason: 'reaches the code of every address family' },
  { class: 'C5', names: 'setsockopt', reason: 'options of every protocol' },
  {
    class: 'C5',
    names: 'sendto recvfrom recvmmsg recvmmsg_time64',
    reason: 'network calls with holes in their past',
  },
  { class: 'C6', names: 'memfd_create memfd_secret execveat', reason: 'runs programs that are in no file' },
  { class: 'C6', names: 'execve fork vfork clone', reason: 'starts programs' },
  { class: 'C6', names: 'mprotect pkey_mprotect mmap mmap2', reason: 'makes memory executable' },
  { class: 'C6', names: 'connect bind listen accept accept4', reason: 'opens shells to and from the network' },
  {
    class: 'C6',
    names:
      'chmod fchmod fchmodat fchmodat2 setuid setuid32 setgid setgid32 setreuid setreuid32 setregid setregid32 setresuid setresuid32 setresgid setresgid32 capset',
    reason: 'changes rights',
  },
];

const BY_NAME: ReadonlyMap<string, SyscallRisk> = new Map(
  ROWS.flatMap(({ names, ...risk }) => names.split(' ').map((name): [string, SyscallRisk] => [name, risk])),
);

/** Undefined for the many syscalls of class C7. */
export function riskOf(name: string): SyscallRisk | undefined {
  return BY_NAME.get(name);
}

export function classOf(name: string): RiskClass {
  return BY_NAME.get(name)?.class ?? 'C7';
}

/** Names that have no use in a container of today: the kernel has dropped them, or should have. */
export const OBSOLETE: ReadonlySet<string> = new Set(
  '_sysctl afs_syscall break create_module ftime get_kernel_syms gtty idle lock mpx nfsservctl prof profil putpmsg getpmsg query_module security sgetmask ssetmask stty sysfs tuxcall ulimit uselib ustat vserver'.split(
    ' ',
  ),
);
