import fc from 'fast-check';
import { isWithin } from '../../../src/core/compare/ceiling.js';
import { compileEvaluator } from '../../../src/core/filter/evaluate.js';
import { plainProfile } from '../../../src/core/outcomes/node-target.js';
import type { Action, Argument, Profile } from '../../../src/core/profile/model.js';
import { runtimeDefault } from '../../../src/core/profile/runtime-default.js';
import { runs } from '../../support/require.js';
import { NAMES, plainProfiles, questionArguments } from '../profile/random-plain-profile.js';

const NODE = { architecture: 'SCMP_ARCH_X86_64', capabilities: [], kernel: '6.18' } as const;
const containerd = plainProfile(runtimeDefault('containerd'), NODE);

function strict(action: Action, names: readonly string[], ...args: readonly Argument[]): Profile {
  return { defaultAction: 'SCMP_ACT_ERRNO', rules: [{ names, action, args }] };
}

const LOW = 0xffffffffn;
const family = (value: bigint): Argument => ({ index: 0, value: LOW, valueTwo: value, op: 'SCMP_CMP_MASKED_EQ' });
const exactly = (value: bigint): Argument => ({ index: 0, value, valueTwo: 0n, op: 'SCMP_CMP_EQ' });

describe('whether a profile is within another one', () => {
  test.each<readonly [string, Profile, Profile, boolean]>([
    ['fewer names', strict('SCMP_ACT_ALLOW', ['read']), containerd, true],
    ['one name more', strict('SCMP_ACT_ALLOW', ['read', 'mount']), containerd, false],
    ['a family that the other allows', strict('SCMP_ACT_ALLOW', ['socket'], family(2n)), containerd, true],
    ['the same family compared in 64 bits', strict('SCMP_ACT_ALLOW', ['socket'], exactly(2n)), containerd, true],
    ['a family that the other refuses', strict('SCMP_ACT_ALLOW', ['socket'], family(40n)), containerd, false],
    ['the whole syscall where the other has conditions', strict('SCMP_ACT_ALLOW', ['clone']), containerd, false],
    ['logged calls count as allowed', strict('SCMP_ACT_LOG', ['mount']), containerd, false],
    ['a listener may let it through', strict('SCMP_ACT_NOTIFY', ['mount']), containerd, false],
    [
      'a listener of the other may refuse',
      strict('SCMP_ACT_ALLOW', ['read']),
      strict('SCMP_ACT_NOTIFY', ['read']),
      false,
    ],
    [
      'an ABI more',
      { ...strict('SCMP_ACT_ALLOW', ['read']), architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'] },
      strict('SCMP_ACT_ALLOW', ['read']),
      false,
    ],
    ['an ABI less', strict('SCMP_ACT_ALLOW', ['read']), containerd, true],
    ['a default that allows', { defaultAction: 'SCMP_ACT_ALLOW', rules: [] }, containerd, false],
    ['a name that no table has', strict('SCMP_ACT_ALLOW', ['brand_new']), containerd, false],
    ['itself', containerd, containerd, true],
    ["Docker's conditions are not resolved", runtimeDefault('containerd'), containerd, false],
  ])('%s', (_, a, b, expected) => {
    expect(isWithin(a, b)).toBe(expected);
  });

  test('yes is never wrong: whatever the one lets through, the other does', () => {
    let within = 0;
    fc.assert(
      fc.property(
        plainProfiles(),
        plainProfiles(),
        fc.boolean(),
        fc.array(questionArguments, { minLength: 12, maxLength: 12 }),
        (first, other, related, questions) => {
          // Half of the pairs share their rules, or hardly any would be within.
          const second: Profile = related
            ? {
                ...other,
                architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
                rules: [
                  ...first.rules.filter((rule) => rule.action === 'SCMP_ACT_ALLOW'),
                  ...other.rules.filter((rule) => rule.action === 'SCMP_ACT_ALLOW'),
                ],
              }
            : other;
          if (!isWithin(first, second)) return;
          within += 1;
          for (const runtime of ['runc', 'crun'] as const) {
            const [a, b] = [first, second].map((profile) => compileEvaluator(profile, { runtime }));
            for (const architecture of a?.architectures ?? []) {
              for (const name of [...NAMES, 'write']) {
                for (const args of questions) {
                  const action = a?.evaluate(architecture, name, args)?.action;
                  if (action === undefined || !/ALLOW|LOG|TRACE|NOTIFY/.test(action)) continue;
                  expect([architecture, name, args, b?.evaluate(architecture, name, args)?.action]).toEqual([
                    architecture,
                    name,
                    args,
                    expect.stringMatching(/ALLOW|LOG/),
                  ]);
                }
              }
            }
          }
        },
      ),
      { numRuns: runs(400) },
    );
    expect(within).toBeGreaterThan(runs(400) / 40);
  });
});
