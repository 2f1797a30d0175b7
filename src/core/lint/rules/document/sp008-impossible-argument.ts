import { isLetThrough, sameOutcome } from '../../../compile/verdicts.js';
import { widest } from '../../../filter/comparison.js';
import { argumentInWords } from '../../../outcomes/outcome-in-words.js';
import type { Argument } from '../../../profile/model.js';
import { FILTER_ARCHITECTURES } from '../../../syscalls/filter-architecture.js';
import { syscallNumber } from '../../../syscalls/syscall-table.js';
import { listed } from '../../../text/words.js';
import { allowAllBut, refuse } from '../../subject/example-profile.js';
import type { LintFinding, LintRule } from '../../subject/lint-rule.js';
import type { LintSubject } from '../../subject/lint-subject.js';

export const sp008ImpossibleArgument: LintRule = {
  id: 'SP008',
  severity: 'error',
  title: 'A condition on an argument cannot be met',
  why: 'Arguments are counted from 0 to 5, and values are unsigned numbers of 64 bits. runc refuses anything else; crun takes some of it and means another number. Of a larger value than 32 bits hold, filters of 32-bit ABIs and x32 compare the low half: they let calls through, or refuse them, that are not meant.',
  fix: 'Write the index of the argument, and the value as a decimal number.',
  failing: { text: allowAllBut([refuse(['keyctl'], { args: [{ index: 6, value: -1, op: 'SCMP_CMP_EQ' }] })]) },
  passing: { text: allowAllBut([refuse(['keyctl'], { args: [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }] })]) },
  check: cutValues,
};

/** Values of which a 32-bit ABI of the filter takes another one. */
function* cutValues(subject: LintSubject): Iterable<LintFinding> {
  const narrow = subject.architectures.filter((architecture) => FILTER_ARCHITECTURES[architecture].bits === 32);
  if (narrow.length === 0) return;
  for (const { rule, path, outcome } of subject.rules) {
    if (sameOutcome(outcome, subject.defaultOutcome)) continue;
    const passes = isLetThrough(outcome);
    for (const [i, arg] of rule.args.entries()) {
      if (!isCut(arg)) continue;
      const architectures = narrow.filter((each) => rule.names.some((name) => syscallNumber(each, name) !== undefined));
      if (architectures.length === 0) continue;
      const isMet = MET_BY_SMALL.has(arg.op);
      const widens = passes ? !isMet : isMet && subject.defaultLetsThrough;
      yield {
        path: `${path}.args[${i}]`,
        ...(widens ? {} : { severity: 'warning' }),
        message: `on ${listed(architectures)} filters compare the low 32 bits only, and ${argumentInWords(arg)} becomes ${argumentInWords(lowHalf(arg))}: ${
          passes
            ? `${widens ? 'more' : 'fewer'} calls are let through than meant`
            : `${isMet ? 'fewer' : 'more'} calls are refused than meant`
        }`,
        advice:
          'Write a value below 4294967296, or leave these ABIs out of "architectures": their callers are killed then.',
      };
    }
  }
}

/** What every argument of 32 bits meets where the value is larger; the other comparisons none meets. */
const MET_BY_SMALL: ReadonlySet<Argument['op']> = new Set(['SCMP_CMP_NE', 'SCMP_CMP_LT', 'SCMP_CMP_LE']);

const LOW = widest(32);

/** Whether the condition needs more than 32 bits. A negative number of 32 bits, written as one of 64, stays what it is. */
function isCut({ op, value, valueTwo }: Argument): boolean {
  if (op === 'SCMP_CMP_MASKED_EQ') return (valueTwo & value) > LOW;
  return value > LOW && value < 0xffff_ffff_8000_0000n;
}

function lowHalf(arg: Argument): Argument {
  return { ...arg, value: arg.value & LOW, valueTwo: arg.valueTwo & LOW };
}
