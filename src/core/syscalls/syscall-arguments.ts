import type { Architecture } from './architectures.js';
import { FILTER_ARCHITECTURES } from './filter-architecture.js';
import generated from './syscall-arguments.generated.json' with { type: 'json' };

/** By syscall, a letter for each argument: `i` 32 bits, `l` 64 bits, `m` umode_t, `p` pointer. */
const KINDS: ReadonlyMap<string, string> = new Map(Object.entries<string>(generated.kinds));

const TYPE_BITS: Readonly<Record<string, number>> = { i: 32, m: 16 };

/** How many bits the kernel keeps of an argument whose type has more; by syscall, the arguments. Measured (test/kernel/argument-bits.test.ts). */
const KEPT_BITS: ReadonlyMap<string, Readonly<Record<number, number>>> = new Map(
  Object.entries({
    chmod: { 1: 12 },
    clone: { 0: 32 },
    creat: { 1: 12 },
    fchmod: { 1: 12 },
    fchmodat: { 2: 12 },
    fchmodat2: { 2: 12 },
    mbind: { 2: 32 },
    mkdir: { 1: 10 },
    mkdirat: { 2: 10 },
    mmap: { 2: 32, 3: 32, 4: 32 },
    mq_open: { 2: 12 },
    open: { 2: 12 },
    openat: { 3: 12 },
    preadv: { 0: 32 },
    preadv2: { 0: 32 },
    ptrace: { 1: 32 },
    pwritev: { 0: 32 },
    pwritev2: { 0: 32 },
    readv: { 0: 32 },
    umask: { 0: 9 },
    writev: { 0: 32 },
  }),
);

/** On s390x the flags of clone are the second argument. */
const S390X_CLONE: Readonly<Record<number, number>> = { 1: 32 };

/** What these names mean on 32-bit x86 and ARM: the calls of before Linux 2.4, whose ids have 16 bits. By syscall, the ids. */
const SHORT_IDS: ReadonlyMap<string, readonly number[]> = new Map(
  Object.entries({
    chown: [1, 2],
    fchown: [1, 2],
    lchown: [1, 2],
    setfsgid: [0],
    setfsuid: [0],
    setgid: [0],
    setregid: [0, 1],
    setresgid: [0, 1, 2],
    setresuid: [0, 1, 2],
    setreuid: [0, 1],
    setuid: [0],
  }),
);

/**
 * How many of the low bits of an argument the kernel looks at; it passes over the others, which a filter sees. 64 for what is not known.
 * A value that the kernel looks at in order to refuse it (unshare's flags) counts as looked at.
 */
export function argumentBits(architecture: Architecture, syscall: string, index: number): number {
  const { bits } = FILTER_ARCHITECTURES[architecture];
  if (hasShortIds(architecture) && SHORT_IDS.get(syscall)?.includes(index)) return 16;
  const kept = syscall === 'clone' && architecture === 'SCMP_ARCH_S390X' ? S390X_CLONE : KEPT_BITS.get(syscall);
  return Math.min(bits, kept?.[index] ?? TYPE_BITS[kindOf(syscall, index)] ?? 64);
}

/** Whether the argument is an address: a filter sees where the data is, not what it is. */
export function isPointer(syscall: string, index: number): boolean {
  return kindOf(syscall, index) === 'p';
}

function kindOf(syscall: string, index: number): string {
  return KINDS.get(syscall)?.[index] ?? '';
}

function hasShortIds(architecture: Architecture): boolean {
  return architecture === 'SCMP_ARCH_X86' || architecture === 'SCMP_ARCH_ARM';
}
