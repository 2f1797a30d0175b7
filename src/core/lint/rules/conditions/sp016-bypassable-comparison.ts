import { isLetThrough, sameOutcome } from '../../../compile/verdicts.js';
import { argumentInWords } from '../../../outcomes/outcome-in-words.js';
import type { Argument } from '../../../profile/model.js';
import { bypassableBits } from '../../../risk/bypass.js';
import type { Architecture } from '../../../syscalls/architectures.js';
import { FILTER_ARCHITECTURES } from '../../../syscalls/filter-architecture.js';
import { syscallNumber } from '../../../syscalls/syscall-table.js';
import { listed } from '../../../text/words.js';
import { allowAllBut, equal } from '../../subject/example-profile.js';
import type { LintFinding, LintRule } from '../../subject/lint-rule.js';
import type { LintSubject } from '../../subject/lint-subject.js';
import { everyRule } from './every-rule.js';
import { maskedAdvice } from './masked-advice.js';
import { runtimeFilteringAlike } from './runtime-filtering-alike.js';

export const sp016BypassableComparison: LintRule = {
  id: 'SP016',
  severity: 'error',
  title: 'A comparison that a high bit gets around',
  why: 'A filter sees 64 bits of every argument; of an int the kernel looks at 32, of a mode at 16 or fewer. A caller sets a bit above them: the comparison comes out otherwise, and the kernel does what it would have done without that bit.',
  fix: 'Compare those bits only: SCMP_CMP_MASKED_EQ with a mask of them in "value" (4294967295 for 32 bits) and in "valueTwo" what is refused or let through. It has no "not equal", less or greater: write one rule for each value that is meant.',
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
    // Runtimes skip it.
    if (sameOutcome(outcome, subject.defaultOutcome)) continue;
    const passes = isLetThrough(outcome);
    // Getting past a refusal gains nothing where everything else is refused, too; and the other way round.
    const hasOther = (name: string) => defaultLetsThrough !== passes || (passes ? refusing : passing).has(name);
    const names = rule.names.filter(hasOther);
    for (const [i, arg] of rule.args.entries())
      for (const { bits, architecture, names: bypassed } of bypasses(subject, names, arg, passes)) {
        // Nobody is worse off for what a runtime's own default does, too.
        const usual = runtimeFilteringAlike(subject, rule);
        const where = architecture === subject.native ? '' : ` on ${architecture}`;
        const more = arg.op === 'SCMP_CMP_MASKED_EQ' ? 'more' : `all ${FILTER_ARCHITECTURES[architecture].bits}`;
        yield {
          path: `${path}.args[${i}]`,
          ...(usual === undefined ? {} : { severity: 'warning' }),
          message: `the kernel looks at the low ${bits} bits of argument ${arg.index} of ${listed(bypassed)}${where}, ${argumentInWords(arg)} at ${more}: with a high bit set a call ${
            passes ? 'meets this condition that should not' : 'gets past this rule'
          }${usual === undefined ? '' : ` (the default of ${usual} is so, too)`}`,
          advice: maskedAdvice(architecture, bypassed, arg, bits),
        };
      }
  }
}

interface Bypass {
  readonly bits: number;
  readonly architecture: Architecture;
  readonly names: readonly string[];
}

/** The names that have the same number of bits on the same architecture, that where the fewest count. */
function bypasses({ architectures }: LintSubject, names: readonly string[], arg: Argument, passes: boolean): Bypass[] {
  const groups = new Map<string, { readonly bits: number; readonly architecture: Architecture; names: string[] }>();
  for (const name of names) {
    let least: Omit<Bypass, 'names'> | undefined;
    for (const architecture of architectures) {
      if (syscallNumber(architecture, name) === undefined) continue;
      const bits = bypassableBits(architecture, name, arg, passes);
      if (bits !== undefined && (least === undefined || bits < least.bits)) least = { bits, architecture };
    }
    if (least === undefined) continue;
    const key = `${least.bits} ${least.architecture}`;
    const group = groups.get(key) ?? { ...least, names: [] };
    groups.set(key, group);
    group.names.push(name);
  }
  return [...groups.values()];
}
