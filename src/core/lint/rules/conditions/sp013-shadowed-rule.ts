import { holdsAlways } from '../../../compile/lost-refusals.js';
import { isLetThrough, sameOutcome } from '../../../compile/verdicts.js';
import { outcomeInWords } from '../../../outcomes/outcome-in-words.js';
import { byNumber, listed } from '../../../text/words.js';
import { equal, refuseAllBut } from '../../subject/example-profile.js';
import type { LintFinding, LintRule } from '../../subject/lint-rule.js';
import type { LintSubject, PlacedRule } from '../../subject/lint-subject.js';

export const sp013ShadowedRule: LintRule = {
  id: 'SP013',
  severity: 'error',
  title: 'A rule that never decides',
  why: 'A rule without conditions beats every rule with conditions on the same syscall, whatever their order, and the first of several without conditions wins. The others vanish without a word. So does a rule that refuses as the default does, where another rule lets its calls through. Where the lost rule refuses, the profile is wider than it reads.',
  fix: 'Take the syscall out of the rule without conditions, or remove the other rule.',
  failing: {
    text: refuseAllBut([
      { names: ['socket'], action: 'SCMP_ACT_ALLOW' },
      { names: ['socket'], action: 'SCMP_ACT_ERRNO', errnoRet: 97, args: [equal(0, 40)] },
    ]),
  },
  passing: {
    text: refuseAllBut([
      {
        names: ['socket'],
        action: 'SCMP_ACT_ALLOW',
        args: [{ index: 0, value: 0xffffffff, valueTwo: 2, op: 'SCMP_CMP_MASKED_EQ' }],
      },
    ]),
  },
  *check(subject) {
    yield* shadowed(subject);
    yield* skipped(subject);
  },
};

function* shadowed(subject: LintSubject): Iterable<LintFinding> {
  const { parsed, rules, defaultOutcome } = subject;
  const winners = new Map<string, PlacedRule>();
  for (const placed of rules) {
    if (sameOutcome(placed.outcome, defaultOutcome) || !holdsAlways(placed.rule.args)) continue;
    for (const name of placed.rule.names) if (!winners.has(name)) winners.set(name, placed);
  }
  for (const placed of rules) {
    if (sameOutcome(placed.outcome, defaultOutcome)) continue;
    const lost = new Map<PlacedRule, number[]>();
    for (const [i, name] of placed.rule.names.entries()) {
      const winner = winners.get(name);
      if (winner === undefined || winner === placed || sameOutcome(winner.outcome, placed.outcome)) continue;
      lost.set(winner, [...(lost.get(winner) ?? []), i]);
    }
    for (const [winner, indexes] of lost) {
      const names = indexes.map((i) => placed.rule.names[i] ?? '');
      const line = parsed.placeOf(winner.path).line;
      const widens = isLetThrough(winner.outcome) && !isLetThrough(placed.outcome);
      yield {
        path: subject.namePath(placed, indexes[0] ?? 0),
        message:
          `this rule never decides for ${listed(names)}: the rule in line ${line} has no conditions, so ${byNumber(names.length, 'the syscall is', 'the syscalls are')} ${outcomeInWords(winner.outcome)} always` +
          (widens ? `, not ${outcomeInWords(placed.outcome)}` : ''),
        advice: `Take ${listed(names)} out of the rule in line ${line}, or remove this rule.`,
      };
    }
  }
}

/** Rules that do what the default does. */
function* skipped(subject: LintSubject): Iterable<LintFinding> {
  const { parsed, rules } = subject;
  for (const { rule, names: indexes, by, always } of subject.lostRefusals) {
    const [placed, passing] = [rules[rule], rules[by]];
    if (placed === undefined || passing === undefined) continue;
    const names = listed(indexes.map((i) => placed.rule.names[i] ?? ''));
    const line = parsed.placeOf(passing.path).line;
    const what = always
      ? `has no conditions, so ${byNumber(indexes.length, 'the syscall is', 'the syscalls are')} ${outcomeInWords(passing.outcome)} always`
      : `lets through calls that this one was to refuse`;
    yield {
      path: subject.namePath(placed, indexes[0] ?? 0),
      message: `this rule never decides for ${names}: runtimes skip a rule that does what the default does, and the rule in line ${line} ${what}`,
      advice: `Take ${names} out of the rule in line ${line}, or give it conditions that leave out what is to be refused.`,
    };
  }
}
