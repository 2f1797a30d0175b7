import type { Problem } from '../../problem/problem.js';
import { formatProfileReference } from '../match/profile-reference.js';
import { type Pairs, pairsAmong } from './candidate-pairs.js';
import { type CheckContext, documentText, problemAt } from './check-context.js';
import { type CheckedPolicy, type CheckedRule, containersCover, ruleText, targetsMeet } from './checked-policy.js';
import { scopeCovers } from './scope-cover.js';

const PAIR_BUDGET = 2_000_000;

export interface RuleCheck {
  readonly problems: readonly Problem[];
  /** Rules that no container can reach. */
  readonly unreachable: ReadonlySet<CheckedRule>;
  /** Whether some pairs were not compared. */
  readonly isBounded: boolean;
}

/** Rules that never get their turn, and policies whose turn follows from their names alone. */
export function checkRules(policies: readonly CheckedPolicy[], context: CheckContext): RuleCheck {
  const enforced = policies.filter(({ loaded }) => loaded.value.spec.mode === 'Enforce');
  const pairs = pairsAmong(
    enforced.flatMap(({ rules }) => rules),
    context.pairBudget ?? PAIR_BUDGET,
  );
  const problems: Problem[] = [];
  const unreachable = new Set<CheckedRule>();
  for (const policy of policies) {
    const isEnforced = policy.loaded.value.spec.mode === 'Enforce';
    const ties = new Map<CheckedPolicy, Tie>();
    for (const rule of policy.rules) {
      const before: CheckedRule[] = policy.rules.slice(0, rule.index);
      if (isEnforced) before.push(...earlierRules(rule, pairs, ties));
      const shadow = shadowOf(rule, before);
      if (shadow === undefined) continue;
      problems.push(...shadow.problems);
      if (shadow.isWhole) unreachable.add(rule);
    }
    for (const problem of tieProblems(policy, ties, unreachable)) problems.push(problem);
  }
  return { problems, unreachable, isBounded: pairs.isExhausted };
}

interface Tie {
  readonly rule: CheckedRule;
  readonly other: CheckedRule;
  readonly differs: boolean;
}

/** The rules of other policies that are looked at first for every pod of this rule; ties found on the way are noted. */
function earlierRules(rule: CheckedRule, pairs: Pairs<CheckedRule>, ties: Map<CheckedPolicy, Tie>): CheckedRule[] {
  const { policy } = rule;
  const found: CheckedRule[] = [];
  pairs.candidates(rule, (other) => {
    if (other.policy.order >= policy.order || !targetsMeet(other, rule)) return;
    if (scopeCovers(other.policy.scope, policy.scope)) found.push(other);
    if (priorityOf(other.policy) !== priorityOf(policy)) return;
    const known = ties.get(other.policy);
    if (known?.differs === true) return;
    const differs = resultText(other) !== resultText(rule);
    if (known === undefined || differs) ties.set(other.policy, { rule, other, differs });
  });
  return found.sort((a, b) => a.policy.order - b.policy.order || a.index - b.index);
}

function shadowOf(
  rule: CheckedRule,
  before: readonly CheckedRule[],
): { readonly problems: readonly Problem[]; readonly isWhole: boolean } | undefined {
  if (before.length === 0) return undefined;
  const images = rule.images ?? [undefined];
  const takers = images.map((image) => {
    const part = image === undefined ? rule : { ...rule, images: [image] };
    const perType = rule.types.map((type) => before.find((other) => containersCover(other, part, [type])));
    return perType.includes(undefined) ? undefined : perType[0];
  });
  const first = takers.find((taker) => taker !== undefined);
  if (first === undefined) return undefined;
  if (!takers.includes(undefined)) {
    const message = `${ruleText(rule)} is never reached: ${takerText(first, rule)} every container that it could match`;
    return { problems: [problem(rule, `spec.assign[${rule.index}]`, message, first)], isWhole: true };
  }
  const problems = takers.flatMap((taker, index) => {
    if (taker === undefined) return [];
    const path = `spec.assign[${rule.index}].images[${index}]`;
    const message = `this image pattern is never reached: ${takerText(taker, rule)} every image that it could match`;
    return [problem(rule, path, message, taker)];
  });
  return { problems, isWhole: false };
}

function problem(rule: CheckedRule, path: string, message: string, taker: CheckedRule): Problem {
  const { policy } = rule;
  if (taker.policy === policy)
    return problemAt(
      policy.loaded,
      path,
      'PL001',
      'warning',
      message,
      `move it before ${ruleText(taker)}, or remove it`,
    );
  const isTied = priorityOf(taker.policy) === priorityOf(policy);
  const raise = `give ${policy.name} a spec.priority above ${priorityOf(taker.policy)}`;
  const advice = `${raise}${isTied ? ' (they have the same priority now, and the name decides)' : ''}, or narrow ${taker.policy.name}`;
  const isHarmless = resultText(taker) === resultText(rule);
  return isHarmless
    ? problemAt(
        policy.loaded,
        path,
        'PL002',
        'info',
        `${message}; both give ${resultText(rule)}`,
        'nothing needs to be done',
      )
    : problemAt(policy.loaded, path, 'PL002', 'warning', message, advice);
}

function takerText(taker: CheckedRule, rule: CheckedRule): string {
  return taker.policy === rule.policy
    ? `${ruleText(taker)} before it takes`
    : `${ruleText(taker)} of ${documentText(taker.policy.loaded)} is looked at first and takes`;
}

function* tieProblems(
  policy: CheckedPolicy,
  ties: ReadonlyMap<CheckedPolicy, Tie>,
  unreachable: ReadonlySet<CheckedRule>,
): Generator<Problem> {
  for (const differs of [true, false]) {
    const found = [...ties.values()].filter((tie) => tie.differs === differs && !unreachable.has(tie.rule));
    const [first] = found;
    if (first === undefined) continue;
    const { rule, other } = first;
    const more = found.length === 1 ? '' : ` (and so can ${found.length - 1} more with this priority)`;
    const both = `${policy.name} and ${documentText(other.policy.loaded)} have the same priority (${priorityOf(policy)}) and can match the same container${more}`;
    const winner = other.policy.name === policy.name ? 'the file' : other.policy.name;
    yield problemAt(
      policy.loaded,
      'spec.priority',
      'PL003',
      differs ? 'warning' : 'info',
      differs
        ? `${both}: ${winner} wins by its name alone, with ${resultText(other)} instead of ${resultText(rule)}`
        : `${both}; both give ${resultText(rule)}, so it does not matter which one wins`,
      differs
        ? 'give the one that should win a higher spec.priority, or keep the two apart with spec.match'
        : 'nothing needs to be done; a spec.priority would make the order plain',
    );
  }
}

/** What a container gets from a rule, with the settings of its policy that are not the default. */
function resultText({ rule, profile, policy }: CheckedRule): string {
  const { existing, unconfined, unavailable } = policy.loaded.value.spec;
  const settings = [
    rule.stage === 'Enforce' ? '' : `stage ${rule.stage}`,
    existing === 'Tighten' ? '' : `existing: ${existing}`,
    unconfined === 'Deny' ? '' : `unconfined: ${unconfined}`,
    unavailable === 'RuntimeDefault' || profile.kind !== 'Catalogue' ? '' : `unavailable: ${unavailable}`,
  ].filter((text) => text !== '');
  return `${formatProfileReference(profile)}${settings.length === 0 ? '' : ` (${settings.join(', ')})`}`;
}

function priorityOf({ loaded }: CheckedPolicy): number {
  return loaded.value.spec.priority;
}
