import fc from 'fast-check';
import type { Argument, Operator, Profile, Rule } from '../../../src/core/profile/model.js';

/** Values where conditions change: small ones, flags of clone, and both sides of 32 bits. */
export const VALUES = [0n, 1n, 2n, 3n, 16n, 40n, 0x7e020000n, 0xffffffffn, 0x100000001n] as const;
export const NAMES = ['clone', 'socket', 'socketcall', 'ioctl', 'read', 'shmget', 'ipc', 'mkdir'] as const;

const SAFE: readonly Operator[] = ['SCMP_CMP_EQ', 'SCMP_CMP_MASKED_EQ'];
const ALL: readonly Operator[] = [...SAFE, 'SCMP_CMP_NE', 'SCMP_CMP_LT', 'SCMP_CMP_LE', 'SCMP_CMP_GE', 'SCMP_CMP_GT'];

function argument(operators: readonly Operator[]): fc.Arbitrary<Argument> {
  return fc.record({
    index: fc.constantFrom(0, 0, 0, 1, 2),
    value: fc.constantFrom(...VALUES),
    valueTwo: fc.constantFrom(...VALUES),
    op: fc.constantFrom(...operators),
  });
}

const action = fc.constantFrom<readonly [Rule['action'], number?]>(
  ['SCMP_ACT_ALLOW'],
  ['SCMP_ACT_ALLOW'],
  ['SCMP_ACT_ALLOW'],
  ['SCMP_ACT_LOG'],
  ['SCMP_ACT_ERRNO'],
  ['SCMP_ACT_ERRNO', 38],
  ['SCMP_ACT_TRACE', 7],
  ['SCMP_ACT_TRAP'],
  ['SCMP_ACT_KILL'],
  ['SCMP_ACT_KILL_PROCESS'],
);

function rule(operators: readonly Operator[]): fc.Arbitrary<Rule> {
  return fc
    .record({
      names: fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 }),
      action,
      args: fc.oneof(
        { weight: 2, arbitrary: fc.constant([]) },
        {
          weight: 3,
          arbitrary: fc.uniqueArray(argument(operators), { minLength: 1, maxLength: 2, selector: (arg) => arg.index }),
        },
      ),
    })
    .map(({ action: [name, errnoRet], ...rest }) => ({
      ...rest,
      action: name,
      ...(errnoRet === undefined ? {} : { errnoRet }),
    }));
}

export interface RandomProfileOptions {
  /** Only equality and masked equality. */
  readonly safeOnly?: boolean;
}

/** Plain profiles over few syscalls, so that rules meet. */
export function plainProfiles({ safeOnly = false }: RandomProfileOptions = {}): fc.Arbitrary<Profile> {
  return fc.record(
    {
      defaultAction: fc.constantFrom<Profile['defaultAction']>(
        'SCMP_ACT_ERRNO',
        'SCMP_ACT_ERRNO',
        'SCMP_ACT_ALLOW',
        'SCMP_ACT_LOG',
        'SCMP_ACT_KILL_PROCESS',
      ),
      architectures: fc.constantFrom<readonly string[]>(
        ['SCMP_ARCH_X86_64'],
        ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
        ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
      ),
      rules: fc.array(rule(safeOnly ? SAFE : ALL), { maxLength: 5 }),
    },
    { requiredKeys: ['defaultAction', 'rules'] },
  );
}

/** A value at or beside one of VALUES, in either half. */
export const questionArguments: fc.Arbitrary<readonly bigint[]> = fc.array(
  fc
    .tuple(fc.constantFrom(...VALUES), fc.constantFrom(0n, 0n, 1n, -1n, 1n << 32n))
    .map(([value, offset]) => BigInt.asUintN(64, value + offset)),
  { minLength: 3, maxLength: 3 },
);
