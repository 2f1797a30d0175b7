import fc from 'fast-check';
import { decisionsOf } from '../../src/seccomp/compare-decisions.js';
import { comparisonHolds } from '../../src/seccomp/comparison-holds.js';
import { compileEvaluator } from '../../src/seccomp/evaluate.js';
import { filterAction } from '../../src/seccomp/filter-action.js';
import type { Argument, Profile } from '../../src/seccomp/model.js';
import { settledDecisionsOf } from '../../src/seccomp/settled-decisions.js';
import { runs } from '../support/require.js';
import { plainProfiles, questionArguments } from './random-plain-profile.js';

const allowing = (...conditions: readonly (readonly [Argument['op'], bigint])[]): Profile => ({
  defaultAction: 'SCMP_ACT_ERRNO',
  rules: conditions.map(([op, value]) => ({
    names: ['socket'],
    action: 'SCMP_ACT_ALLOW',
    args: [{ index: 0, value, valueTwo: 0n, op }],
  })),
});

test.each([
  [
    "containerd's three rules on socket",
    allowing(['SCMP_CMP_LT', 38n], ['SCMP_CMP_EQ', 39n], ['SCMP_CMP_GT', 40n]),
    true,
  ],
  ['two that leave a hole', allowing(['SCMP_CMP_LE', 4294967297n], ['SCMP_CMP_LE', 2114060288n]), false],
])('%s: certain or not', (_, profile, certain) => {
  expect(decisionsOf(profile, 'SCMP_ARCH_X86_64').byName.get('socket')).toMatchObject({ certain: false });
  expect(settledDecisionsOf(profile, 'SCMP_ARCH_X86_64').byName.get('socket')).toMatchObject({ certain });
});

test('what is certain is what the filter does, whatever the arguments', () => {
  let settled = 0;
  fc.assert(
    fc.property(
      plainProfiles(),
      fc.array(questionArguments, { minLength: 20, maxLength: 20 }),
      (profile, questions) => {
        const evaluator = compileEvaluator(profile, { runtime: 'libseccomp' });
        if (evaluator.conflicts.length > 0) return;
        for (const architecture of ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'] as const) {
          if (!evaluator.architectures.includes(architecture)) continue;
          const before = decisionsOf(profile, architecture);
          const { byName, bits } = settledDecisionsOf(profile, architecture);
          for (const [name, decision] of byName) {
            const was = before.byName.get(name);
            if (decision.kind === 'always' || !decision.certain || (was?.kind === 'when' && was.certain)) continue;
            settled += 1;
            for (const args of questions) {
              const answer = evaluator.evaluate(architecture, name, args);
              if (answer === undefined) throw new Error(`${architecture} has no ${name}`);
              const met = decision.rules.filter(({ when }) => when.every((each) => comparisonHolds(each, args, bits)));
              const outcomes = met.length === 0 ? [decision.otherwise] : met.map(({ outcome }) => outcome);
              expect(outcomes.map(({ action, errno }) => filterAction(action, errno))).toContain(
                filterAction(answer.action, answer.errno ?? undefined),
              );
            }
          }
        }
      },
    ),
    { numRuns: runs(200) },
  );
  expect(settled).toBeGreaterThan(20);
});
