import { createHash } from 'node:crypto';
import type { Action, Argument, Profile, Rule } from '../../../src/core/profile/model.js';
import { ACTIONS, OPERATORS, type Operator } from '../../../src/core/profile/model.js';
import type { Architecture } from '../../../src/core/syscalls/architectures.js';
import { ARCHITECTURES } from '../../../src/core/syscalls/architectures.js';
import { hasTable, isBigEndian } from '../../../src/core/syscalls/filter-architecture.js';
import { allSyscallNames, syscallNumber } from '../../../src/core/syscalls/syscall-table.js';

export interface Question {
  readonly arch: Architecture;
  readonly syscall: string | number;
  readonly args: readonly bigint[];
}

/** Numbers that a seed repeats: the SHA-256 digests of seed and counter, 32 bits at a time. */
export class Random {
  private words = Buffer.alloc(0);
  private at = 0;
  private counter = 0;

  private readonly seed: number;

  constructor(seed: number) {
    this.seed = seed;
  }

  below(limit: number): number {
    if (this.at + 4 > this.words.length) {
      this.words = createHash('sha256').update(`${this.seed}:${this.counter}`).digest();
      this.counter += 1;
      this.at = 0;
    }
    const word = this.words.readUInt32LE(this.at);
    this.at += 4;
    return Math.floor((word / 2 ** 32) * limit);
  }

  chance(share: number): boolean {
    return this.below(1_000_000) < share * 1_000_000;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }
}

const NAMES = [
  ...[
    'read',
    'write',
    'openat',
    'open',
    'stat',
    'clone',
    'clone3',
    'personality',
    'ioctl',
    'prctl',
    'fcntl',
    'fcntl64',
  ],
  ...['socket', 'connect', 'accept4', 'send', 'recvmsg', 'socketcall', 'semop', 'shmat', 'msgctl', 'ipc', 'unshare'],
  ...['setns', 'mount', 'umount2', 'bpf', 'perf_event_open', 'futex', 'time', 'cacheflush', 'set_tls', 'mkdir', 'kill'],
  ...[
    'no_such_syscall',
    'arm_fadvise64_64',
    'sync_file_range2',
    'futex_waitv',
    'rt_sigreturn',
    'execve',
    'mmap',
    'mmap2',
  ],
];

/** Values near which comparisons go wrong: word boundaries, the sign bits, and a few that meet often. */
const VALUES = [
  ...[0n, 1n, 2n, 3n, 5n, 7n, 8n, 16n, 0xffn, 0x7e02_0000n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_fffen, 0xffff_ffffn],
  ...[0x1_0000_0000n, 0x1_0000_0001n, 0x1_0000_0005n, 0x2_0000_0001n, 0x7e02_0000_0000_0001n, 0x1_ffff_ffffn],
  ...[0x7fff_ffff_ffff_ffffn, 0x8000_0000_0000_0000n, 0xffff_ffff_0000_0000n, 0xffff_ffff_ffff_fffen],
  0xffff_ffff_ffff_ffffn,
];

/**
 * How much the rules of a profile get in each other's way: `ladder` has many comparisons of one or two arguments, `large` is as long as
 * what people write; `table` is as large, with names drawn from the whole table; `equality` has EQ and MASKED_EQ only, one action, and
 * on every architecture a rule without conditions.
 */
export const DENSITIES = ['sparse', 'dense', 'ladder', 'large', 'table', 'equality'] as const;
export type Density = (typeof DENSITIES)[number];

interface Shape {
  readonly names: readonly [number, number];
  readonly rules: readonly [number, number];
  readonly namesInRule: number;
  readonly withArguments: number;
  readonly argumentCounts: readonly number[];
  readonly indices: readonly number[];
  readonly values: readonly [number, number];
  readonly operators?: readonly Operator[];
}

const SHAPES: Readonly<Record<Density, Shape>> = {
  dense: {
    names: [1, 4],
    rules: [1, 8],
    namesInRule: 2,
    withArguments: 0.93,
    argumentCounts: [1, 1, 1, 1, 2, 2, 3, 4],
    indices: [0, 0, 0, 1, 1, 1, 2, 2, 3, 4, 5],
    values: [2, 6],
  },
  sparse: {
    names: [4, 27],
    rules: [1, 14],
    namesInRule: 5,
    withArguments: 0.3,
    argumentCounts: [1, 1, 1, 2, 2, 3, 4, 5, 6, 7],
    indices: [0, 1, 2, 3, 4, 5],
    values: [2, 6],
  },
  ladder: {
    names: [1, 2],
    rules: [4, 18],
    namesInRule: 1,
    withArguments: 0.99,
    argumentCounts: [1, 1, 1, 1, 2],
    indices: [0, 0, 0, 1],
    values: [3, 9],
  },
  large: {
    names: [20, 48],
    rules: [8, 20],
    namesInRule: 14,
    withArguments: 0.25,
    argumentCounts: [1, 1, 2, 3],
    indices: [0, 0, 1, 2],
    values: [2, 6],
  },
  table: {
    names: [150, 400],
    rules: [10, 60],
    namesInRule: 30,
    withArguments: 0.25,
    argumentCounts: [1, 1, 2, 3],
    indices: [0, 0, 1, 2],
    values: [2, 6],
  },
  equality: {
    names: [1, 6],
    rules: [1, 10],
    namesInRule: 2,
    withArguments: 0.9,
    argumentCounts: [1, 1, 2, 3],
    indices: [0, 0, 1, 2],
    values: [3, 12],
    operators: ['SCMP_CMP_EQ', 'SCMP_CMP_EQ', 'SCMP_CMP_MASKED_EQ'],
  },
};

/** These two of ppc64le share a number in libseccomp on hosts of other architectures. */
const WHOLE_TABLE = allSyscallNames().filter((name) => name !== 'sys_debug_setcontext' && name !== 'switch_endian');

function between(random: Random, [least, most]: readonly [number, number]): number {
  return least + random.below(most - least + 1);
}

export function randomProfile(random: Random, density: Density, native: Architecture): Profile {
  const shape = SHAPES[density];
  const names = Array.from({ length: between(random, shape.names) }, () =>
    random.pick(density === 'table' ? WHOLE_TABLE : NAMES),
  );
  const values = Array.from({ length: between(random, shape.values) }, () => randomValue(random));
  const actions = Array.from({ length: density === 'equality' ? 1 : 1 + random.below(4) }, () => randomAction(random));
  const rules = Array.from({ length: between(random, shape.rules) }, () =>
    randomRule(random, names, values, actions, shape),
  );
  // On every architecture there is an execve; 4093 is no errno of the defaults.
  if (density === 'equality') rules.push({ names: ['execve'], action: 'SCMP_ACT_ERRNO', errnoRet: 4093, args: [] });
  // Of the other byte order none can be in one filter with the native one.
  const possible = ARCHITECTURES.filter((arch) => isBigEndian(arch) === isBigEndian(native));
  const architectures = random.chance(0.15) ? undefined : possible.filter(() => random.chance(0.45));
  const { action, errnoRet } = randomAction(random);
  return {
    defaultAction: action,
    ...(errnoRet === undefined ? {} : { defaultErrnoRet: errnoRet }),
    ...(architectures === undefined ? {} : { architectures: shuffled(random, architectures) }),
    rules,
  };
}

function randomRule(
  random: Random,
  names: readonly string[],
  values: readonly bigint[],
  actions: readonly { readonly action: Action; readonly errnoRet: number | undefined }[],
  shape: Shape,
): Rule {
  const chosen = Array.from({ length: 1 + random.below(shape.namesInRule) }, () => random.pick(names));
  const { action, errnoRet } = random.pick(actions);
  const args: Argument[] = [];
  if (random.chance(shape.withArguments)) {
    const count = random.pick(shape.argumentCounts);
    for (let i = 0; i < count; i += 1) {
      const index = random.pick(shape.indices);
      if (args.some((arg) => arg.index === index) && !random.chance(0.15)) continue;
      args.push({
        index,
        value: random.chance(0.8) ? random.pick(values) : randomValue(random),
        valueTwo: random.chance(0.7) ? random.pick(values) : randomValue(random),
        op: random.pick(shape.operators ?? OPERATORS),
      });
    }
  }
  return { names: chosen, action, ...(errnoRet === undefined ? {} : { errnoRet }), args };
}

function randomAction(random: Random): { readonly action: Action; readonly errnoRet: number | undefined } {
  const action = random.pick([...ACTIONS, 'SCMP_ACT_ALLOW', 'SCMP_ACT_ERRNO', 'SCMP_ACT_ERRNO'] as const);
  const withErrno = (action === 'SCMP_ACT_ERRNO' || action === 'SCMP_ACT_TRACE') && random.chance(0.6);
  return { action, errnoRet: withErrno ? random.pick([0, 1, 2, 13, 38, 95, 4094]) : undefined };
}

function randomValue(random: Random): bigint {
  if (random.chance(0.75)) return random.pick(VALUES);
  return (BigInt(random.below(0x1_0000_0000)) << 32n) | BigInt(random.below(0x1_0000_0000));
}

/** Questions about the syscalls of a profile, with arguments on and around the values its rules compare with. */
export function questionsAbout(
  random: Random,
  profile: Profile,
  native: Architecture,
  count: number,
): readonly Question[] {
  const named = [...new Set(profile.rules.flatMap((rule) => rule.names))];
  const listed = [native, ...(profile.architectures ?? [])].filter(hasTable);
  const questions: Question[] = [];
  for (let tries = 0; questions.length < count && tries < count * 10; tries += 1) {
    const arch = random.chance(0.95) ? random.pick(listed) : random.pick(ARCHITECTURES);
    const syscall = random.chance(0.93) ? random.pick(named) : random.pick(NAMES);
    if (syscallNumber(arch, syscall) === undefined) continue;
    const about = profile.rules.filter((rule) => rule.names.includes(syscall)).flatMap((rule) => rule.args);
    const args = Array.from({ length: 6 }, (_, index) => {
      const here = about.filter((arg) => arg.index === index);
      return here.length > 0 ? near(random, random.pick(here)) : random.chance(0.8) ? 0n : randomValue(random);
    });
    if (syscall === 'socketcall' || syscall === 'ipc') args[0] = BigInt(random.below(25));
    questions.push({ arch, syscall: random.chance(0.03) ? randomNumber(random) : syscall, args });
  }
  return questions;
}

function randomNumber(random: Random): number {
  return random.pick([
    0, 1, 57, 222, 500, 1023, 4000, 0x3fff_ffff, 0x4000_0000, 0x4000_0001, 0x7fff_ffff, 0xffff_fffe, 0xffff_ffff,
  ]);
}

function near(random: Random, arg: Argument): bigint {
  const base = arg.op === 'SCMP_CMP_MASKED_EQ' && random.chance(0.6) ? arg.valueTwo & arg.value : arg.value;
  const moved =
    random.pick([0n, 0n, 0n, 1n, -1n, 0x1_0000_0000n, -0x1_0000_0000n]) + base * (random.chance(0.9) ? 1n : 0n);
  return BigInt.asUintN(64, random.chance(0.12) ? randomValue(random) : moved);
}

function shuffled<Item>(random: Random, items: readonly Item[]): Item[] {
  const rest = [...items];
  const result: Item[] = [];
  while (rest.length > 0) result.push(...rest.splice(random.below(rest.length), 1));
  return result;
}
