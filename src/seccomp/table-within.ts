import { existsNowhere } from './compile-architectures.js';
import { alwaysPasses, type VerdictTable } from './compile-table.js';
import { type ConditionalRule, conditionsKey, type Outcome, type Verdict } from './compile-verdicts.js';
import type { Argument } from './model.js';

/**
 * Whether nothing that `b` refuses is allowed by `a`, on any architecture of `a`. Yes is certain; no can also mean that the
 * filters on some argument cannot be compared. A call that a tracer or a listener may let through counts as allowed in `a` and as
 * refused in `b`.
 */
export function isTableWithin(a: VerdictTable, b: VerdictTable): boolean {
  if (a.architectures.some((architecture) => !b.architectures.includes(architecture))) return false;
  const unnamedA: Verdict = { kind: 'always', outcome: a.defaultOutcome };
  const unnamedB: Verdict = { kind: 'always', outcome: b.defaultOutcome };
  if (!isVerdictWithin(unnamedA, a.defaultOutcome, unnamedB, b.defaultOutcome)) return false;
  for (const name of new Set([...a.byName.keys(), ...b.byName.keys()])) {
    if (existsNowhere(name, a.architectures)) continue;
    const inA = a.byName.get(name) ?? unnamedA;
    const inB = b.byName.get(name) ?? unnamedB;
    if (!isVerdictWithin(inA, a.defaultOutcome, inB, b.defaultOutcome)) return false;
  }
  return true;
}

function isVerdictWithin(a: Verdict, defaultA: Outcome, b: Verdict, defaultB: Outcome): boolean {
  if (alwaysPasses(b, defaultB)) return true;
  if (a.kind === 'always') return refuses(a.outcome);
  if (!refuses(defaultA)) return b.kind === 'when' && sameRules(a.rules, b.rules) && alwaysPasses(undefined, defaultB);
  const passing = a.rules.filter((rule) => !refuses(rule.outcome));
  if (b.kind === 'always') return passing.length === 0;
  return passing.every((rule) => isRuleWithin(rule, b.rules));
}

function isRuleWithin(rule: ConditionalRule, others: readonly ConditionalRule[]): boolean {
  const given = new Set(rule.args.map((arg) => conditionsKey([arg])));
  const isCovered = others.some(
    (other) => isLetThrough(other.outcome) && other.args.every((arg) => given.has(conditionsKey([arg]))),
  );
  return isCovered && others.every((other) => isLetThrough(other.outcome) || areDisjoint(rule.args, other.args));
}

/** Whether no call can meet both: some argument would have to have one bit 0 and 1. */
function areDisjoint(a: readonly Argument[], b: readonly Argument[]): boolean {
  return a.some((one) =>
    b.some((other) => {
      if (one.index !== other.index) return false;
      const left = bitsOf(one);
      const right = bitsOf(other);
      if (left === undefined || right === undefined) return false;
      const common = left.mask & right.mask;
      return (left.value & common) !== (right.value & common);
    }),
  );
}

const ALL_BITS = 0xffffffffffffffffn;

function bitsOf(arg: Argument): { readonly mask: bigint; readonly value: bigint } | undefined {
  if (arg.op === 'SCMP_CMP_EQ') return { mask: ALL_BITS, value: arg.value };
  if (arg.op === 'SCMP_CMP_MASKED_EQ') return { mask: arg.value, value: arg.valueTwo & arg.value };
  return undefined;
}

function sameRules(a: readonly ConditionalRule[], b: readonly ConditionalRule[]): boolean {
  const keys = (rules: readonly ConditionalRule[]) =>
    rules.map((rule) => `${conditionsKey(rule.args)} -> ${rule.outcome.action} ${rule.outcome.errno ?? ''}`).join('\n');
  return keys(a) === keys(b);
}

function isLetThrough(outcome: Outcome): boolean {
  return outcome.action === 'SCMP_ACT_ALLOW' || outcome.action === 'SCMP_ACT_LOG';
}

function refuses(outcome: Outcome): boolean {
  return !isLetThrough(outcome) && outcome.action !== 'SCMP_ACT_TRACE' && outcome.action !== 'SCMP_ACT_NOTIFY';
}
