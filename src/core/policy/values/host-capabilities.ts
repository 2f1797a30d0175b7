/** Added capabilities that give the node by themselves, unless the pod has a user namespace of its own. */
export const NODE_CAPABILITIES: ReadonlyMap<string, string> = new Map([
  ['ALL', 'every capability, those below among them'],
  ['SYS_ADMIN', 'mounts /proc anew, writable, and names the program that the kernel runs as root for a core dump'],
  ['SYS_MODULE', 'loads a module into the one kernel that all namespaces share'],
  ['SYS_RAWIO', 'reaches the ports of the hardware'],
  [
    'DAC_READ_SEARCH',
    "opens every file of a file system by its handle, and /etc/hosts in each container lies on the node's own",
  ],
]);

/** Together they let BPF programs read the memory of the kernel and of every process of the node. */
export const TRACING_CAPABILITIES: readonly string[] = ['BPF', 'PERFMON'];

/** With hostPID they enter the processes of the node. A mount of the host's /proc shows SYS_PTRACE the same. Root does without: `mayBeRoot`. */
export const PROCESS_CAPABILITIES: readonly string[] = ['SYS_PTRACE', 'SYS_ADMIN', 'ALL'];
