import { listed } from '../../../text/words.js';
import { masked, refuseAllBut } from '../../subject/example-profile.js';
import type { LintFinding, LintRule } from '../../subject/lint-rule.js';
import type { LintSubject } from '../../subject/lint-subject.js';
import { everyRule } from './every-rule.js';

export const sp062UncomparedBits: LintRule = {
  id: 'SP062',
  severity: 'error',
  title: 'A masked comparison that compares less than it says',
  why: 'SCMP_CMP_MASKED_EQ has its mask in "value" and what to compare with in "valueTwo". libseccomp drops a mask of 0, so the condition always holds, and drops the bits of "valueTwo" that are not in the mask, so calls match that do not have them.',
  fix: 'Write the mask as "value" and the bits of it that must be set as "valueTwo".',
  failing: {
    text: refuseAllBut([{ names: ['access'], action: 'SCMP_ACT_ALLOW', args: [masked(1, 0, 0xfffffffa)] }]),
  },
  passing: {
    text: refuseAllBut([{ names: ['access'], action: 'SCMP_ACT_ALLOW', args: [masked(1, 0xfffffffa, 0)] }]),
  },
  check: uncompared,
};

function* uncompared(subject: LintSubject): Iterable<LintFinding> {
  for (const { rule, path } of everyRule(subject))
    for (const [i, { index, op, value, valueTwo }] of rule.args.entries()) {
      if (op !== 'SCMP_CMP_MASKED_EQ' || rule.names.length === 0) continue;
      const stray = valueTwo & ~value;
      if (value === 0n)
        yield {
          path: `${path}.args[${i}]`,
          message: `the mask ("value") is 0, which compares nothing of argument ${index}: this condition holds for every call of ${listed(rule.names)}`,
          advice:
            valueTwo === 0n
              ? 'Give the mask as "value", or remove the condition.'
              : `"value" and "valueTwo" seem to be swapped: write "value": ${valueTwo}, "valueTwo": 0.`,
        };
      else if (stray !== 0n)
        yield {
          path: `${path}.args[${i}]`,
          message: `"valueTwo" has bits outside the mask ("value"), which are not compared: 0x${stray.toString(16)}; of argument ${index} of ${listed(rule.names)} it is only asked whether & 0x${value.toString(16)} is 0x${(value & valueTwo).toString(16)}`,
          advice: `Write "value": ${value | valueTwo} to compare them, too, or "valueTwo": ${value & valueTwo} for what is compared now.`,
        };
    }
}
