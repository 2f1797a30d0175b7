import { holdsAlways } from '../../../compile/lost-refusals.js';
import { isLetThrough, sameOutcome } from '../../../compile/verdicts.js';
import { outcomeInWords } from '../../../outcomes/outcome-in-words.js';
import { listed } from '../../../text/words.js';
import { allowAllBut, refuse } from '../../subject/example-profile.js';
import type { LintFinding, LintRule } from '../../subject/lint-rule.js';
import type { LintSubject, PlacedRule } from '../../subject/lint-subject.js';

export const sp044RedundantRule: LintRule = {
  id: 'SP044',
  severity: 'info',
  title: 'A rule that changes nothing',
  why: 'A runtime skips a rule whose action is the default, and a name that an earlier rule has settled does nothing the second time. Readers take such rules for protection. A warning where something that was meant is lost: conditions on what another rule lets through whole, or an exception to a refusal.',
  fix: 'Remove what is not needed.',
  failing: { text: allowAllBut([refuse(['keyctl', 'keyctl'])]) },
  passing: { text: allowAllBut([refuse(['keyctl'])]) },
  check: redundant,
};

function* redundant(subject: LintSubject): Iterable<LintFinding> {
  const { rules, defaultOutcome } = subject;
  // SP013 tells of them.
  const lost = new Set(subject.lostRefusals.map(({ rule }) => rules[rule]));
  const whole = wholeRules(subject);
  const settled = new Map<string, string>();
  for (const placed of rules) {
    const { rule, path, outcome } = placed;
    if (lost.has(placed)) continue;
    const told = new Set<string>();
    for (const finding of lostConditions(subject, placed, whole)) {
      told.add(finding.name);
      yield finding;
    }
    if (sameOutcome(outcome, defaultOutcome)) {
      if (told.size === 0)
        yield {
          path,
          message: `this rule does what the default does (${outcomeInWords(outcome)}): runtimes skip it${rule.args.length > 0 ? ', and its conditions with it' : ''}`,
        };
      continue;
    }
    const again: { readonly name: string; readonly path: string }[] = [];
    for (const [i, name] of rule.names.entries()) {
      if (told.has(name)) continue;
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

/** By syscall the rule that decides whatever the arguments: the first without conditions that does not do what the default does. */
function wholeRules({ rules, defaultOutcome }: LintSubject): ReadonlyMap<string, PlacedRule> {
  const whole = new Map<string, PlacedRule>();
  for (const placed of rules)
    if (holdsAlways(placed.rule.args) && !sameOutcome(placed.outcome, defaultOutcome))
      for (const name of placed.rule.names) if (!whole.has(name)) whole.set(name, placed);
  return whole;
}

/** A rule with conditions that lets through, beside one that lets all through, or beside a refusal of all to which it is the exception. */
function* lostConditions(
  subject: LintSubject,
  placed: PlacedRule,
  whole: ReadonlyMap<string, PlacedRule>,
): Iterable<LintFinding & { readonly name: string }> {
  const { parsed, written, defaultOutcome } = subject;
  if (!isLetThrough(placed.outcome) || holdsAlways(placed.rule.args)) return;
  for (const [i, name] of placed.rule.names.entries()) {
    const winner = whole.get(name);
    if (winner === undefined || placed.rule.names.indexOf(name) < i) continue;
    const { line } = parsed.placeOf(winner.path);
    // A rule for some containers only is meant to beat the others there; where runtimes pass over that, SP005 says so.
    const { includes, excludes } = written.rules[winner.index] ?? {};
    const severity = includes === undefined && excludes === undefined ? 'warning' : 'info';
    const path = subject.namePath(placed, i);
    // Another outcome is SP013's.
    if (sameOutcome(winner.outcome, placed.outcome))
      yield {
        name,
        path,
        severity,
        message: `the conditions of this rule do not hold for ${name}: the rule in line ${line} lets it through with all arguments`,
        advice: `Take ${name} out of the rule in line ${line}, or out of this one if all of it is needed.`,
      };
    else if (sameOutcome(placed.outcome, defaultOutcome) && !isLetThrough(winner.outcome))
      yield {
        name,
        path,
        severity,
        message: `this exception is lost for ${name}: runtimes skip a rule that does what the default does, and the rule in line ${line} refuses ${name} whole`,
        advice: `Take ${name} out of the rule in line ${line}, and refuse it there with conditions that leave out what is to be let through.`,
      };
  }
}
