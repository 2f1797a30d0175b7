import { isLetThrough, sameOutcome } from '../../../compile/verdicts.js';
import { AMBIGUITY_WORDS } from '../../../filter/ambiguity-words.js';
import type { AmbiguityReason } from '../../../filter/hazard.js';
import { callInWords } from '../../../outcomes/outcome-in-words.js';
import { MULTIPLEXED_CALLS } from '../../../syscalls/filter-architecture.js';
import { byNumber, listed } from '../../../text/words.js';
import { refuseAllBut } from '../../subject/example-profile.js';
import type { LintFinding, LintRule } from '../../subject/lint-rule.js';
import type { LintSubject, PlacedRule } from '../../subject/lint-subject.js';

export const sp017UncertainRules: LintRule = {
  id: 'SP017',
  severity: 'error',
  title: 'Rules of which it is not certain what libseccomp makes',
  why: 'Some rules on one syscall are more than libseccomp gets right: it was seen to refuse calls that they allow and to allow calls that they refuse, to crash, or to come to no end. What becomes of such a call is not known beforehand. Only a warning where every way it can go is a refusal, or lets the call through.',
  fix: 'Use SCMP_CMP_EQ or SCMP_CMP_MASKED_EQ, one rule for each value; the message says which rules stand in the way.',
  failing: {
    text: refuseAllBut([
      { names: ['keyctl'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 4294967297, op: 'SCMP_CMP_LE' }] },
      { names: ['keyctl'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 2114060288, op: 'SCMP_CMP_LE' }] },
    ]),
  },
  passing: {
    text: refuseAllBut([
      { names: ['keyctl'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 8, op: 'SCMP_CMP_LE' }] },
      { names: ['keyctl'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 12, op: 'SCMP_CMP_EQ' }] },
    ]),
  },
  check: uncertain,
};

function* uncertain(subject: LintSubject): Iterable<LintFinding> {
  const { native, evaluator, rules, parsed } = subject;
  const unforetold = new Set(evaluator.unforetold);
  // No rule without conditions, which starts nothing (SP023): with those for the runtime all is certain.
  const startsNothing =
    !subject.defaultLetsThrough && rules.every(({ rule, outcome }) => !isLetThrough(outcome) || rule.args.length > 0);
  const said = new Set<string>();
  for (const { architecture, name, args, reason, rules: concerned } of evaluator.ambiguousCalls) {
    if (said.has(`${name} ${reason}`) || (reason === 'foreign-name' && startsNothing)) continue;
    said.add(`${name} ${reason}`);
    const placed = concerned.flatMap((index) => rules[index] ?? []);
    const lines = placed.map(({ path }) => String(parsed.placeOf(path).line));
    const where = architecture === native ? '' : ` on ${architecture}`;
    const { why, fix } = AMBIGUITY_WORDS[reason];
    yield {
      path: lastPlaceOf(subject, name),
      severity: mayOpen(subject, placed, reason) ? 'error' : 'warning',
      message:
        `what becomes of ${callInWords(name, args)}${where} is not certain: ${why} (${byNumber(lines.length, 'rule in line', 'rules in lines')} ${listed(lines)})` +
        (unforetold.has(name) ? '; nor is it certain that the container starts' : ''),
      advice: fix,
    };
  }
}

/** Whether one of the ways that a call can go lets it through, and another one does not. */
function mayOpen(subject: LintSubject, placed: readonly PlacedRule[], reason: AmbiguityReason): boolean {
  const outcomes = placed.map(({ outcome }) => outcome);
  if (reason !== 'overlap') outcomes.push(subject.defaultOutcome);
  return outcomes.some(isLetThrough) && !outcomes.every(isLetThrough);
}

/** Where the last rule stands that names the syscall or one that it carries. */
function lastPlaceOf(subject: LintSubject, name: string): string {
  const isMeant = (each: string) => each === name || MULTIPLEXED_CALLS.get(each)?.entry === name;
  for (const placed of [...subject.rules].reverse()) {
    const index = placed.rule.names.findIndex(isMeant);
    if (index >= 0 && !sameOutcome(placed.outcome, subject.defaultOutcome)) return subject.namePath(placed, index);
  }
  return subject.placeOf(name);
}
