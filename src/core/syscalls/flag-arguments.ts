import type { Architecture } from './architectures.js';

/** Of an argument that is a set of flags, the bits that together hold one value, such as the access mode of open. */
interface FlagArgument {
  readonly fields: readonly bigint[];
  /** Bits that are no flags: the signal in the flags of clone. */
  readonly ignored: bigint;
}

const ACCESS_MODE = [0x3n];
/** The type of a socket, the sharing of a mapping. */
const LOW_FOUR_BITS = [0xfn];

/** From the man pages and headers of the kernel; protections count as flags. */
const FLAG_ARGUMENTS: ReadonlyMap<string, Readonly<Record<number, readonly bigint[]>>> = new Map(
  Object.entries({
    accept4: { 3: [] },
    access: { 1: [] },
    clone: { 0: [] },
    close_range: { 2: [] },
    delete_module: { 1: [] },
    dup3: { 2: [] },
    epoll_create1: { 0: [] },
    eventfd2: { 1: [] },
    execveat: { 4: [] },
    faccessat: { 2: [] },
    faccessat2: { 2: [], 3: [] },
    fanotify_init: { 0: [] },
    fanotify_mark: { 1: [] },
    fchmodat2: { 3: [] },
    fchownat: { 4: [] },
    finit_module: { 2: [] },
    fsmount: { 1: [], 2: [] },
    fsopen: { 1: [] },
    getrandom: { 2: [] },
    inotify_add_watch: { 2: [] },
    inotify_init1: { 0: [] },
    io_uring_enter: { 3: [] },
    kexec_file_load: { 4: [] },
    kexec_load: { 3: [0xffff0000n] },
    linkat: { 4: [] },
    memfd_create: { 1: [] },
    memfd_secret: { 0: [] },
    mlock2: { 2: [] },
    mlockall: { 0: [] },
    mmap: { 2: [], 3: LOW_FOUR_BITS },
    mmap2: { 2: [], 3: LOW_FOUR_BITS },
    mount: { 3: [] },
    mount_setattr: { 2: [] },
    move_mount: { 4: [] },
    mprotect: { 2: [] },
    mq_open: { 1: ACCESS_MODE },
    mremap: { 3: [] },
    msgget: { 1: [] },
    name_to_handle_at: { 4: [] },
    newfstatat: { 3: [] },
    open: { 1: ACCESS_MODE },
    open_by_handle_at: { 2: ACCESS_MODE },
    open_tree: { 2: [] },
    openat: { 2: ACCESS_MODE },
    perf_event_open: { 4: [] },
    personality: { 0: [0xffn] },
    pidfd_open: { 1: [] },
    pipe2: { 1: [] },
    pkey_mprotect: { 2: [] },
    preadv2: { 5: [] },
    pwritev2: { 5: [] },
    recvfrom: { 3: [] },
    recvmmsg: { 3: [] },
    recvmsg: { 2: [] },
    renameat2: { 4: [] },
    seccomp: { 1: [] },
    semget: { 2: [] },
    sendmmsg: { 3: [] },
    sendmsg: { 2: [] },
    sendto: { 3: [] },
    setns: { 1: [] },
    shmat: { 2: [] },
    shmget: { 2: [] },
    signalfd4: { 3: [] },
    socket: { 1: LOW_FOUR_BITS },
    socketpair: { 1: LOW_FOUR_BITS },
    splice: { 5: [] },
    statx: { 2: [], 3: [] },
    swapon: { 1: [] },
    timerfd_create: { 1: [] },
    umount2: { 1: [] },
    unlinkat: { 2: [] },
    unshare: { 0: [] },
    userfaultfd: { 0: [] },
    vmsplice: { 3: [] },
    wait4: { 2: [] },
    waitid: { 3: [] },
  }),
);

/** File modes. They are compared as numbers, unless it is set-user-ID, set-group-ID, the sticky bit or a file type that is asked for. */
const MODE_ARGUMENTS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    chmod: 1,
    creat: 1,
    fchmod: 1,
    fchmodat: 2,
    fchmodat2: 2,
    mkdir: 1,
    mkdirat: 2,
    mknod: 1,
    mknodat: 2,
    mq_open: 2,
    open: 2,
    openat: 3,
  }),
);
const FILE_TYPE = 0o170000n;
const PERMISSIONS = 0o777n;

/** The signal that the parent gets when the child ends. */
const CHILD_SIGNAL = 0xffn;

function flagArgument(architecture: Architecture, syscall: string, index: number): FlagArgument | undefined {
  if (syscall === 'clone')
    return index === (architecture === 'SCMP_ARCH_S390X' ? 1 : 0) ? { fields: [], ignored: CHILD_SIGNAL } : undefined;
  const fields = FLAG_ARGUMENTS.get(syscall)?.[index];
  return fields === undefined ? undefined : { fields, ignored: 0n };
}

/** Whether the argument is a set of flags, so that one more makes another value and mostly the same work. */
export function isFlagArgument(architecture: Architecture, syscall: string, index: number): boolean {
  return flagArgument(architecture, syscall, index) !== undefined;
}

/** Whether a mask looks at nothing but values that the argument carries beside its flags: the access mode of open. */
export function isFieldMask(architecture: Architecture, syscall: string, index: number, mask: bigint): boolean {
  return flagArgument(architecture, syscall, index)?.fields.includes(mask) === true;
}

/**
 * The mask of the flags that a value has, with the whole of each field that it has bits of: what to compare to find these flags whatever
 * others there are. Undefined where the argument is no set of flags or the value has none.
 */
export function maskOfFlags(
  architecture: Architecture,
  syscall: string,
  index: number,
  value: bigint,
): bigint | undefined {
  if (MODE_ARGUMENTS.get(syscall) === index) return maskOfMode(value);
  const argument = flagArgument(architecture, syscall, index);
  if (argument === undefined) return undefined;
  const flags = value & ~argument.ignored;
  const mask = argument.fields.reduce((all, field) => ((flags & field) === 0n ? all : all | field), flags);
  return mask === 0n ? undefined : mask;
}

function maskOfMode(mode: bigint): bigint | undefined {
  if (mode === 0n || (mode & PERMISSIONS) !== 0n) return undefined;
  return (mode & FILE_TYPE) === 0n ? mode : mode | FILE_TYPE;
}
