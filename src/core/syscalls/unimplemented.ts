/**
 * Names that have a number on some architecture and no syscall behind it on any kernel a container meets: the kernel itself answers
 * ENOSYS (unimplemented(2); the last four were taken out in Linux 2.6 and 3.1).
 */
export const UNIMPLEMENTED: ReadonlySet<string> = new Set(
  (
    'afs_syscall break fattach fdetach ftime getmsg getpmsg gtty isastream lock madvise1 mpx prof profil putmsg putpmsg security stty ' +
    'tuxcall ulimit vserver create_module get_kernel_syms nfsservctl query_module'
  ).split(' '),
);
