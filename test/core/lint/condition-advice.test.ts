import { compileEvaluator } from '../../../src/core/filter/evaluate.js';
import { lintProfile } from '../../../src/core/lint/lint.js';
import {
  allow,
  allowAllBut,
  equal,
  masked,
  refuse,
  refuseAllBut,
} from '../../../src/core/lint/subject/example-profile.js';
import { parseProfile } from '../../../src/core/profile/read/yaml/parse-profile.js';

const REPLACEMENT = /"op": "SCMP_CMP_MASKED_EQ", "value": (\d+), "valueTwo": (\d+)/g;

const problemsOf = (text: string, ...codes: string[]) =>
  lintProfile(text).problems.filter(({ code }) => codes.includes(code));

function adviceOf(text: string, code: string): string {
  const [problem] = problemsOf(text, code);
  return problem?.advice ?? '';
}

/** The conditions that an advice spells out, each for a rule of its own. */
function conditionsIn(advice: string, index: number): object[] {
  return [...advice.matchAll(REPLACEMENT)].map(([, value, valueTwo]) => masked(index, Number(value), Number(valueTwo)));
}

function actionOf(text: string, name: string, index: number, value: bigint): string {
  const { profile } = parseProfile(text);
  if (profile === undefined) throw new Error('no profile');
  const args = Array.from({ length: 6 }, (_, i) => (i === index ? value : 0n));
  return compileEvaluator(profile).evaluate('SCMP_ARCH_X86_64', name, args)?.action ?? '';
}

const compare = (op: string, value: number, index: number) => ({ index, value, op: `SCMP_CMP_${op}` });
const HIGH = 1n << 32n;

describe('what SP016 says to write', () => {
  const bounds = [0, 1, 2, 3, 5, 8, 10, 40, 256, 0x7fffffff];

  test.each(['EQ', 'LT', 'LE'].flatMap((op) => bounds.map((bound) => [op, bound] as const)))(
    'in a refusal of %s %i refuses the same values, whatever their high bits',
    (op, bound) => {
      const before = allowAllBut([refuse(['socket'], { args: [compare(op, bound, 0)] })]);
      const advice = adviceOf(before, 'SP016');
      const conditions = conditionsIn(advice, 0);
      if (conditions.length === 0) {
        expect(advice).toMatch(
          op === 'LT' && bound === 0 ? /^No value is below 0|^$/ : /^Refuse the values one by one/,
        );
        return;
      }
      const after = allowAllBut(conditions.map((each) => refuse(['socket'], { args: [each] })));
      for (const value of [
        0n,
        1n,
        2n,
        3n,
        4n,
        5n,
        7n,
        8n,
        9n,
        10n,
        39n,
        40n,
        41n,
        255n,
        256n,
        0x7ffffffen,
        0x7fffffffn,
      ])
        for (const high of [0n, HIGH, HIGH * 0xffffffffn])
          expect([value, actionOf(after, 'socket', 0, value + high)]).toEqual([
            value,
            actionOf(before, 'socket', 0, value),
          ]);
      expect(problemsOf(after, 'SP016')).toEqual([]);
    },
  );

  test.each(['NE', 'GE', 'GT'])('in an allowance of %s is to allow single values', (op) => {
    const advice = adviceOf(refuseAllBut([allow(['socket'], compare(op, 40, 0))]), 'SP016');
    expect(advice).toBe(
      'No masked comparison says this. Allow the values that are needed instead, each in a rule of its own: "op": "SCMP_CMP_MASKED_EQ", "value": 4294967295, and the value as "valueTwo".',
    );
    expect(conditionsIn(advice, 0)).toEqual([]);
  });

  test('in a refusal of a masked value drops the bits that the kernel does not look at', () => {
    const text = allowAllBut([refuse(['kill'], { args: [masked(1, 0xfffffffff, 5)] })]);
    expect(conditionsIn(adviceOf(text, 'SP016'), 1)).toEqual([masked(1, 0xffffffff, 5)]);
    expect(adviceOf(allowAllBut([refuse(['kill'], { args: [masked(1, 0xf00000000, 0)] })]), 'SP016')).toMatch(
      /^The kernel looks at none of the bits of this mask/,
    );
  });

  test('of a bound above all that the kernel sees is to leave the condition out', () => {
    expect(adviceOf(allowAllBut([refuse(['socket'], { args: [compare('LT', 2 ** 33, 0)] })]), 'SP016')).toMatch(
      /leave the condition out\.$/,
    );
  });
});

test.each(['socketcall', 'ipc', 'chown32', 'setuid32', 'fcntl64'])(
  '%s, which only 32-bit ABIs have, has no bits to set above those that count',
  (name) => {
    const architectures = { architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'] };
    expect(problemsOf(allowAllBut([refuse([name], { args: [equal(0, 1)] })], architectures), 'SP016')).toEqual([]);
    expect(problemsOf(refuseAllBut([allow([name], compare('GE', 2, 0))], architectures), 'SP016')).toEqual([]);
  },
);

describe('SP066: flags', () => {
  // The syscall, the argument, the value, the mask that is right and a flag that may be added.
  const FLAGS: readonly (readonly [string, number, number, number, number])[] = [
    ['unshare', 0, 0x10000000, 0x10000000, 0x20000],
    ['clone', 0, 0x10000011, 0x10000000, 0x20000],
    ['setns', 1, 0x10000000, 0x10000000, 0x20000],
    ['socket', 1, 3, 15, 0x80000],
    ['socketpair', 1, 5, 15, 0x800],
    ['personality', 0, 0x0040000, 0x40000, 0x20000],
    ['personality', 0, 8, 0xff, 0x40000],
    ['openat', 2, 0x40, 0x40, 0x80000],
    ['open', 1, 1, 3, 0x80000],
    ['mmap', 2, 7, 7, 0x40],
    ['mmap', 3, 0x22, 0x2f, 0x4000],
    ['mprotect', 2, 4, 4, 1],
    ['pkey_mprotect', 2, 4, 4, 1],
    ['mount', 3, 0x1000, 0x1000, 0x4000],
    ['umount2', 1, 2, 2, 8],
    ['memfd_create', 1, 2, 2, 1],
    ['chmod', 1, 0o4000, 0o4000, 0o755],
    ['mknod', 1, 0o20000, 0o170000, 0o600],
    ['seccomp', 1, 8, 8, 1],
  ];

  test.each(FLAGS)('%s argument %i: refusing %i takes the mask %i', (name, index, value, mask, more) => {
    const whole = name === 'unshare' || name === 'setns' ? equal(index, value) : masked(index, 0xffffffff, value);
    for (const condition of [equal(index, value), whole]) {
      const before = allowAllBut([refuse([name], { args: [condition] })]);
      expect(actionOf(before, name, index, BigInt(value + more))).toBe('SCMP_ACT_ALLOW');
      const [problem] = problemsOf(before, 'SP066');
      expect(problem?.severity).toBe('error');
      const [replaced] = conditionsIn(problem?.advice ?? '', index);
      expect(replaced).toEqual(masked(index, mask, value & mask));
      for (const { advice = '' } of problemsOf(before, 'SP016'))
        expect(
          conditionsIn(advice, index).length > 0 && condition !== whole ? conditionsIn(advice, index)[0] : replaced,
        ).toEqual(replaced);
      const after = allowAllBut([refuse([name], { args: [replaced] })]);
      for (const each of [value, value + more])
        expect(actionOf(after, name, index, BigInt(each))).toBe('SCMP_ACT_ERRNO');
      expect(problemsOf(after, 'SP016', 'SP062', 'SP066')).toEqual([]);
    }
  });

  test('a mask of some flags beside that which is asked for is a warning', () => {
    const text = allowAllBut([refuse(['clone'], { args: [masked(0, 0x7e020000, 0x10000000)] })]);
    expect(problemsOf(text, 'SP066').map(({ severity, advice }) => [severity, advice])).toEqual([
      ['warning', 'Write "op": "SCMP_CMP_MASKED_EQ", "value": 268435456, "valueTwo": 268435456.'],
    ]);
  });

  test('several flags may be meant one by one', () => {
    expect(adviceOf(allowAllBut([refuse(['unshare'], { args: [equal(0, 0x10020000)] })]), 'SP066')).toBe(
      'Write "op": "SCMP_CMP_MASKED_EQ", "value": 268566528, "valueTwo": 268566528, or one rule for each flag ("value" and "valueTwo" both that flag) where each alone is to be refused.',
    );
  });

  test.each([
    ['the value has no flags', allowAllBut([refuse(['mmap'], { args: [equal(2, 0)] })])],
    ['the argument is a number', allowAllBut([refuse(['socket'], { args: [equal(0, 40)] })])],
    ['the rule lets through', refuseAllBut([allow(['personality'], equal(0, 0x20000))])],
    [
      'all else is refused',
      refuseAllBut([allow(['read']), refuse(['unshare'], { errnoRet: 13, args: [equal(0, 0x10000000)] })]),
    ],
    [
      'another rule refuses what has more flags',
      allowAllBut([refuse(['mprotect'], { args: [equal(2, 4)] }), refuse(['mprotect'], { args: [masked(2, 4, 4)] })]),
    ],
    [
      'every bit is compared and set',
      allowAllBut([refuse(['personality'], { args: [masked(0, 0xffffffff, 0xffffffff)] })]),
    ],
  ])('nothing is said where %s', (_, text) => {
    expect(problemsOf(text, 'SP066')).toEqual([]);
  });
});

describe('SP062: a mask that is missing or in the wrong place', () => {
  test.each([
    ['clone', 0, 0x10000000, 0x10000000],
    ['socket', 0, 40, 0xffffffff],
  ])('in a refusal of %s', (name, index, value, mask) => {
    for (const condition of [masked(index, 0, value), { index, value, op: 'SCMP_CMP_MASKED_EQ' }]) {
      const [problem] = problemsOf(allowAllBut([refuse([name], { args: [condition] })]), 'SP062');
      expect(problem?.severity).toBe('error');
      const [, written, datum] = /"value": (\d+), "valueTwo": (\d+)/.exec(problem?.advice ?? '') ?? [];
      expect([Number(written), Number(datum)]).toEqual([mask, value]);
      const after = allowAllBut([refuse([name], { args: [masked(index, mask, value)] })]);
      expect(actionOf(after, name, index, BigInt(value))).toBe('SCMP_ACT_ERRNO');
      expect(actionOf(after, name, index, 0x11n)).toBe('SCMP_ACT_ALLOW');
      expect(problemsOf(after, 'SP062')).toEqual([]);
    }
  });

  test('"valueTwo": 0 that is written may be meant', () => {
    const refusing = (name: string, index: number, value: number) =>
      problemsOf(allowAllBut([refuse([name], { args: [masked(index, value, 0)] })]), 'SP062').map(
        ({ severity }) => severity,
      );
    expect(refusing('clone', 0, 0x10000000)).toEqual(['warning']);
    expect(refusing('openat', 2, 3)).toEqual([]);
    expect(refusing('socket', 0, 0xffffffff)).toEqual([]);
    expect(refusing('socket', 0, 0xfffffff8)).toEqual([]);
  });
});
