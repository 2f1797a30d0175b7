import type { Comparison } from '../argument-tree.js';
import type { ConditionalOutcome, Decision, Decisions } from '../compare-decisions.js';
import { isLetThrough } from '../compare-decisions.js';
import { comparisonOf } from '../comparison-holds.js';
import type { Outcome, Verdicts } from '../compile-verdicts.js';
import { FILTER_ARCHITECTURES, MULTIPLEXED_CALLS } from '../filter-architecture.js';
import type { Architecture } from '../model.js';

const ALL_BITS = 0xffff_ffff_ffff_ffffn;

/**
 * What the rules decide on one architecture, read as they are written: much faster than asking libseccomp's tree, which is only
 * needed where comparisons are ordered (`certain` is false there).
 */
export function decisionsFromVerdicts(verdicts: Verdicts, otherwise: Outcome, architecture: Architecture): Decisions {
  const { bits, multiplexed } = FILTER_ARCHITECTURES[architecture];
  const byName = new Map<string, Decision>();
  for (const [name, verdict] of verdicts.byName)
    byName.set(
      name,
      verdict.kind === 'always'
        ? { kind: 'always', outcome: verdict.outcome, rule: 0 }
        : decisionOf(
            verdict.rules.map(({ args, outcome }) => ({ when: args.map(comparisonOf), outcome, rule: 0 })),
            otherwise,
          ),
    );
  if (multiplexed) addMultiplexers(byName, verdicts, otherwise);
  return { architecture, bits, otherwise, byName, contradictory: verdicts.conflicts.length > 0 };
}

/** Whether everything that `a` lets through is seen at a glance to be let through by `b`. No means that it is not seen. */
export function isPlainlyWithin(a: Decision, b: Decision): boolean {
  if (b.kind === 'always') return isLetThrough(b.outcome);
  if (a.kind === 'always') return refuses(a.outcome);
  if (!refuses(a.otherwise) || !b.certain || !b.rules.every(({ outcome }) => isLetThrough(outcome))) return false;
  const passing = b.rules.map(({ when }) => when.map(keyOf));
  return a.rules.every(({ when, outcome }) => {
    if (refuses(outcome)) return true;
    const given = new Set(when.map(keyOf));
    return passing.some((conditions) => conditions.every((condition) => given.has(condition)));
  });
}

/** On these architectures libseccomp makes each rule on a socket or IPC call one on its multiplexer, too. */
function addMultiplexers(byName: Map<string, Decision>, verdicts: Verdicts, otherwise: Outcome): void {
  const rules = new Map<string, ConditionalOutcome[]>();
  for (const [name, verdict] of verdicts.byName) {
    const inside = MULTIPLEXED_CALLS.get(name);
    if (inside === undefined) continue;
    const call: Comparison = { argument: 0, operator: 'SCMP_CMP_EQ', mask: ALL_BITS, datum: inside.call };
    const own = verdict.kind === 'always' ? [{ args: [], outcome: verdict.outcome }] : verdict.rules;
    const made = own.map(({ args, outcome }) => ({
      when: [call, ...args.map(comparisonOf).filter(({ argument }) => argument !== 0)],
      outcome,
      rule: 0,
    }));
    rules.set(inside.entry, [...(rules.get(inside.entry) ?? []), ...made]);
  }
  for (const [entry, made] of rules) {
    const known = byName.get(entry);
    if (known?.kind === 'always') continue;
    byName.set(entry, decisionOf([...(known?.rules ?? []), ...made], otherwise));
  }
}

function decisionOf(rules: readonly ConditionalOutcome[], otherwise: Outcome): Decision {
  const certain = rules.every(({ when }) =>
    when.every(({ operator }) => operator === 'SCMP_CMP_EQ' || operator === 'SCMP_CMP_MASKED_EQ'),
  );
  return { kind: 'when', rules, otherwise, certain };
}

function keyOf({ argument, operator, mask, datum }: Comparison): string {
  return `${argument} ${operator} ${mask} ${datum & mask}`;
}

function refuses({ action }: Outcome): boolean {
  return !['SCMP_ACT_ALLOW', 'SCMP_ACT_LOG', 'SCMP_ACT_TRACE', 'SCMP_ACT_NOTIFY'].includes(action);
}
