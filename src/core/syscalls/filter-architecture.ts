import type { Architecture } from './architectures.js';

interface FilterArchitecture {
  readonly bits: 32 | 64;
  readonly bigEndian: boolean;
  /** Whether sockets and System V IPC can be entered through `socketcall` and `ipc` as well as directly. */
  readonly multiplexed: boolean;
}

/** How libseccomp makes filters for an architecture. x32 has 64-bit registers, but its rules see 32 bits only. */
export const FILTER_ARCHITECTURES: Readonly<Record<Architecture, FilterArchitecture>> = {
  SCMP_ARCH_X86_64: { bits: 64, bigEndian: false, multiplexed: false },
  SCMP_ARCH_X86: { bits: 32, bigEndian: false, multiplexed: true },
  SCMP_ARCH_X32: { bits: 32, bigEndian: false, multiplexed: false },
  SCMP_ARCH_AARCH64: { bits: 64, bigEndian: false, multiplexed: false },
  SCMP_ARCH_ARM: { bits: 32, bigEndian: false, multiplexed: false },
  SCMP_ARCH_PPC64LE: { bits: 64, bigEndian: false, multiplexed: true },
  SCMP_ARCH_S390X: { bits: 64, bigEndian: true, multiplexed: true },
  SCMP_ARCH_RISCV64: { bits: 64, bigEndian: false, multiplexed: false },
};

const BIG_ENDIAN_WITHOUT_TABLE: ReadonlySet<string> = new Set([
  'SCMP_ARCH_MIPS',
  'SCMP_ARCH_MIPS64',
  'SCMP_ARCH_MIPS64N32',
  'SCMP_ARCH_PPC',
  'SCMP_ARCH_PPC64',
  'SCMP_ARCH_S390',
  'SCMP_ARCH_M68K',
  'SCMP_ARCH_PARISC',
  'SCMP_ARCH_PARISC64',
  'SCMP_ARCH_SHEB',
]);

export function isBigEndian(architecture: string): boolean {
  return hasTable(architecture)
    ? FILTER_ARCHITECTURES[architecture].bigEndian
    : BIG_ENDIAN_WITHOUT_TABLE.has(architecture);
}

export function hasTable(architecture: string): architecture is Architecture {
  return Object.hasOwn(FILTER_ARCHITECTURES, architecture);
}

/** In the numbers of x32's syscalls. */
export const X32_BIT = 0x4000_0000;

/** x32 and x86_64 are one architecture to the kernel, told apart by the number. */
export function enteredOn(asked: Architecture, number: number): Architecture {
  if (!isX86Family(asked)) return asked;
  return number >= X32_BIT ? 'SCMP_ARCH_X32' : 'SCMP_ARCH_X86_64';
}

export function isX86Family(architecture: Architecture): boolean {
  return architecture === 'SCMP_ARCH_X86_64' || architecture === 'SCMP_ARCH_X32';
}

export interface MultiplexedCall {
  readonly entry: 'socketcall' | 'ipc';
  readonly call: bigint;
}

const SOCKET_CALLS = [
  'socket',
  'bind',
  'connect',
  'listen',
  'accept',
  'getsockname',
  'getpeername',
  'socketpair',
  'send',
  'recv',
  'sendto',
  'recvfrom',
  'shutdown',
  'setsockopt',
  'getsockopt',
  'sendmsg',
  'recvmsg',
  'accept4',
  'recvmmsg',
  'sendmmsg',
];
const IPC_CALLS: readonly (readonly [string, bigint])[] = [
  ['semop', 1n],
  ['semget', 2n],
  ['semctl', 3n],
  ['semtimedop', 4n],
  ['msgsnd', 11n],
  ['msgrcv', 12n],
  ['msgget', 13n],
  ['msgctl', 14n],
  ['shmat', 21n],
  ['shmdt', 22n],
  ['shmget', 23n],
  ['shmctl', 24n],
];

/** The number of a call inside `socketcall` or `ipc` (linux/net.h, linux/ipc.h), by the name of the direct syscall. */
export const MULTIPLEXED_CALLS: ReadonlyMap<string, MultiplexedCall> = new Map<string, MultiplexedCall>([
  ...SOCKET_CALLS.map((name, i): [string, MultiplexedCall] => [name, { entry: 'socketcall', call: BigInt(i + 1) }]),
  ...IPC_CALLS.map(([name, call]): [string, MultiplexedCall] => [name, { entry: 'ipc', call }]),
]);
