import fc from 'fast-check';
import { type Answer, compileEvaluator, type EvaluationOptions } from '../../src/seccomp/evaluate.js';
import { actionOf, filterAction } from '../../src/seccomp/filter-action.js';
import type { Architecture, Argument, Profile, Rule } from '../../src/seccomp/model.js';
import { ARCHITECTURES } from '../../src/seccomp/model.js';
import { LIBSECCOMP_VERSIONS, syscallNumberIn } from '../../src/seccomp/syscall-table.js';
import { questionsAbout, Random, randomProfile } from '../kernel/evaluate/random-profile.js';
import { runs } from '../support/require.js';
import { NAMES, plainProfiles, questionArguments } from './random-plain-profile.js';

// What libseccomp 2.5.4 and 2.6.1 return for these; random profiles are put to it in test/kernel.

const onlyTwo = (names: readonly string[]): Rule => ({
  names,
  action: 'SCMP_ACT_ALLOW',
  args: [{ index: 0, op: 'SCMP_CMP_EQ', value: 2n, valueTwo: 0n }],
});
const always = (name: string): Rule => ({ names: [name], action: 'SCMP_ACT_ALLOW', args: [] });
const refusing = (architectures: readonly Architecture[], rules: readonly Rule[]): Profile => ({
  defaultAction: 'SCMP_ACT_ERRNO',
  architectures,
  rules,
});
const allowed = { action: 'SCMP_ACT_ALLOW', errno: null, rule: 0 };
const refused = { action: 'SCMP_ACT_ERRNO', errno: 1, rule: 'default' };

function answer(profile: Profile, architecture: Architecture, name: string, options: EvaluationOptions) {
  return compileEvaluator(profile, options).evaluate(architecture, name, [2n]);
}

describe('where every rule of an architecture has conditions, and a rule on a syscall it does not have has none', () => {
  const names =
    'read write close fstat lseek mmap munmap brk ioctl readv writev madvise shmget shmat shmctl dup getpid sendto recvfrom bind listen kill uname semget semop semctl shmdt msgget msgsnd msgrcv msgctl fcntl flock';
  const many = refusing(['SCMP_ARCH_X86_64', 'SCMP_ARCH_AARCH64'], [onlyTwo(names.split(' ')), always('open')]);

  test('crun’s filter forgets the number of the syscall, and no rule holds', () => {
    expect(answer(many, 'SCMP_ARCH_AARCH64', 'read', { runtime: 'crun' })).toEqual(refused);
    expect(answer(many, 'SCMP_ARCH_X86_64', 'read', { runtime: 'crun' })).toEqual(allowed);
  });

  test('runc’s filter does not, above 32 rules', () => {
    expect(answer(many, 'SCMP_ARCH_AARCH64', 'read', { runtime: 'runc' })).toEqual(allowed);
  });

  test('without a runtime that says how rules are laid out the answer is ambiguous', () => {
    expect(answer(many, 'SCMP_ARCH_AARCH64', 'read', { runtime: 'libseccomp' })).toEqual({
      ...refused,
      ambiguous: [0],
    });
    expect(answer(many, 'SCMP_ARCH_X86_64', 'read', { runtime: 'libseccomp' })).toEqual(allowed);
  });

  test('the syscall may be one that only newer versions know', () => {
    const newer = refusing(['SCMP_ARCH_X86_64', 'SCMP_ARCH_AARCH64'], [onlyTwo(['read']), always('uretprobe')]);
    for (const runtime of ['libseccomp', 'runc', 'crun'] as const) {
      expect(answer(newer, 'SCMP_ARCH_AARCH64', 'read', { runtime, libseccomp: '2.5.4' })).toEqual(allowed);
      expect(answer(newer, 'SCMP_ARCH_AARCH64', 'read', { runtime, libseccomp: '2.6.1' })).toEqual(refused);
      expect(answer(newer, 'SCMP_ARCH_AARCH64', 'read', { runtime })).toEqual({ ...refused, ambiguous: [0] });
      expect(answer(newer, 'SCMP_ARCH_X86_64', 'read', { runtime })).toEqual(allowed);
    }
  });
});

test('a rule on a syscall that only newer versions know is not ambiguous for that syscall', () => {
  const newer = refusing(['SCMP_ARCH_X86_64'], [onlyTwo(['mseal'])]);
  expect(answer(newer, 'SCMP_ARCH_X86_64', 'mseal', { runtime: 'crun' })).toEqual(allowed);
  expect(answer(newer, 'SCMP_ARCH_X86_64', 'mseal', { runtime: 'crun', libseccomp: '2.5.4' })).toEqual(refused);
});

test('outside ppc64le a rule on sys_debug_setcontext is one on switch_endian, as they share a number in libseccomp', () => {
  const profile = refusing(['SCMP_ARCH_PPC64LE'], [always('sys_debug_setcontext')]);
  const ask = (name: string, native: Architecture) =>
    answer(profile, 'SCMP_ARCH_PPC64LE', name, { runtime: 'libseccomp', native });
  expect(ask('switch_endian', 'SCMP_ARCH_X86_64')).toEqual(allowed);
  expect(ask('sys_debug_setcontext', 'SCMP_ARCH_X86_64')).toEqual(refused);
  expect(ask('switch_endian', 'SCMP_ARCH_PPC64LE')).toEqual(refused);
  expect(ask('sys_debug_setcontext', 'SCMP_ARCH_PPC64LE')).toEqual(allowed);
});

test('a rule with an errno above 4094 is refused by libseccomp and left out', () => {
  const errno = (errnoRet: number): Profile => ({
    defaultAction: 'SCMP_ACT_ALLOW',
    rules: [{ names: ['read'], action: 'SCMP_ACT_ERRNO', errnoRet, args: [] }],
  });
  expect(answer(errno(4094), 'SCMP_ARCH_X86_64', 'read', {})).toMatchObject({ errno: 4094 });
  expect(answer(errno(4095), 'SCMP_ARCH_X86_64', 'read', {})).toEqual({ ...allowed, rule: 'default' });
});

test('conditions that an upper word meets, with different actions, are ambiguous where versions merge them differently', () => {
  const unless = (action: Rule['action'], value: bigint): Rule => ({
    names: ['read'],
    action,
    args: [{ index: 0, op: 'SCMP_CMP_NE', value, valueTwo: 0n }],
  });
  const profile = refusing([], [unless('SCMP_ACT_ALLOW', 0xffff_ffffn), unless('SCMP_ACT_TRAP', 0xffn)]);
  const ask = (options: EvaluationOptions) =>
    compileEvaluator(profile, options).evaluate('SCMP_ARCH_X86_64', 'read', [0x1_0000_0000n]);
  expect(ask({ libseccomp: '2.5.4' })).toMatchObject({ action: 'SCMP_ACT_ALLOW' });
  expect(ask({ libseccomp: '2.6.1' })).toMatchObject({ action: 'SCMP_ACT_TRAP' });
  expect(ask({})).toMatchObject({ action: 'SCMP_ACT_TRAP', ambiguous: [0, 1] });
});

test('a syscall whose rules get lost stays so when another architecture refuses the rule', () => {
  const arg = (index: number, op: Argument['op'], value: bigint, valueTwo = 0n): Argument => ({
    index,
    op,
    value,
    valueTwo,
  });
  const upper = 0x8000_0000_0000_0000n;
  const rules: readonly Rule[] = [
    {
      names: ['time'],
      action: 'SCMP_ACT_TRAP',
      args: [
        arg(0, 'SCMP_CMP_LT', 0x1_0000_0005n),
        arg(1, 'SCMP_CMP_MASKED_EQ', 0x1_0000_0000n, 5n),
        arg(2, 'SCMP_CMP_EQ', 7n),
      ],
    },
    { names: ['time'], action: 'SCMP_ACT_ALLOW', args: [arg(1, 'SCMP_CMP_LE', upper)] },
    {
      names: ['time'],
      action: 'SCMP_ACT_LOG',
      args: [arg(0, 'SCMP_CMP_LT', 0x1_0000_0005n), arg(2, 'SCMP_CMP_MASKED_EQ', 0x1_0000_0000n, 5n)],
    },
  ];
  const evaluator = compileEvaluator(refusing(['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'], rules));
  expect(evaluator.conflicts).toEqual([{ rule: 2, name: 'time', architectures: ['SCMP_ARCH_X86'] }]);
  expect(evaluator.undefinedBehaviour).toEqual([{ architecture: 'SCMP_ARCH_X86_64', name: 'time' }]);
  expect(evaluator.evaluate('SCMP_ARCH_X86_64', 'time')?.ambiguous).toBeDefined();
});

test('an answer that is not ambiguous is that of every version that knows the syscall', () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.constantFrom('dense' as const, 'sparse' as const, 'ladder' as const, 'large' as const),
      fc.constantFrom('runc' as const, 'crun' as const, 'libseccomp' as const),
      fc.constantFrom('SCMP_ARCH_X86_64' as const, ...ARCHITECTURES),
      (seed, density, runtime, native) => {
        const random = new Random(seed);
        const profile = randomProfile(random, density, native);
        const questions = questionsAbout(random, profile, native, 60);
        const ofAny = compileEvaluator(profile, { runtime, native });
        const answers = questions.map(({ arch, syscall, args }) => ofAny.evaluate(arch, syscall, args));
        for (const libseccomp of LIBSECCOMP_VERSIONS) {
          const ofOne = compileEvaluator(profile, { runtime, native, libseccomp });
          for (const [i, { arch, syscall, args }] of questions.entries()) {
            if (typeof syscall === 'string' && syscallNumberIn(libseccomp, arch, syscall) === undefined) continue;
            const [any, one] = [answers[i], ofOne.evaluate(arch, syscall, args)];
            if (any?.ambiguous !== undefined || any?.rule === 'stub' || one?.rule === 'stub') continue;
            expect({ libseccomp, arch, syscall, args, ...outcome(any) }).toEqual({
              libseccomp,
              arch,
              syscall,
              args,
              ...outcome(one),
            });
          }
        }
      },
    ),
    { numRuns: runs(200) },
  );
});

function outcome(answer: Answer | undefined) {
  if (answer === undefined) return undefined;
  return actionOf(filterAction(answer.action, answer.errno ?? undefined));
}

test('of every syscall with ambiguous answers one such call is found, and of no other', () => {
  fc.assert(
    fc.property(
      plainProfiles(),
      fc.constantFrom('runc' as const, 'crun' as const, 'libseccomp' as const),
      fc.array(questionArguments, { minLength: 10, maxLength: 10 }),
      (profile, runtime, questions) => {
        const evaluator = compileEvaluator(profile, { runtime });
        const found = evaluator.uncertainCalls;
        for (const { architecture, name, args } of found)
          expect(evaluator.evaluate(architecture, name, args)?.ambiguous).toBeDefined();
        const known = found.map(({ architecture, name }) => `${architecture} ${name}`);
        for (const architecture of evaluator.architectures)
          for (const name of NAMES)
            for (const args of questions) {
              const { ambiguous } = evaluator.evaluate(architecture, name, args) ?? {};
              if (ambiguous !== undefined && !ambiguous.includes('stub'))
                expect(known).toContain(`${architecture} ${name}`);
            }
      },
    ),
    { numRuns: runs(300) },
  );
});
