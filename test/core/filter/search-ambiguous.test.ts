import fc from 'fast-check';
import { findCall } from '../../../src/core/filter/call-set.js';
import type { Comparison } from '../../../src/core/filter/comparison.js';
import { compileEvaluator } from '../../../src/core/filter/evaluate.js';
import type { PlacedComparison, StandingRule } from '../../../src/core/filter/filter-rules.js';
import { callsOfTwoActions } from '../../../src/core/filter/search-ambiguous.js';
import type { Argument, Rule } from '../../../src/core/profile/model.js';
import { runs } from '../../support/require.js';

const ALL = 0xffff_ffffn;
const placed = (comparison: Comparison): PlacedComparison => ({ ...comparison, key: '', upper: '' });
const rule = (index: number, action: number, ...comparisons: readonly Comparison[]): StandingRule => ({
  index,
  action,
  comparisons: comparisons.map(placed),
});

const comparisons = (argument: number): fc.Arbitrary<Comparison> =>
  fc.oneof(
    fc.bigInt(0n, 3n).map((datum) => ({ argument, operator: 'SCMP_CMP_EQ', mask: ALL, datum }) as const),
    fc.bigInt(0n, 3n).map((datum) => ({ argument, operator: 'SCMP_CMP_MASKED_EQ', mask: ALL, datum }) as const),
    fc
      .tuple(fc.bigInt(0n, 3n), fc.bigInt(0n, 3n))
      .map(([mask, datum]) => ({ argument, operator: 'SCMP_CMP_MASKED_EQ', mask, datum: datum & mask }) as const),
    fc
      .tuple(fc.constantFrom('SCMP_CMP_NE', 'SCMP_CMP_LT', 'SCMP_CMP_GT'), fc.bigInt(0n, 3n))
      .map(([operator, datum]) => ({ argument, operator, mask: ALL, datum }) as const),
  );

const ruleLists = fc.array(
  fc
    .tuple(fc.integer({ min: 1, max: 2 }), fc.subarray([0, 1, 2], { minLength: 1 }))
    .chain(([action, used]) =>
      fc.tuple(...used.map(comparisons)).map((each) => ({ action, comparisons: each as readonly Comparison[] })),
    ),
  { maxLength: 12 },
);

test('every two rules with different actions that a call may meet are found, and no others', () => {
  fc.assert(
    fc.property(ruleLists, (list) => {
      const rules = list.map((each, index) => rule(index, each.action, ...each.comparisons));
      const wanted: unknown[] = [];
      for (const [i, one] of rules.entries())
        for (const other of rules.slice(i + 1)) {
          if (one.action === other.action) continue;
          const search = findCall([{ must: [...one.comparisons, ...other.comparisons], avoid: [] }], 32);
          if (search.kind !== 'none') wanted.push(search);
        }
      expect([...callsOfTwoActions(rules, 32)]).toEqual(wanted);
    }),
    { numRuns: runs(500) },
  );
});

test('the search is given up, and says so, where the pairs are too many', () => {
  const rules = Array.from({ length: 2_000 }, (_, i) => {
    const isHigh = i % 2 === 1;
    const datum = BigInt(isHigh ? 1_000_000 + i : i);
    return rule(i, isHigh ? 1 : 2, { argument: 1, operator: isHigh ? 'SCMP_CMP_GT' : 'SCMP_CMP_LT', mask: ALL, datum });
  });
  expect([...callsOfTwoActions(rules, 32)]).toEqual([{ kind: 'unknown' }]);
});

describe('thousands of rules on one syscall', () => {
  const arg = (index: number, op: string, value: number, valueTwo = 0): Argument => ({
    index,
    op: `SCMP_CMP_${op}` as Argument['op'],
    value: BigInt(value),
    valueTwo: BigInt(valueTwo),
  });
  const allow = (...args: readonly Argument[]): Rule => ({ names: ['ioctl'], action: 'SCMP_ACT_ALLOW', args });
  const evaluator = (rules: readonly Rule[]) =>
    compileEvaluator(
      {
        defaultAction: 'SCMP_ACT_ERRNO',
        architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
        rules: [{ names: ['execve'], action: 'SCMP_ACT_ALLOW', args: [] }, ...rules],
      },
      { runtime: 'libseccomp' },
    );

  test('that differ in one number are answered, none of them ambiguous', () => {
    const { start, evaluate, ambiguousCalls } = bound(
      evaluator(Array.from({ length: 5_000 }, (_, i) => allow(arg(1, 'EQ', i * 7)))),
    );
    expect(start).toBe('starts');
    expect(ambiguousCalls).toEqual([]);
    expect(evaluate('SCMP_ARCH_X86_64', 'ioctl', [0n, 34_993n])).toMatchObject({
      action: 'SCMP_ACT_ALLOW',
      rule: 5_000,
    });
    expect(evaluate('SCMP_ARCH_X86_64', 'ioctl', [0n, 34_994n])).toMatchObject({ rule: 'default' });
  });

  test('with several conditions may all be ambiguous', () => {
    const { evaluate } = bound(
      evaluator(Array.from({ length: 3_000 }, (_, i) => allow(arg(0, 'EQ', i % 50), arg(1, 'EQ', i)))),
    );
    expect(evaluate('SCMP_ARCH_X86_64', 'ioctl', [1n, 2n])).toMatchObject({ rule: 'default', reason: 'near-miss' });
  });

  test('some of which say what a later one says are told for what they are', () => {
    const long = Array.from({ length: 3_000 }, (_, i) => allow(arg(1, 'MASKED_EQ', i + 1, 0), arg(2, 'EQ', i)));
    const { evaluate } = bound(evaluator([...long, allow(arg(2, 'EQ', 5))]));
    expect(evaluate('SCMP_ARCH_X86_64', 'ioctl', [0n, 7n, 5n])).toMatchObject({ reason: 'covered-rule', rule: 3_001 });
  });

  function bound(made: ReturnType<typeof evaluator>) {
    const evaluate: typeof made.evaluate = (...question) => made.evaluate(...question);
    return { start: made.start, ambiguousCalls: made.ambiguousCalls, evaluate };
  }
});
