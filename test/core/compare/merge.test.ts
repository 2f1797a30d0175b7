import fc from 'fast-check';
import { mergeProfiles } from '../../../src/core/compare/merge.js';
import { compileEvaluator } from '../../../src/core/filter/evaluate.js';
import type { Evaluator } from '../../../src/core/filter/evaluator.js';
import type { Argument, Profile, Rule } from '../../../src/core/profile/model.js';
import { printOci } from '../../../src/core/profile/print/print-oci.js';
import { runtimeDefaultByFamily } from '../../../src/core/profile/runtime-default.js';
import type { Architecture } from '../../../src/core/syscalls/architectures.js';
import { syscallNames } from '../../../src/core/syscalls/syscall-table.js';
import { runs } from '../../support/require.js';
import { NAMES, plainProfiles, questionArguments } from '../profile/random-plain-profile.js';

const NODE = { architecture: 'SCMP_ARCH_X86_64', capabilities: [], kernel: '6.18' } as const;

function allow(names: readonly string[], ...args: readonly Argument[]): Rule {
  return { names, action: 'SCMP_ACT_ALLOW', args };
}

function equals(index: number, value: bigint): Argument {
  return { index, value, valueTwo: 0n, op: 'SCMP_CMP_EQ' };
}

function masked(index: number, mask: bigint, datum: bigint): Argument {
  return { index, value: mask, valueTwo: datum, op: 'SCMP_CMP_MASKED_EQ' };
}

function strict(...rules: readonly Rule[]): Profile {
  return { defaultAction: 'SCMP_ACT_ERRNO', rules };
}

function passes(evaluator: Evaluator, architecture: Architecture, syscall: string, args: readonly bigint[]): boolean {
  const action = evaluator.evaluate(architecture, syscall, args)?.action;
  return action === 'SCMP_ACT_ALLOW' || action === 'SCMP_ACT_LOG';
}

describe('merging profiles', () => {
  test('alternatives of a union stay rules of their own', () => {
    const a = strict(allow(['read']), allow(['socket'], equals(0, 1n)));
    const b = strict(allow(['write']), allow(['socket'], equals(0, 2n)));
    const { profile, problems } = mergeProfiles([a, b], 'union', NODE);
    expect(problems).toEqual([]);
    expect(profile?.rules).toEqual([
      allow(['read', 'write']),
      allow(['socket'], equals(0, 1n)),
      allow(['socket'], equals(0, 2n)),
    ]);
  });

  test('where only a name of other architectures has no conditions, a harmless refusal keeps libseccomp from ignoring the rest', () => {
    const family = allow(['socket'], { index: 0, value: 16n, valueTwo: 0n, op: 'SCMP_CMP_NE' });
    const a = { ...strict(allow(['read', 'socketcall']), family), defaultErrnoRet: 38 };
    for (const defaultErrnoRet of [1, 38]) {
      const b = { ...strict(allow(['socket', 'socketcall'])), defaultErrnoRet };
      const { profile, problems } = mergeProfiles([a, b], 'intersection', NODE);
      expect(problems).toEqual([]);
      expect(profile?.rules).toContainEqual(family);
      expect(profile?.rules.find(({ names }) => names.includes('nfsservctl'))).toMatchObject({
        action: 'SCMP_ACT_ERRNO',
        errnoRet: profile?.defaultErrnoRet === 38 ? 1 : 38,
      });
    }
  });

  test('an intersection joins conditions on one argument into one', () => {
    const a = strict(allow(['clone'], masked(0, 0x10000000n, 0n)), allow(['read']));
    const b = strict(allow(['clone'], masked(0, 0x20000000n, 0n), equals(1, 0n)), allow(['write']));
    const { profile, problems } = mergeProfiles([a, b], 'intersection', NODE);
    expect(problems).toEqual([]);
    expect(profile?.rules).toEqual([allow(['clone'], masked(0, 0x30000000n, 0n), equals(1, 0n))]);
  });

  test('a profile that refuses some calls meets one that allows some', () => {
    const a: Profile = {
      defaultAction: 'SCMP_ACT_ALLOW',
      rules: [{ names: ['clone', 'bpf'], action: 'SCMP_ACT_ERRNO', args: [] }],
    };
    const b = strict(allow(['clone'], masked(0, 0x10000000n, 0n)), allow(['read']));
    const union = mergeProfiles([a, b], 'union', NODE).profile;
    expect(union?.defaultAction).toBe('SCMP_ACT_ALLOW');
    expect(union?.rules).toEqual([
      { names: ['bpf'], action: 'SCMP_ACT_ERRNO', errnoRet: 1, args: [] },
      { names: ['clone'], action: 'SCMP_ACT_ERRNO', errnoRet: 1, args: [masked(0, 0x10000000n, 0x10000000n)] },
    ]);
    const intersection = mergeProfiles([a, b], 'intersection', NODE).profile;
    expect(intersection?.defaultAction).toBe('SCMP_ACT_ERRNO');
    expect(intersection?.rules).toEqual([allow(['read'])]);
  });

  test('an ABI that not all profiles have is left out, with a warning', () => {
    const a = { ...strict(allow(['read'])), architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'] };
    const b = { ...strict(allow(['write'])), architectures: ['SCMP_ARCH_X86_64'] };
    const { profile, problems } = mergeProfiles([a, b], 'union', NODE);
    expect(profile?.architectures).toEqual(['SCMP_ARCH_X86_64']);
    expect(problems).toMatchInlineSnapshot(`
[
  {
    "advice": "Give all profiles the same "architectures".",
    "code": "PM05",
    "message": "SCMP_ARCH_X86 left out of the result, calls of that ABI are killed: not all of the profiles have it",
    "severity": "warning",
  },
]
`);
  });

  test('what no rules can say is refused, not rounded', () => {
    const between = (index: number, op: Argument['op'], value: bigint): Argument => ({
      index,
      value,
      valueTwo: 0n,
      op,
    });
    const a = strict(allow(['socket'], between(0, 'SCMP_CMP_GE', 3n)));
    const b = strict(allow(['socket'], between(0, 'SCMP_CMP_NE', 40n)));
    const { profile, problems } = mergeProfiles([a, b], 'intersection', NODE);
    expect(profile).toBeUndefined();
    expect(problems).toMatchInlineSnapshot(`
[
  {
    "advice": "Write its conditions with SCMP_CMP_EQ or SCMP_CMP_MASKED_EQ under the mask 0xffffffff, or allow or refuse it whole in one of the profiles.",
    "code": "PM04",
    "message": "the argument rules on socket cannot be merged exactly: no rules say it",
    "severity": "error",
  },
]
`);
  });

  test('a profile of which libseccomp may forget the rules is not merged into one of which it does not', () => {
    // On x86_64 beside x86 the rule on ipc, which only x86 has, is the only one without conditions: clone can get the default.
    const abis = ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'];
    const forgetful = { ...strict(allow(['clone'], equals(0, 0n)), allow(['ipc'])), architectures: abis };
    const source = compileEvaluator(forgetful, { runtime: 'libseccomp' });
    expect(source.evaluate('SCMP_ARCH_X86_64', 'clone', [0n])?.reason).toBe('foreign-name');
    const { profile, problems } = mergeProfiles([forgetful, strict()], 'union', NODE);
    expect(profile).toBeUndefined();
    expect(problems.filter(({ severity }) => severity === 'error').map(({ code }) => code)).toEqual(['PM04']);
  });

  test('what the profiles themselves say merges, however many names they have and on whatever architecture', () => {
    const netlink: readonly Rule[] = [
      { names: ['socket'], action: 'SCMP_ACT_ERRNO', errnoRet: 22, args: [equals(0, 16n), equals(2, 9n)] },
      { names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [{ index: 2, value: 9n, valueTwo: 0n, op: 'SCMP_CMP_NE' }] },
      {
        names: ['socket'],
        action: 'SCMP_ACT_ALLOW',
        args: [{ index: 0, value: 16n, valueTwo: 0n, op: 'SCMP_CMP_NE' }],
      },
    ];
    const refusedNames = syscallNames('SCMP_ARCH_X86_64').slice(200, 235);
    const both = { architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'] };
    const base: Profile = { defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 38, rules: [] };
    const filtered: Profile = {
      ...base,
      rules: [...netlink, { names: refusedNames, action: 'SCMP_ACT_ERRNO', errnoRet: 1, args: [] }],
    };
    for (const [one, other] of [
      [filtered, { ...base, rules: [allow(['socket'])] }],
      [
        { ...filtered, ...both },
        { ...base, ...both, rules: [allow(['read']), ...netlink] },
      ],
    ] satisfies readonly (readonly [Profile, Profile])[]) {
      const { profile, problems } = mergeProfiles([one, other], 'intersection', NODE);
      expect(problems).toEqual([]);
      const merged = compileEvaluator(profile ?? strict(), { runtime: 'libseccomp' });
      for (const architecture of merged.architectures) {
        expect(passes(merged, architecture, 'socket', [16n, 3n, 9n])).toBe(false);
        expect(passes(merged, architecture, 'socket', [16n, 3n, 0n])).toBe(true);
        expect(passes(merged, architecture, 'socket', [2n, 1n, 9n])).toBe(true);
      }
    }
  });

  test('the runtime defaults merge both ways, and with themselves to what they are', () => {
    const both = [runtimeDefaultByFamily('containerd'), runtimeDefaultByFamily('crio')];
    for (const mode of ['union', 'intersection'] as const) {
      const { profile, problems } = mergeProfiles(both, mode, NODE);
      expect(problems.filter((problem) => problem.severity === 'error')).toEqual([]);
      const merged = compileEvaluator(profile ?? strict(), { runtime: 'libseccomp' });
      expect(passes(merged, 'SCMP_ARCH_X86_64', 'mount', [])).toBe(mode === 'union');
      expect(passes(merged, 'SCMP_ARCH_X86_64', 'socket', [2n, 1n, 0n])).toBe(true);
      expect(passes(merged, 'SCMP_ARCH_X86_64', 'socket', [40n, 1n, 0n])).toBe(false);
    }
  });

  describe.each(['union', 'intersection'] as const)('%s of random profiles', (mode) => {
    test.each([
      ['equalities only', true, 0.35],
      ['all operators', false, 0.75],
    ])('is never wider and never narrower: %s', (_, safeOnly, mostRefused) => {
      let refused = 0;
      let tried = 0;
      fc.assert(
        fc.property(
          fc.array(plainProfiles({ safeOnly }), { minLength: 2, maxLength: 3 }),
          fc.array(questionArguments, { minLength: 12, maxLength: 12 }),
          (profiles, questions) => {
            const sources = profiles.map((profile) => compileEvaluator(profile, { runtime: 'libseccomp' }));
            if (sources.some((source) => source.conflicts.length > 0)) return;
            tried += 1;
            const { profile } = mergeProfiles(profiles, mode, NODE);
            if (profile === undefined) {
              refused += 1;
              return;
            }
            expect(printOci(profile)).toBe(
              printOci(mergeProfiles([...profiles].reverse(), mode, NODE).profile ?? strict()),
            );
            const merged = compileEvaluator(profile, { runtime: 'libseccomp' });
            expect(merged.conflicts).toEqual([]);
            for (const architecture of merged.architectures) {
              for (const name of [...NAMES, 'write']) {
                for (const args of questions) {
                  if (merged.evaluate(architecture, name, args) === undefined) continue;
                  const answers = sources.map((source) => passes(source, architecture, name, args));
                  const wanted = mode === 'union' ? answers.includes(true) : !answers.includes(false);
                  expect([architecture, name, args, passes(merged, architecture, name, args)]).toEqual([
                    architecture,
                    name,
                    args,
                    wanted,
                  ]);
                }
              }
            }
          },
        ),
        { numRuns: runs(150) },
      );
      expect(refused / tried).toBeLessThan(mostRefused);
    });
  });
});
