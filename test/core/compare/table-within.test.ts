import fc from 'fast-check';
import { comparable } from '../../../src/core/compare/comparable.js';
import { isComparableWithin } from '../../../src/core/compare/within.js';
import { compileProfile } from '../../../src/core/compile/compile.js';
import { compileEvaluator } from '../../../src/core/filter/evaluate.js';
import type { Argument, Profile, Rule } from '../../../src/core/profile/model.js';
import { runs } from '../../support/require.js';

const NAMES = ['socket', 'ptrace', 'mkdir', 'reboot'];
const VALUES = [0n, 1n, 2n, 3n, 0xffffffffn];
const argument: fc.Arbitrary<Argument> = fc.record({
  index: fc.constantFrom(0, 1),
  value: fc.constantFrom(...VALUES),
  valueTwo: fc.constantFrom(...VALUES),
  op: fc.constantFrom<Argument['op']>('SCMP_CMP_EQ', 'SCMP_CMP_MASKED_EQ', 'SCMP_CMP_LT', 'SCMP_CMP_GT', 'SCMP_CMP_NE'),
});
const rule: fc.Arbitrary<Rule> = fc.record({
  names: fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 2 }),
  action: fc.constantFrom<Rule['action']>('SCMP_ACT_ALLOW', 'SCMP_ACT_ALLOW', 'SCMP_ACT_ERRNO', 'SCMP_ACT_TRAP'),
  args: fc.array(argument, { maxLength: 2 }),
});
const profile: fc.Arbitrary<Profile> = fc.record({
  defaultAction: fc.constantFrom<Profile['defaultAction']>('SCMP_ACT_ERRNO', 'SCMP_ACT_ALLOW'),
  rules: fc.array(rule, { maxLength: 5 }),
});

test('when one profile is within another, no call tells otherwise', () => {
  let within = 0;
  fc.assert(
    fc.property(profile, profile, (a, b) => {
      // Half of the pairs are made so that the answer is often yes.
      const wider: Profile = {
        ...b,
        rules: [...a.rules.filter(({ action }) => action === 'SCMP_ACT_ALLOW'), ...b.rules],
      };
      for (const [one, other] of [
        [a, b],
        [a, wider],
        [a, a],
      ] as const) {
        if (!isComparableWithin(comparable(one), comparable(other))) continue;
        within += 1;
        const where = { architecture: 'SCMP_ARCH_X86_64', capabilities: [], kernel: '6.18' } as const;
        const [left, right] = [one, other].map((each) => compileProfile(each, where).profile);
        if (left === undefined || right === undefined) throw new Error('within, and not compiled');
        const [inner, outer] = [left, right].map((each) => compileEvaluator(each, { runtime: 'libseccomp' }));
        for (const name of [...NAMES, 'swapon']) {
          for (const x of VALUES) {
            for (const y of VALUES) {
              const allowed = inner?.evaluate('SCMP_ARCH_X86_64', name, [x, y]);
              const limit = outer?.evaluate('SCMP_ARCH_X86_64', name, [x, y]);
              if (allowed?.ambiguous !== undefined || limit?.ambiguous !== undefined) continue;
              if (allowed?.action === 'SCMP_ACT_ALLOW' && limit?.action !== 'SCMP_ACT_ALLOW') {
                throw new Error(
                  `${name}(${x}, ${y}) is allowed by the inner one and gets ${limit?.action} by the outer`,
                );
              }
            }
          }
        }
      }
    }),
    { numRuns: runs(200) },
  );
  expect(within).toBeGreaterThan(40);
});

test('rules too many to be compared while somebody waits are not said to be within others', () => {
  const differingFrom = (count: number, first: number): Profile => ({
    defaultAction: 'SCMP_ACT_ERRNO',
    rules: Array.from({ length: count }, (_, index) => ({
      names: ['personality'],
      action: 'SCMP_ACT_ALLOW',
      args: [{ index: 0, value: BigInt(2 * index + first), valueTwo: 0n, op: 'SCMP_CMP_NE' }],
    })),
  });
  const isWithin = (count: number): boolean =>
    isComparableWithin(comparable(differingFrom(count, 0)), comparable(differingFrom(count, 1)));
  expect(isWithin(60)).toBe(true);
  expect(isWithin(1_500)).toBe(false);
});
