import { isLetThrough } from '../../../compile/verdicts.js';
import type { Argument } from '../../../profile/model.js';
import { isFieldMask, isFlagArgument } from '../../../syscalls/flag-arguments.js';
import { argumentBits, isPointer } from '../../../syscalls/syscall-arguments.js';
import { listed } from '../../../text/words.js';
import { masked, refuseAllBut } from '../../subject/example-profile.js';
import type { LintFinding, LintRule } from '../../subject/lint-rule.js';
import type { LintSubject } from '../../subject/lint-subject.js';
import { everyRule } from './every-rule.js';
import { flagByFlag, maskedEqual } from './masked-advice.js';

export const sp062UncomparedBits: LintRule = {
  id: 'SP062',
  severity: 'error',
  title: 'A masked comparison that compares less than it says',
  why: 'SCMP_CMP_MASKED_EQ has its mask in "value" and what to compare with in "valueTwo". libseccomp drops a mask of 0, so the condition always holds, and drops the bits of "valueTwo" that are not in the mask, so calls match that do not have them. Without "valueTwo", or with 0, a refusal is of calls that have none of the bits.',
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
  for (const { rule, path, outcome } of everyRule(subject))
    for (const [i, arg] of rule.args.entries()) {
      const { index, op, value, valueTwo } = arg;
      if (op !== 'SCMP_CMP_MASKED_EQ' || rule.names.length === 0) continue;
      const place = `${path}.args[${i}]`;
      const stray = valueTwo & ~value;
      if (value === 0n)
        yield {
          path: place,
          message: `the mask ("value") is 0, which compares nothing of argument ${index}: this condition holds for every call of ${listed(rule.names)}`,
          advice:
            valueTwo === 0n
              ? 'Give the mask as "value", or remove the condition.'
              : maskForValue(subject, rule.names, arg, isLetThrough(outcome)),
        };
      else if (stray !== 0n)
        yield {
          path: place,
          message: `"valueTwo" has bits outside the mask ("value"), which are not compared: 0x${stray.toString(16)}; of argument ${index} of ${listed(rule.names)} it is only asked whether & 0x${value.toString(16)} is 0x${(value & valueTwo).toString(16)}`,
          advice: `Write "value": ${value | valueTwo} to compare them, too, or "valueTwo": ${value & valueTwo} for what is compared now.`,
        };
      else if (valueTwo === 0n && !isLetThrough(outcome)) {
        const isSaid = subject.parsed.has(`${place}.valueTwo`);
        const names = rule.names.filter((name) => turnsRound(subject, name, arg, isSaid));
        if (names.length > 0)
          yield {
            path: place,
            ...(isSaid ? { severity: 'warning' as const } : {}),
            message: `"valueTwo" is ${isSaid ? '' : 'missing, which makes it '}0: this rule refuses the calls of ${listed(names)} without any bit of 0x${value.toString(16)} in argument ${index}, and leaves alone those that have them`,
            advice: maskForValue(subject, names, { ...arg, value: 0n, valueTwo: value }, false),
          };
      }
    }
}

/** Where 0 stands for the mask, what "valueTwo" is meant to be compared with is one of three things. */
function maskForValue(
  { native }: LintSubject,
  names: readonly string[],
  { index, valueTwo }: Argument,
  passes: boolean,
): string {
  const bits = Math.min(...names.map((name) => argumentBits(native, name, index)));
  const kept = (1n << BigInt(bits)) - 1n;
  if (!names.some((name) => isFlagArgument(native, name, index))) return `Write ${maskedEqual(kept, valueTwo & kept)}.`;
  if (passes || hasManyBits(valueTwo))
    return `"value" and "valueTwo" seem to be swapped: write "value": ${valueTwo}, "valueTwo": 0.`;
  return `To refuse calls with these flags write "value": ${valueTwo}, "valueTwo": ${valueTwo}${flagByFlag(valueTwo, valueTwo)}.`;
}

/** Whether the rule reads as if it refused what it leaves alone. To refuse a field of 0, such as an access mode, or the value 0 is sound. */
function turnsRound({ native }: LintSubject, name: string, { index, value }: Argument, isSaid: boolean): boolean {
  if (isFieldMask(native, name, index, value) || hasManyBits(value)) return false;
  if (isFlagArgument(native, name, index)) return true;
  return !isSaid && !isPointer(name, index);
}

/** As a mask has that leaves out small values, or nothing. */
function hasManyBits(mask: bigint): boolean {
  return mask.toString(2).replaceAll('0', '').length > 16;
}
