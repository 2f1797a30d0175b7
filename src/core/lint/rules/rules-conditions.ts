import { argumentInWords, callInWords, outcomeInWords } from '../../compare/words.js';
import { isLetThrough, outcomeOf, sameOutcome } from '../../compile/verdicts.js';
import { AMBIGUITY_WORDS } from '../../filter/ambiguity-words.js';
import type { AmbiguityReason } from '../../filter/hazard.js';
import type { Argument } from '../../profile/model.js';
import { canBeBypassed, isPointer } from '../../risk/arguments.js';
import { MULTIPLEXED_CALLS } from '../../syscalls/filter-architecture.js';
import { byNumber, listed } from '../../text/words.js';
import { document, type LintFinding, type LintRule } from '../subject/lint-rule.js';
import type { LintSubject, PlacedRule } from '../subject/lint-subject.js';

const EQ = (index: number, value: number | string) => ({ index, value, op: 'SCMP_CMP_EQ' });

/** A profile that refuses all but these rules. */
const ONLY = (...syscalls: readonly object[]) => document({ defaultAction: 'SCMP_ACT_ERRNO', syscalls });
/** A profile that allows all but these rules. */
const BUT = (...syscalls: readonly object[]) => document({ defaultAction: 'SCMP_ACT_ALLOW', syscalls });

/** What rules on the same syscall do to each other, and what comparisons of arguments do not do. */
export const CONDITION_RULES: readonly LintRule[] = [
  {
    id: 'SP012',
    severity: 'error',
    title: 'Rules that contradict each other',
    why: 'Two rules that give the same call two actions make libseccomp refuse the second one (EEXIST). No runtime starts a container with such a profile.',
    fix: 'Keep one of the rules, or rewrite them so that no call matches two of them.',
    failing: {
      text: BUT(
        { names: ['keyctl'], action: 'SCMP_ACT_ERRNO', args: [EQ(0, 1)] },
        { names: ['keyctl'], action: 'SCMP_ACT_TRAP', args: [EQ(0, 1)] },
      ),
    },
    passing: {
      text: BUT(
        { names: ['keyctl'], action: 'SCMP_ACT_ERRNO', args: [EQ(0, 1)] },
        { names: ['keyctl'], action: 'SCMP_ACT_TRAP', args: [EQ(0, 2)] },
      ),
    },
    check: contradictions,
  },
  {
    id: 'SP013',
    severity: 'error',
    title: 'A rule that never decides',
    why: 'A rule without conditions beats every rule with conditions on the same syscall, whatever their order, and the first of several without conditions wins. The others vanish without a word. Where the lost rule refuses, the profile is wider than it reads.',
    fix: 'Take the syscall out of the rule without conditions, or remove the other rule.',
    failing: {
      text: ONLY(
        { names: ['socket'], action: 'SCMP_ACT_ALLOW' },
        { names: ['socket'], action: 'SCMP_ACT_ERRNO', errnoRet: 97, args: [EQ(0, 40)] },
      ),
    },
    passing: {
      text: ONLY({
        names: ['socket'],
        action: 'SCMP_ACT_ALLOW',
        args: [{ index: 0, value: 0xffffffff, valueTwo: 2, op: 'SCMP_CMP_MASKED_EQ' }],
      }),
    },
    check: shadowed,
  },
  {
    id: 'SP014',
    severity: 'error',
    title: 'One argument twice in a rule',
    why: 'libseccomp takes one comparison for each argument of a rule. When an argument stands twice, runc and crun make a rule of every condition, so that any one of them is enough: a range ">= 6 and <= 8" lets everything through.',
    fix: 'Write the values as rules of their own, or compare the bits they share with SCMP_CMP_MASKED_EQ.',
    failing: {
      text: ONLY({
        names: ['personality'],
        action: 'SCMP_ACT_ALLOW',
        args: [
          { index: 0, value: 6, op: 'SCMP_CMP_GE' },
          { index: 0, value: 8, op: 'SCMP_CMP_LE' },
        ],
      }),
    },
    passing: {
      text: ONLY(
        { names: ['personality'], action: 'SCMP_ACT_ALLOW', args: [EQ(0, 0)] },
        { names: ['personality'], action: 'SCMP_ACT_ALLOW', args: [EQ(0, 8)] },
      ),
    },
    *check(subject) {
      for (const { rule, path } of everyRule(subject)) {
        const again = rule.args.findIndex((arg, i) => rule.args.findIndex((other) => other.index === arg.index) < i);
        if (again < 0) continue;
        yield {
          path: `${path}.args[${again}]`,
          message: `argument ${rule.args[again]?.index} stands twice in this rule: runc and crun take its ${rule.args.length} conditions as "or", so any one of them decides for ${listed(rule.names)}`,
        };
      }
    },
  },
  {
    id: 'SP015',
    severity: 'error',
    title: 'Several "not equal" that together match everything',
    why: 'Rules are joined by "or": of "not 5" and "not 7" every value meets one.',
    fix: 'Refuse the values instead of letting the others through, or let single values through.',
    failing: {
      text: ONLY(
        { names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 38, op: 'SCMP_CMP_NE' }] },
        { names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 40, op: 'SCMP_CMP_NE' }] },
      ),
    },
    passing: { text: ONLY({ names: ['personality'], action: 'SCMP_ACT_ALLOW', args: [EQ(0, 0)] }) },
    check: severalUnequal,
  },
  {
    id: 'SP016',
    severity: 'error',
    title: 'A comparison that a high bit gets around',
    why: 'A filter sees 64 bits of every argument; of an int the kernel looks at 32. A caller sets a bit above them: the comparison fails, and the kernel does what it would have done without that bit.',
    fix: 'Compare the low half only: "op": "SCMP_CMP_MASKED_EQ", "value": 4294967295, "valueTwo": the value.',
    failing: { text: BUT({ names: ['socket'], action: 'SCMP_ACT_ERRNO', args: [EQ(0, 38)] }) },
    passing: {
      text: BUT({
        names: ['socket'],
        action: 'SCMP_ACT_ERRNO',
        args: [{ index: 0, value: 0xffffffff, valueTwo: 38, op: 'SCMP_CMP_MASKED_EQ' }],
      }),
    },
    check: bypassable,
  },
  {
    id: 'SP017',
    severity: 'error',
    title: 'Rules of which it is not certain what libseccomp makes',
    why: 'Some rules on one syscall are more than libseccomp gets right: it was seen to refuse calls that they allow and to allow calls that they refuse, to crash, or to come to no end. What becomes of such a call is not known beforehand. Only a warning where every way it can go is a refusal, or lets the call through.',
    fix: 'Use SCMP_CMP_EQ or SCMP_CMP_MASKED_EQ, one rule for each value; the message says which rules stand in the way.',
    failing: {
      text: ONLY(
        { names: ['keyctl'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 4294967297, op: 'SCMP_CMP_LE' }] },
        { names: ['keyctl'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 2114060288, op: 'SCMP_CMP_LE' }] },
      ),
    },
    passing: {
      text: ONLY(
        { names: ['keyctl'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 8, op: 'SCMP_CMP_LE' }] },
        { names: ['keyctl'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 12, op: 'SCMP_CMP_EQ' }] },
      ),
    },
    check: uncertain,
  },
  {
    id: 'SP018',
    severity: 'warning',
    title: 'A comparison with an address',
    why: "The argument is a pointer: the filter sees where the data lies, not what it is, and where it lies is the program's choice.",
    fix: 'Filter another argument, or refuse the syscall.',
    failing: { text: ONLY({ names: ['openat'], action: 'SCMP_ACT_ALLOW', args: [EQ(1, 4096)] }) },
    passing: { text: ONLY({ names: ['openat'], action: 'SCMP_ACT_ALLOW' }) },
    *check(subject) {
      for (const { rule, path } of everyRule(subject)) {
        for (const [i, arg] of rule.args.entries()) {
          const names = rule.names.filter((name) => isPointer(name, arg.index));
          if (names.length > 0)
            yield {
              path: `${path}.args[${i}]`,
              message: `argument ${arg.index} of ${listed(names)} is an address: ${argumentInWords(arg)} says nothing of the data there`,
            };
        }
      }
    },
  },
];

/** Conditions do not matter to what is wrong with a rule by itself. */
function everyRule({ profile, parsed }: LintSubject): readonly PlacedRule[] {
  return profile.rules.map((rule, index) => ({
    rule,
    index,
    path: parsed.rulePaths[index] ?? '',
    outcome: outcomeOf(rule.action, rule.errnoRet),
  }));
}

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

/** A mask of 0 asks nothing. */
function holdsAlways(args: readonly Argument[]): boolean {
  return args.every((arg) => arg.op === 'SCMP_CMP_MASKED_EQ' && arg.value === 0n);
}

function* severalUnequal(subject: LintSubject): Iterable<LintFinding> {
  const { rules, defaultOutcome } = subject;
  const first = new Map<string, Argument>();
  const said = new Set<PlacedRule>();
  for (const placed of rules) {
    const [arg, ...others] = placed.rule.args;
    if (arg === undefined || others.length > 0 || arg.op !== 'SCMP_CMP_NE') continue;
    if (sameOutcome(placed.outcome, defaultOutcome)) continue;
    for (const name of placed.rule.names) {
      const key = `${name} ${arg.index} ${placed.outcome.action} ${placed.outcome.errno ?? ''}`;
      const before = first.get(key);
      if (before === undefined) first.set(key, arg);
      else if (before.value !== arg.value && !said.has(placed)) {
        said.add(placed);
        yield {
          path: `${placed.path}.args[0]`,
          message: `every call of ${name} meets ${argumentInWords(before)} or ${argumentInWords(arg)}: it is ${outcomeInWords(placed.outcome)} whatever its arguments`,
        };
      }
    }
  }
}

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
      yield {
        path: `${path}.args[${i}]`,
        message: `the kernel looks at the low 32 bits of argument ${arg.index} of ${listed(names)}, ${argumentInWords(arg)} at all 64: with a high bit set a call ${
          passes ? 'meets this condition that should not' : 'gets past this rule'
        }`,
        ...(arg.op === 'SCMP_CMP_EQ'
          ? { advice: `Write "op": "SCMP_CMP_MASKED_EQ", "value": 4294967295, "valueTwo": ${arg.value & 0xffffffffn}.` }
          : {}),
      };
    }
  }
}

function* uncertain(subject: LintSubject): Iterable<LintFinding> {
  const { native, evaluator, rules, parsed } = subject;
  const unforetold = new Set(evaluator.unforetold);
  const said = new Set<string>();
  for (const { architecture, name, args, reason, rules: concerned } of evaluator.ambiguousCalls) {
    if (said.has(`${name} ${reason}`)) continue;
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
