import fc from 'fast-check';
import { AMBIGUITY_WORDS } from '../../../src/core/filter/ambiguity-words.js';
import { compileEvaluator } from '../../../src/core/filter/evaluate.js';
import type { EvaluationOptions, SyscallAnswer } from '../../../src/core/filter/evaluator.js';
import type { AmbiguityReason } from '../../../src/core/filter/hazard.js';
import { actionOf, filterAction } from '../../../src/core/profile/filter-action.js';
import type { Argument, Profile, Rule } from '../../../src/core/profile/model.js';
import type { Architecture } from '../../../src/core/syscalls/architectures.js';
import { ARCHITECTURES } from '../../../src/core/syscalls/architectures.js';
import { LIBSECCOMP_VERSIONS, syscallNumberIn } from '../../../src/core/syscalls/syscall-table.js';
import { questionsAbout, Random, randomProfile } from '../../kernel/evaluate/random-profile.js';
import { runs } from '../../support/require.js';
import { NAMES, plainProfiles, questionArguments } from '../profile/random-plain-profile.js';

// What libseccomp 2.5.1 to 2.6.1 return for these; random profiles are put to it in test/kernel.

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

const arg = (index: number, op: string, value: bigint, valueTwo = 0n): Argument => ({
  index,
  op: `SCMP_CMP_${op}` as Argument['op'],
  value,
  valueTwo,
});
const allow = (name: string, ...args: readonly Argument[]): Rule => ({ names: [name], action: 'SCMP_ACT_ALLOW', args });
const trap = (name: string, ...args: readonly Argument[]): Rule => ({ names: [name], action: 'SCMP_ACT_TRAP', args });
const low = (index: number, mask: bigint, datum: bigint) => arg(index, 'MASKED_EQ', mask, datum);

interface Example {
  readonly reason: AmbiguityReason;
  readonly rules: readonly Rule[];
  readonly architectures?: readonly Architecture[];
  readonly on?: Architecture;
  readonly name?: string;
  /** A call that is ambiguous, and one just outside of the class. */
  readonly inside: readonly bigint[];
  readonly outside: readonly bigint[];
  /** Rules just outside of the class, of which the first call is not ambiguous. */
  readonly tamer: readonly Rule[];
}

const BOTH = ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'] as const;
const anchor = always('execve');
const EXAMPLES: readonly Example[] = [
  {
    reason: 'overlap',
    rules: [anchor, allow('read', arg(0, 'EQ', 1n)), trap('read', arg(1, 'EQ', 2n))],
    inside: [1n, 2n],
    outside: [1n, 3n],
    tamer: [anchor, allow('read', arg(0, 'EQ', 1n)), allow('read', arg(1, 'EQ', 2n))],
  },
  {
    reason: 'mixed-conditions',
    rules: [anchor, allow('read', arg(0, 'NE', 5n)), allow('read', arg(1, 'NE', 1n), arg(0, 'NE', 7n))],
    inside: [5n, 1n],
    outside: [5n, 1n],
    tamer: [anchor, allow('read', arg(1, 'NE', 1n), arg(0, 'NE', 7n))],
  },
  {
    reason: 'upper-halves',
    rules: [anchor, allow('read', arg(0, 'LE', 0x1_0000_0001n)), allow('read', arg(0, 'LE', 0x7e02_0000n))],
    inside: [0x7e02_0001n],
    outside: [0x2_0000_0000n],
    tamer: [anchor, allow('read', arg(0, 'LE', 0x7fff_ffffn)), allow('read', arg(0, 'LE', 0x7e02_0000n))],
  },
  {
    reason: 'opposite',
    rules: [anchor, allow('read', arg(0, 'EQ', 2n), arg(2, 'EQ', 9n)), allow('read', arg(2, 'NE', 9n))],
    inside: [2n, 0n, 9n],
    outside: [3n, 0n, 9n],
    tamer: [anchor, trap('read', arg(0, 'EQ', 2n), arg(2, 'EQ', 9n)), allow('read', arg(2, 'NE', 9n))],
  },
  {
    reason: 'covered-rule',
    rules: [
      anchor,
      allow('read', arg(0, 'EQ', 7n), low(1, 7n, 0n)),
      allow('read', arg(0, 'EQ', 7n), low(1, 16n, 0n)),
      allow('read', low(1, 7n, 0n)),
    ],
    inside: [7n, 7n],
    outside: [7n, 8n],
    tamer: [anchor, allow('read', arg(0, 'EQ', 7n), low(1, 16n, 0n)), allow('read', low(1, 7n, 0n))],
  },
  {
    reason: 'shared-number',
    rules: [
      anchor,
      allow('kill', arg(0, 'GE', 8n)),
      allow('mmap', arg(0, 'GE', 8n)),
      allow('kill', arg(0, 'NE', 3n)),
      allow('mmap', arg(0, 'LT', 0x1_0000_0005n)),
    ],
    name: 'kill',
    inside: [3n],
    outside: [3n],
    tamer: [
      anchor,
      allow('kill', arg(0, 'GE', 8n)),
      allow('mmap', arg(0, 'GE', 9n)),
      allow('kill', arg(0, 'NE', 3n)),
      allow('mmap', arg(0, 'LT', 0x1_0000_0005n)),
    ],
  },
  {
    reason: 'near-miss',
    architectures: BOTH,
    rules: [
      anchor,
      allow('read', arg(1, 'EQ', 1n), arg(0, 'EQ', 0xffff_ffffn)),
      allow('read', arg(0, 'EQ', 1n)),
      allow('read', arg(0, 'EQ', 0x1_0000_0005n)),
    ],
    inside: [0xffff_ffffn, 0x1_0000_0001n],
    outside: [0xffff_ffffn, 3n],
    tamer: [
      anchor,
      allow('read', arg(1, 'EQ', 1n), arg(0, 'EQ', 0xffff_ffffn)),
      allow('read', arg(0, 'EQ', 1n)),
      allow('read', arg(0, 'EQ', 5n)),
    ],
  },
  {
    reason: 'foreign-name',
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_AARCH64'],
    rules: [allow('read', arg(0, 'EQ', 2n)), always('open')],
    on: 'SCMP_ARCH_AARCH64',
    inside: [2n],
    outside: [2n],
    tamer: [allow('read', arg(0, 'EQ', 2n)), always('openat')],
  },
  {
    reason: 'unforetold-rule',
    rules: [
      anchor,
      trap('read', arg(0, 'EQ', 3n), arg(1, 'EQ', 3n)),
      trap('read', arg(1, 'EQ', 3n)),
      allow('read', arg(0, 'EQ', 3n)),
    ],
    inside: [3n, 4n],
    outside: [3n, 4n],
    tamer: [anchor, trap('read', arg(1, 'EQ', 3n)), allow('read', arg(0, 'EQ', 3n))],
  },
];

describe('a class of ambiguous answers', () => {
  test.each(EXAMPLES)('$reason: its example is, and what is just outside is not', (example) => {
    const { reason, rules, architectures = ['SCMP_ARCH_X86_64'], on = 'SCMP_ARCH_X86_64', name = 'read' } = example;
    const ask = (of: readonly Rule[], args: readonly bigint[]) =>
      compileEvaluator(refusing(architectures, of), { runtime: 'libseccomp' }).evaluate(on, name, args);
    expect(ask(rules, example.inside)).toMatchObject({ reason });
    if (example.outside !== example.inside && example.outside.join() !== example.inside.join())
      expect(ask(rules, example.outside)?.reason).toBeUndefined();
    expect(ask(example.tamer, example.inside)?.reason).toBeUndefined();
  });

  test('each that depends on rules has an example', () => {
    const reasons = Object.keys(AMBIGUITY_WORDS).filter((reason) => reason !== 'stub');
    expect(EXAMPLES.map(({ reason }) => reason).sort()).toEqual(reasons.sort());
  });
});

test('of the ten profiles in docs/explanation/ambiguous-answers.md those that are called certain are', () => {
  const certain: readonly (readonly Rule[])[] = [
    [allow('read', arg(0, 'EQ', 1n)), allow('read', arg(0, 'EQ', 2n), arg(1, 'EQ', 3n))],
    [allow('read', arg(0, 'NE', 38n)), allow('read', arg(0, 'NE', 40n))],
    [allow('read', arg(0, 'LT', 38n)), allow('read', arg(0, 'EQ', 39n)), allow('read', arg(0, 'GT', 40n))],
    [allow('read', arg(1, 'NE', 1n), arg(0, 'NE', 7n))],
    [trap('read', arg(0, 'EQ', 2n), arg(2, 'EQ', 9n)), allow('read', arg(2, 'NE', 9n))],
  ];
  for (const rules of certain) {
    const evaluator = compileEvaluator(refusing(['SCMP_ARCH_X86_64'], [anchor, ...rules]));
    expect([evaluator.start, evaluator.ambiguousCalls]).toEqual(['starts', []]);
  }
  const foreign = refusing(
    ['SCMP_ARCH_X86_64', 'SCMP_ARCH_AARCH64'],
    [allow('read', arg(0, 'EQ', 2n)), always('open')],
  );
  expect(compileEvaluator(foreign).evaluate('SCMP_ARCH_X86_64', 'read', [2n])).toEqual(allowed);
});

test('what depends on a name that only newer versions know is certain once the version is given', () => {
  const newer = refusing(
    ['SCMP_ARCH_X86_64', 'SCMP_ARCH_AARCH64'],
    [allow('read', arg(0, 'EQ', 2n)), always('uretprobe')],
  );
  const ask = (options: EvaluationOptions) =>
    compileEvaluator(newer, { runtime: 'libseccomp', ...options }).evaluate('SCMP_ARCH_AARCH64', 'read', [2n]);
  expect(ask({ libseccomp: '2.5.4' })).toEqual({ ...allowed });
  expect(ask({})).toMatchObject({ reason: 'foreign-name', ambiguous: [0] });
});

describe('whether libseccomp takes the rules', () => {
  const start = (rules: readonly Rule[], architectures: readonly Architecture[] = ['SCMP_ARCH_X86_64']) => {
    const { start: foretold, conflicts } = compileEvaluator(refusing(architectures, rules));
    return [foretold, conflicts.map(({ rule }) => rule)];
  };

  test('it refuses the same conditions with another action, and those that begin an earlier rule', () => {
    const long = allow('read', arg(0, 'EQ', 1n), arg(1, 'EQ', 2n));
    expect(start([allow('read', arg(0, 'EQ', 1n)), trap('read', arg(0, 'EQ', 1n))])).toEqual(['refused', [1]]);
    expect(start([long, trap('read', arg(1, 'EQ', 2n), arg(0, 'EQ', 1n))])).toEqual(['refused', [1]]);
    expect(start([long, trap('read', arg(0, 'EQ', 1n))])).toEqual(['refused', [1]]);
    expect(start([long, trap('read', arg(1, 'EQ', 2n))])).toEqual(['starts', []]);
    expect(start([trap('read', arg(0, 'EQ', 1n)), long])).toEqual(['starts', []]);
  });

  test('of two rules without conditions the first wins, but where a multiplexer carries the call the second is refused', () => {
    const rules = [always('sendmsg'), trap('sendmsg')];
    expect(start(rules)).toEqual(['starts', []]);
    expect(start(rules, BOTH)).toEqual(['refused', [1]]);
  });

  test('of several conditions that are not all equalities it is not foretold, nor beside the opposite of a comparison', () => {
    expect(start([allow('read', arg(0, 'NE', 5n)), allow('read', arg(1, 'NE', 1n), arg(0, 'NE', 7n))])).toEqual([
      'not foretold',
      [],
    ]);
    expect(
      start([trap('read', arg(0, 'LT', 1n)), allow('read', arg(0, 'GE', 1n)), trap('read', arg(0, 'GE', 1n))])[0],
    ).toBe('not foretold');
  });

  test('it refuses an errno above 4094', () => {
    const rule: Rule = { names: ['read'], action: 'SCMP_ACT_ERRNO', errnoRet: 4095, args: [] };
    expect(start([rule])).toEqual(['refused', []]);
    expect(start([{ ...rule, errnoRet: 4094 }])).toEqual(['starts', []]);
  });
});

test('a rule whose masks are all 0 has no conditions, on an architecture that looks at no more', () => {
  const profile = refusing(BOTH, [anchor, trap('mkdir', low(1, 0xffff_ffff_0000_0000n, 0n)), always('mkdir')]);
  const ask = (architecture: Architecture) =>
    compileEvaluator(profile, { runtime: 'libseccomp' }).evaluate(architecture, 'mkdir', [0n, 0n]);
  expect(ask('SCMP_ARCH_X86_64')).toEqual({ ...allowed, rule: 2 });
  expect(ask('SCMP_ARCH_X86')).toEqual({ action: 'SCMP_ACT_TRAP', errno: null, rule: 1 });
});

test('a rule on a syscall that only newer versions know is not ambiguous for that syscall', () => {
  const newer = refusing(['SCMP_ARCH_X86_64'], [allow('mseal', arg(0, 'EQ', 2n))]);
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

function outcome(answer: SyscallAnswer | undefined) {
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
        const found = evaluator.ambiguousCalls;
        for (const { architecture, name, args } of found)
          expect(evaluator.evaluate(architecture, name, args)?.reason).toBeDefined();
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
