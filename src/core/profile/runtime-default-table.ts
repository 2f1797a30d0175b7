/**
 * What the container runtimes let through by default, as decisions: containerd (main, 2026-04) and CRI-O with containers/common
 * (2026-09). What they decide was taken from what they publish and checked on the runtimes in test/kernel; the grouping and the shape are our own.
 */

/** Allowed by containerd to every container on every architecture that has them. */
const CONTAINERD_ALWAYS = {
  time: `
    adjtimex alarm clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime
    clock_gettime64 clock_nanosleep clock_nanosleep_time64 getitimer gettimeofday nanosleep setitimer time
    timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64
    timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 times`,
  signals: `
    kill pause pidfd_open pidfd_send_signal restart_syscall rt_sigaction rt_sigpending rt_sigprocmask
    rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo
    sigaltstack signalfd signalfd4 sigprocmask sigreturn tgkill tkill`,
  waitingForEvents: `
    _newselect epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait
    epoll_wait_old eventfd eventfd2 fanotify_mark futex futex_requeue futex_time64 futex_wait futex_waitv
    futex_wake inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel io_destroy
    io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit poll ppoll ppoll_time64 pselect6
    pselect6_time64 select`,
  sockets: `
    accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg
    recvmmsg_time64 recvmsg send sendmmsg sendmsg sendto setsockopt shutdown socketcall socketpair`,
  systemVIpc: `
    ipc mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend
    mq_timedsend_time64 mq_unlink msgctl msgget msgrcv msgsnd semctl semget semop semtimedop
    semtimedop_time64 shmat shmctl shmdt shmget`,
  memory: `
    brk cachestat madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2
    mlockall mmap mmap2 mprotect mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free
    pkey_mprotect process_mrelease remap_file_pages uretprobe`,
  identity: `
    capget capset getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getresgid
    getresgid32 getresuid getresuid32 getuid getuid32 setfsgid setfsgid32 setfsuid setfsuid32 setgid
    setgid32 setgroups setgroups32 setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid
    setreuid32 setuid setuid32`,
  scheduling: `
    getcpu getpriority ioprio_get ioprio_set sched_get_priority_max sched_get_priority_min sched_getaffinity
    sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64
    sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield setpriority`,
  processes: `
    execve execveat exit exit_group fork get_robust_list get_thread_area getpgid getpgrp getpid getppid
    getrlimit getrusage getsid gettid landlock_add_rule landlock_create_ruleset landlock_restrict_self prctl
    prlimit64 rseq seccomp set_robust_list set_thread_area set_tid_address setpgid setrlimit setsid
    ugetrlimit vfork wait4 waitid waitpid`,
  system: `
    getrandom sync sysinfo umask uname`,
  readingAndWriting: `
    _llseek close close_range copy_file_range dup dup2 dup3 fadvise64 fadvise64_64 fallocate fcntl fcntl64
    fdatasync flock fsync ftruncate ftruncate64 ioctl lseek pipe pipe2 pread64 preadv preadv2 pwrite64
    pwritev pwritev2 read readahead readv sendfile sendfile64 splice sync_file_range tee truncate truncate64
    vmsplice write writev`,
  extendedAttributes: `
    fgetxattr flistxattr fremovexattr fsetxattr getxattr getxattrat lgetxattr listxattr listxattrat
    llistxattr lremovexattr lsetxattr removexattr removexattrat setxattr setxattrat`,
  files: `
    access chdir chmod chown chown32 creat faccessat faccessat2 fchdir fchmod fchmodat fchmodat2 fchown
    fchown32 fchownat fstat fstat64 fstatat64 fstatfs fstatfs64 futimesat getcwd getdents getdents64 lchown
    lchown32 link linkat listmount lstat lstat64 mkdir mkdirat mknod mknodat name_to_handle_at newfstatat open openat openat2
    readlink readlinkat rename renameat renameat2 rmdir stat stat64 statfs statfs64 statmount statx symlink
    symlinkat syncfs unlink unlinkat utime utimensat utimensat_time64 utimes`,
};

export const CONTAINERD_ALLOWED: readonly string[] = wordsOf(Object.values(CONTAINERD_ALWAYS).join(' '));

/** Allowed since the tracer cannot change a filtered call behind the filter's back (Linux 4.8). */
export const CONTAINERD_ALLOWED_SINCE_4_8: readonly string[] = wordsOf('process_vm_readv process_vm_writev ptrace');

/** Allowed to a container that holds the capability. */
export const CONTAINERD_BY_CAPABILITY: Readonly<Record<string, readonly string[]>> = {
  CAP_BPF: wordsOf('bpf'),
  CAP_DAC_READ_SEARCH: wordsOf('open_by_handle_at'),
  CAP_PERFMON: wordsOf('perf_event_open'),
  CAP_SYSLOG: wordsOf('syslog'),
  CAP_SYS_ADMIN: wordsOf(`
    bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr lsm_list_modules
    lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname
    sethostname setns syslog umount umount2 unshare`),
  CAP_SYS_BOOT: wordsOf('reboot'),
  CAP_SYS_CHROOT: wordsOf('chroot'),
  CAP_SYS_MODULE: wordsOf('delete_module finit_module init_module'),
  CAP_SYS_NICE: wordsOf('get_mempolicy mbind set_mempolicy set_mempolicy_home_node'),
  CAP_SYS_PACCT: wordsOf('acct'),
  CAP_SYS_PTRACE: wordsOf('kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace'),
  CAP_SYS_RAWIO: wordsOf('ioperm iopl'),
  CAP_SYS_TIME: wordsOf('clock_settime clock_settime64 settimeofday stime'),
  CAP_SYS_TTY_CONFIG: wordsOf('vhangup'),
};

/** Allowed on the named architectures (GOARCH names) only; both runtimes. */
export const BY_ARCHITECTURE: readonly { readonly arches: readonly string[]; readonly names: readonly string[] }[] = [
  { arches: ['amd64', 'x32'], names: wordsOf('arch_prctl') },
  { arches: ['amd64', 'x32', 'x86'], names: wordsOf('modify_ldt') },
  {
    arches: ['arm', 'arm64'],
    names: wordsOf('arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls sync_file_range2'),
  },
  { arches: ['ppc64le'], names: wordsOf('swapcontext sync_file_range2') },
  { arches: ['riscv64'], names: wordsOf('riscv_flush_icache riscv_hwprobe') },
  { arches: ['s390', 's390x'], names: wordsOf('s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr') },
];

/** The execution domains that both runtimes let a program ask for: 0, UNAME26 and 32-bit ones, and 0xffffffff to read the current one. */
export const PERSONALITIES: readonly bigint[] = [0x0n, 0x8n, 0x20000n, 0x20008n, 0xffffffffn];

/** Refused by CRI-O although containerd allows them. */
const CRIO_REFUSES = wordsOf(`
  cachestat getxattrat io_pgetevents io_pgetevents_time64 listmount listxattrat map_shadow_stack mseal removexattrat
  setxattrat statmount uretprobe vmsplice`);

/** Allowed by CRI-O without any capability, to containerd only with one or not at all. */
const CRIO_ALLOWS_TOO = wordsOf(`
  clone clone3 fanotify_init fsconfig fsmount fsopen fspick get_mempolicy keyctl mbind mount mount_setattr move_mount
  open_tree pidfd_getfd pivot_root process_vm_readv process_vm_writev ptrace reboot set_mempolicy setns signal syslog
  umount umount2`);

export const CRIO_ALLOWED: readonly string[] = [
  ...CONTAINERD_ALLOWED.filter((name) => !CRIO_REFUSES.includes(name)),
  ...CRIO_ALLOWS_TOO,
].sort();

export const CRIO_BY_CAPABILITY: Readonly<Record<string, readonly string[]>> = {
  CAP_BPF: wordsOf('bpf'),
  CAP_DAC_READ_SEARCH: wordsOf('open_by_handle_at'),
  CAP_PERFMON: wordsOf('perf_event_open'),
  CAP_SYS_ADMIN: wordsOf('bpf lookup_dcookie perf_event_open quotactl quotactl_fd setdomainname sethostname unshare'),
  CAP_SYS_CHROOT: wordsOf('chroot'),
  CAP_SYS_MODULE: wordsOf('delete_module finit_module init_module query_module'),
  CAP_SYS_PACCT: wordsOf('acct'),
  CAP_SYS_PTRACE: wordsOf('kcmp process_madvise'),
  CAP_SYS_RAWIO: wordsOf('ioperm iopl'),
  CAP_SYS_TIME: wordsOf('clock_settime clock_settime64 settimeofday stime'),
  CAP_SYS_TTY_CONFIG: wordsOf('vhangup'),
};

/** Refused by CRI-O with EPERM; whatever it does not name gets ENOSYS. */
export const CRIO_EPERM: readonly string[] = wordsOf(`
  bdflush cachestat io_pgetevents io_pgetevents_time64 kexec_file_load kexec_load map_shadow_stack migrate_pages move_pages
  nfsservctl nice oldfstat oldlstat oldolduname oldstat olduname pciconfig_iobase pciconfig_read pciconfig_write sgetmask
  ssetmask swapoff swapon sysfs uselib userfaultfd ustat vm86 vm86old vmsplice`);

/** Socket families of Linux: 0 to 45 (AF_MAX is 46). */
export const SOCKET_FAMILIES: readonly number[] = Array.from({ length: 46 }, (_, family) => family);
export const AF_NETLINK = 16;
export const AF_ALG = 38;
export const AF_VSOCK = 40;
export const NETLINK_AUDIT = 9;
/** Netlink protocols: 0 to 31 (MAX_LINKS is 32). */
export const NETLINK_PROTOCOLS: readonly number[] = Array.from({ length: 32 }, (_, protocol) => protocol);

function wordsOf(text: string): readonly string[] {
  return text.trim().split(/\s+/).sort();
}
