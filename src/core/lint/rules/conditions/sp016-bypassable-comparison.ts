import { isLetThrough } from '../../../compile/verdicts.js';
import { argumentInWords } from '../../../outcomes/outcome-in-words.js';
import { canBeBypassed } from '../../../risk/arguments.js';
import { listed } from '../../../text/words.js';
import { allowAllBut, equal } from '../../subject/example-profile.js';
import type { LintFinding, LintRule } from '../../subject/lint-rule.js';
import type { LintSubject } from '../../subject/lint-subject.js';
import { everyRule } from './every-rule.js';
import { runtimeFilteringAlike } from './runtime-filtering-alike.js';

export const sp016BypassableComparison: LintRule = {
  id: 'SP016',
  severity: 'error',
  title: 'A comparison that a high bit gets around',
  why: 'A filter sees 64 bits of every argument; of an int the kernel looks at 32. A caller sets a bit above them: the comparison fails, and the kernel does what it would have done without that bit.',
  fix: 'Compare the low half only: "op": "SCMP_CMP_MASKED_EQ", "value": 4294967295, "valueTwo": the value.',
  failing: { text: allowAllBut([{ names: ['socket'], action: 'SCMP_ACT_ERRNO', args: [equal(0, 38)] }]) },
  passing: {
    text: allowAllBut([
      {
        names: ['socket'],
        action: 'SCMP_ACT_ERRNO',
        args: [{ index: 0, value: 0xffffffff, valueTwo: 38, op: 'SCMP_CMP_MASKED_EQ' }],
      },
    ]),
  },
  check: bypassable,
};

function* bypassable(subject: LintSubject): Iterable<LintFinding> {
  const { defaultLetsThrough } = subject;
  const passing = new Set<string>();
  const refusing = new Set<string>();
  for (const { rule, outcome } of subject.rules)
    for (const name of rule.names) (isLetThrough(outcome) ? passing : refusing).add(name);
  for (const { rule, path, outcome } of everyRule(subject)) {
    const passes = isLetThrough(outcome);
    // Getting past a refusal gains nothing where everything else is refused, too; and the other way round.
    const hasOther = (name: string) => defaultLetsThrough !== passes || (passes ? refusing : passing).has(name);
    for (const [i, arg] of rule.args.entries()) {
      const names = rule.names.filter((name) => hasOther(name) && canBeBypassed(name, arg, passes));
      if (names.length === 0) continue;
      // Nobody is worse off for what a runtime's own default does, too.
      const usual = runtimeFilteringAlike(subject, rule);
      yield {
        path: `${path}.args[${i}]`,
        ...(usual === undefined ? {} : { severity: 'warning' }),
        message: `the kernel looks at the low 32 bits of argument ${arg.index} of ${listed(names)}, ${argumentInWords(arg)} at all 64: with a high bit set a call ${
          passes ? 'meets this condition that should not' : 'gets past this rule'
        }${usual === undefined ? '' : ` (the default of ${usual} is so, too)`}`,
        ...(arg.op === 'SCMP_CMP_EQ'
          ? { advice: `Write "op": "SCMP_CMP_MASKED_EQ", "value": 4294967295, "valueTwo": ${arg.value & 0xffffffffn}.` }
          : {}),
      };
    }
  }
}
