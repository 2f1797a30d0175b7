import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argumentBits } from '../../src/core/syscalls/syscall-arguments.js';
import { hasCommand } from '../support/has-command.js';
import { itNeeds } from '../support/require.js';
import { type Call, type ProbedArchitecture, probeDirectly, type Verdict } from './probe.js';

const missing =
  process.getuid?.() !== 0
    ? 'root is needed'
    : process.arch !== 'x64'
      ? 'an x86_64 machine is needed'
      : hasCommand('gcc', '--version')
        ? undefined
        : 'gcc is not installed';
const onKernel = itNeeds(missing === undefined, missing ?? '');

const folder = mkdtempSync(join(tmpdir(), 'seccomply-argument-bits-'));
const target = join(folder, 'file');
writeFileSync(target, 'text of a file');
const descriptors = [openSync(target, 'r+'), openSync(target, 'r')] as const;
afterAll(() => {
  for (const descriptor of descriptors) closeSync(descriptor);
  rmSync(folder, { recursive: true, force: true });
});

/** Free to make; for each argument in question a value that the kernel answers in another way, so that it is seen to look at it. */
type Row = readonly [
  name: string,
  args: readonly (number | string)[],
  others: Readonly<Record<number, number | string>>,
];

/** Of these arguments the kernel passes over the bits above `argumentBits`. 0 is a file to write, 1 a pipe, 3 a file to read. */
const PASSED_OVER: readonly Row[] = [
  ['setuid', [0], { 0: '0xffffffff' }],
  ['setgid', [0], { 0: '0xffffffff' }],
  ['setgroups', [0, 0], { 0: 1 }],
  ['setpgid', [0, 0], { 0: 1, 1: 999999 }],
  ['getpgid', [0], { 0: 999999999 }],
  ['getsid', [0], { 0: 999999999 }],
  ['getpriority', [0, 0], { 0: 9, 1: 999999999 }],
  ['read', [0, 0, 0], { 0: 99 }],
  ['write', [1, 0, 0], { 0: 99 }],
  ['readv', [0, 0, 0], { 0: 99 }],
  ['writev', [1, 0, 0], { 0: 99 }],
  ['pread64', [0, 0, 0, 0], { 0: 99 }],
  ['preadv', [0, 0, 0, 0, 0], { 0: 99 }],
  ['preadv2', [0, 0, 0, 0, 0, 0], { 0: 99 }],
  ['pwritev', [0, 0, 0, 0, 0], { 0: 99 }],
  ['pwritev2', [0, 0, 0, 0, 0, 0], { 0: 99 }],
  ['lseek', [0, 0, 0], { 0: 99, 2: 99 }],
  ['close', [0], { 0: 99 }],
  ['dup', [0], { 0: 99 }],
  ['dup2', [0, 5], { 0: 99, 1: 6 }],
  ['dup3', [0, 5, 0], { 0: 99, 1: 6, 2: 1 }],
  ['fsync', [0], { 0: 99 }],
  ['flock', [0, 2], { 0: 99, 1: 0 }],
  ['ftruncate', [0, 14], { 0: 99 }],
  ['fallocate', [0, 1, 0, 1], { 0: 99, 1: 0x4000 }],
  ['fadvise64', [0, 0, 0, 0], { 0: 99, 3: 99 }],
  ['fchdir', [0], { 0: 99 }],
  ['fcntl', [0, 1, 0], { 0: 99, 1: 99 }],
  ['ioctl', [0, 0x5451, 0], { 0: 99, 1: 99 }],
  ['close_range', [90, 95, 0], { 0: 99, 2: 99 }],
  ['memfd_create', ['@m', 0], { 1: 0x8000 }],
  ['eventfd2', [0, 0], { 1: 2 }],
  ['epoll_create1', [0], { 0: 1 }],
  ['inotify_init1', [0], { 0: 1 }],
  ['pipe2', [0, 0], { 1: 1 }],
  ['timerfd_create', [0, 0], { 0: 99, 1: 1 }],
  ['getrandom', [0, 0, 0], { 2: 99 }],
  ['socket', [1, 1, 0], { 0: 99, 1: 99, 2: 99 }],
  ['socketpair', [1, 1, 0, 0], { 1: 99 }],
  ['listen', [0, 0], { 0: 99 }],
  ['wait4', [-1, 0, 0, 0], { 2: 0x100 }],
  ['waitid', [0, 0, 0, 4, 0], { 0: 9, 3: 0x100 }],
  ['kill', [0, 0], { 0: 999999999, 1: 99 }],
  ['tgkill', [1, 1, 0], { 0: 2, 1: 999999999, 2: 99 }],
  ['prctl', [3, 0, 0, 0, 0], { 0: 999 }],
  ['arch_prctl', [0x1011, 0], { 0: 999 }],
  ['ptrace', [16, 1], { 1: 999999999 }],
  ['seccomp', [2, 0, 0], { 0: 9, 1: 1 }],
  ['setns', [0, 0], { 0: 99 }],
  ['pidfd_open', [1, 0], { 0: 999999999, 1: 1 }],
  ['name_to_handle_at', [-100, '@file', 0, 0, 0], { 0: 99, 4: 0x4000 }],
  ['faccessat', [-100, '@file', 0], { 0: 99, 2: 9 }],
  ['access', ['@file', 0], { 1: 9 }],
  ['unlinkat', [-100, '@none', 0], { 0: 99, 2: 1 }],
  ['fchmodat2', [-100, '@file', '0644', 0], { 0: 99, 3: 2 }],
  ['fchownat', [-100, '@file', 0, 0, 0], { 0: 99, 4: 1 }],
  ['statx', [-100, '@none', 0, 0, 0], { 2: 1 }],
  ['openat', [-100, '@none', 0, 0], { 0: 99 }],
  ['keyctl', [0, -1, 0], { 0: 999 }],
  ['madvise', [0, 0, 0], { 2: 99 }],
  ['mbind', [0, 0, 0, 0, 0, 0], { 2: 99, 5: 0x100 }],
  ['mmap', [0, 4096, 1, 0x22, -1, 0], { 3: 0 }],
  ['mmap', [0, 4096, 1, 1, 3, 0], { 2: 3, 4: 99 }],
  ['msync', [0, 0, 4], { 2: 99 }],
  ['clone', [0x4000, 0, 0, 0, 0], { 0: 0x10000 }],
  ['sched_getscheduler', [0], { 0: 999999999 }],
  ['mlockall', [1], { 0: 99 }],
  ['landlock_create_ruleset', [0, 0, 1], { 2: 9 }],
  ['membarrier', [0, 0], { 0: 3, 1: 1 }],
  ['syslog', [10, 0, 0], { 0: 99 }],
];

/** Above the 32nd, too, the kernel looks at every bit of these. */
const LOOKED_AT: readonly Row[] = [
  ['unshare', [0], { 0: '0x100000000' }],
  ['mprotect', ['0x10000', 4096, 1], { 2: '0x100000001' }],
  ['mount', ['@none', '@.', '@tmpfs', 0, 0], { 3: '0x100000000' }],
  ['ptrace', [16, 1], { 0: '0x100000010' }],
  ['perf_event_open', [0, 0, 0, -1, 0], { 4: '0x100000000' }],
  ['process_vm_readv', [0, 0, 0, 0, 0, 0], { 5: '0x100000000' }],
  ['mremap', ['0x10000', 4096, 4096, 0], { 3: '0x100000000' }],
  ['lseek', [0, 1, 0], { 1: '0x100000001' }],
];

const ask = (calls: readonly Call[], architecture: ProbedArchitecture = 'SCMP_ARCH_X86_64') =>
  probeDirectly(architecture, calls, folder, descriptors);

/** Addresses and process ids are others each time. */
const answer = (verdict: Verdict | undefined) =>
  verdict?.errno === 0 ? (verdict.result > 99 ? 'done' : `${verdict.result}`) : `errno ${verdict?.errno}`;

const withHighBits = (value: number | string, bits: number): string =>
  `0x${((BigInt.asUintN(64, BigInt(value)) & ((1n << BigInt(bits)) - 1n)) | (5n << BigInt(bits))).toString(16)}`;

onKernel('of the arguments the kernel looks at so many bits, and passes over those above', () => {
  const wrong: string[] = [];
  for (const [name, args, others] of PASSED_OVER) {
    for (const [index, other] of Object.entries(others).map(([key, value]) => [Number(key), value] as const)) {
      const bits = argumentBits('SCMP_ARCH_X86_64', name, index);
      const high = withHighBits(args[index] ?? 0, bits);
      const [plain, same, different] = ask([
        { name, args },
        { name, args: args.with(index, high) },
        { name, args: args.with(index, other) },
      ]).map(answer);
      if (bits > 32 || plain !== same || plain === different)
        wrong.push(`${name}[${index}] of ${bits} bits: ${plain}, with ${high} ${same}, with ${other} ${different}`);
    }
  }
  expect(wrong).toEqual([]);
});

onKernel('at every bit of others', () => {
  const wrong = LOOKED_AT.flatMap(([name, args, others]) =>
    Object.entries(others).flatMap(([key, other]) => {
      const index = Number(key);
      const [plain, high] = ask([
        { name, args },
        { name, args: args.with(index, other) },
      ]).map(answer);
      const bits = argumentBits('SCMP_ARCH_X86_64', name, index);
      return bits === 64 && plain !== high
        ? []
        : [`${name}[${index}] of ${bits} bits: ${plain}, with ${other} ${high}`];
    }),
  );
  expect(wrong).toEqual([]);
});

const modeOf = (name: string) => statSync(join(folder, name)).mode & 0o7777;

onKernel('of a mode at the bits that a file can have', () => {
  const modes: readonly [string, number, readonly (number | string)[]][] = [
    ['chmod', 1, ['@file']],
    ['fchmod', 1, [0]],
    ['fchmodat', 2, [-100, '@file']],
    ['fchmodat2', 2, [-100, '@file']],
  ];
  for (const [name, index, args] of modes) {
    const bits = argumentBits('SCMP_ARCH_X86_64', name, index);
    for (const mode of [0o4711, 0o644]) {
      ask([{ name, args: [...args, withHighBits(mode, bits)] }]);
      expect([name, bits, modeOf('file')]).toEqual([name, 12, mode]);
    }
  }
  const made: readonly [string, number, (path: string) => readonly (number | string)[], number][] = [
    ['creat', 1, (path) => [path], 0o4700],
    ['open', 2, (path) => [path, 0o100], 0o4700],
    ['openat', 3, (path) => [-100, path, 0o100], 0o4700],
    ['mkdir', 1, (path) => [path], 0o1700],
    ['mkdirat', 2, (path) => [-100, path], 0o1700],
    ['mknod', 1, (path) => [path], 0o14700],
    ['mknodat', 2, (path) => [-100, path], 0o14700],
  ];
  for (const [name, index, argsOf, mode] of made) {
    const high = withHighBits(mode, argumentBits('SCMP_ARCH_X86_64', name, index));
    ask([{ name, args: [...argsOf(`@${name}`), high] }]);
    expect([name, modeOf(name)]).toEqual([name, mode & 0o7777]);
  }
  expect(statSync(join(folder, 'mknod')).isFIFO()).toBe(true);
});

onKernel('of ids of 32-bit x86 at 16', () => {
  const bits = argumentBits('SCMP_ARCH_X86', 'chown', 1);
  ask([{ name: 'chown', args: ['@file', withHighBits(11, bits), withHighBits(12, bits)] }], 'SCMP_ARCH_X86');
  const { uid, gid } = statSync(target);
  expect([bits, uid, gid]).toEqual([16, 11, 12]);
  const names = ['setuid', 'setgid', 'setfsuid', 'setresuid', 'setregid'];
  expect(
    ask(
      names.map((name) => ({ name, args: ['0x10000', '0x10000', '0x10000'] })),
      'SCMP_ARCH_X86',
    ).map(answer),
  ).toEqual(names.map(() => '0'));
});
