import { sameOutcome } from '../../../compile/verdicts.js';
import { outcomeInWords } from '../../../outcomes/outcome-in-words.js';
import { listed } from '../../../text/words.js';
import { allowAllBut, refuse } from '../../subject/example-profile.js';
import type { LintFinding, LintRule } from '../../subject/lint-rule.js';
import type { LintSubject } from '../../subject/lint-subject.js';

export const sp044RedundantRule: LintRule = {
  id: 'SP044',
  severity: 'info',
  title: 'A rule that changes nothing',
  why: 'A runtime skips a rule whose action is the default, and a name that an earlier rule has settled does nothing the second time. Readers take such rules for protection.',
  fix: 'Remove what is not needed.',
  failing: { text: allowAllBut([refuse(['keyctl', 'keyctl'])]) },
  passing: { text: allowAllBut([refuse(['keyctl'])]) },
  check: redundant,
};

function* redundant(subject: LintSubject): Iterable<LintFinding> {
  const { rules, defaultOutcome } = subject;
  // SP013 tells of them.
  const lost = new Set(subject.lostRefusals.map(({ rule }) => rules[rule]));
  const settled = new Map<string, string>();
  for (const placed of rules) {
    const { rule, path, outcome } = placed;
    if (lost.has(placed)) continue;
    if (sameOutcome(outcome, defaultOutcome)) {
      yield {
        path,
        message: `this rule does what the default does (${outcomeInWords(outcome)}): runtimes skip it${rule.args.length > 0 ? ', and its conditions with it' : ''}`,
      };
      continue;
    }
    const again: { readonly name: string; readonly path: string }[] = [];
    for (const [i, name] of rule.names.entries()) {
      const what = `${outcome.action} ${outcome.errno ?? ''}`;
      if (settled.get(name) === what || rule.names.indexOf(name) < i)
        again.push({ name, path: subject.namePath(placed, i) });
      else if (rule.args.length === 0 && !settled.has(name)) settled.set(name, what);
    }
    const [first] = again;
    if (first !== undefined)
      yield {
        path: first.path,
        message: `${listed([...new Set(again.map(({ name }) => name))])} ${again.length === 1 ? 'is' : 'are'} settled by an earlier rule or name already`,
      };
  }
}
