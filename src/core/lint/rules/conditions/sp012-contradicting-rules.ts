import { sameOutcome } from '../../../compile/verdicts.js';
import { listed } from '../../../text/words.js';
import { allowAllBut, equal } from '../../subject/example-profile.js';
import type { LintFinding, LintRule } from '../../subject/lint-rule.js';
import type { LintSubject } from '../../subject/lint-subject.js';

export const sp012ContradictingRules: LintRule = {
  id: 'SP012',
  severity: 'error',
  title: 'Rules that contradict each other',
  why: 'Two rules that give the same call two actions make libseccomp refuse the second one (EEXIST). No runtime starts a container with such a profile.',
  fix: 'Keep one of the rules, or rewrite them so that no call matches two of them.',
  failing: {
    text: allowAllBut([
      { names: ['keyctl'], action: 'SCMP_ACT_ERRNO', args: [equal(0, 1)] },
      { names: ['keyctl'], action: 'SCMP_ACT_TRAP', args: [equal(0, 1)] },
    ]),
  },
  passing: {
    text: allowAllBut([
      { names: ['keyctl'], action: 'SCMP_ACT_ERRNO', args: [equal(0, 1)] },
      { names: ['keyctl'], action: 'SCMP_ACT_TRAP', args: [equal(0, 2)] },
    ]),
  },
  check: contradictions,
};

function* contradictions(subject: LintSubject): Iterable<LintFinding> {
  const { parsed, native } = subject;
  const said = new Set<string>();
  for (const { rule, name, architectures } of subject.evaluator.conflicts) {
    const placed = subject.rules[rule];
    if (placed === undefined) continue;
    if (said.has(`${placed.index} ${name}`)) continue;
    said.add(`${placed.index} ${name}`);
    const other = subject.rules
      .slice(0, subject.rules.indexOf(placed))
      .find(
        ({ rule, outcome }) =>
          rule.names.includes(name) &&
          !sameOutcome(outcome, placed.outcome) &&
          !sameOutcome(outcome, subject.defaultOutcome),
      );
    const before = other === undefined ? '' : ` against the rule in line ${parsed.placeOf(other.path).line}`;
    const where = architectures.includes(native) ? '' : `, on ${listed(architectures)}`;
    yield {
      path: subject.namePath(placed, Math.max(0, placed.rule.names.indexOf(name))),
      message: `this rule on ${name} stands${before}: some call would get two actions${where}, and no runtime starts a container with this profile`,
    };
  }
}
