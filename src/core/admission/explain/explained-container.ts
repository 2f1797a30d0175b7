import { whyNotContainer } from '../../policy/match/container-match.js';
import { formatImage } from '../../policy/match/image-reference.js';
import { type CompiledPolicy, type CompiledRule, ruleFor } from '../../policy/rules/compiled-policy.js';
import { whyOutOfScope } from '../../policy/rules/pod-scope.js';
import type { RuleSet } from '../../policy/rules/rule-set.js';
import { type AssignmentOutcome, assign, type Winner } from '../assign/assign.js';
import type { ContainerState } from '../assign/container-state.js';
import { assignmentOf } from '../decide/assignments.js';
import type { PodReview } from '../request/pod-review.js';
import { fieldText } from '../request/profile-field.js';
import type { ExplainedCandidate, ExplainedContainer } from './explanation.js';

export function explainedContainer(
  rules: RuleSet,
  review: PodReview,
  state: ContainerState,
  bare: boolean,
): ExplainedContainer {
  const { view, path, after } = state;
  const { podField } = review;
  const image = formatImage(view.image());
  const assignment = assignmentOf(state, podField);
  const inherited = view.own.kind === 'Unset' && podField.kind !== 'Unset';
  return {
    name: view.name,
    containerType: view.type,
    path,
    ...(view.imageText === undefined ? {} : { image: view.imageText }),
    ...(image === undefined ? {} : { imageRead: image }),
    before: fieldText(view.own.kind === 'Unset' ? podField : view.own),
    after: fieldText(after.kind === 'Unset' ? podField : after),
    inherited,
    ...(assignment === undefined ? {} : { assignment }),
    candidates: bare ? [] : candidatesFor(rules, review, state),
  };
}

function candidatesFor(rules: RuleSet, review: PodReview, state: ContainerState): readonly ExplainedCandidate[] {
  const { winner, view } = state;
  const candidates: ExplainedCandidate[] = [];
  for (const policy of rules.allPolicies()) {
    if (policy.rules.length === 0) continue;
    const { document, reference, mode } = policy;
    const common = { policy: reference, mode, priority: document.value.spec.priority };
    const out = whyOutOfScope(policy.scope, review.facts);
    if (out !== undefined) {
      candidates.push({ ...common, place: document.placeOf('spec.match'), outcome: 'no-match', reason: out });
      continue;
    }
    const first = ruleFor(policy, view);
    for (const rule of policy.rules) {
      const why = whyNotContainer(rule.match, view, view.type);
      const [outcome, reason] =
        why !== undefined
          ? (['no-match', why] as const)
          : candidateOutcome(policy, rule, first, winner, review, state, rules);
      candidates.push({
        ...common,
        rule: rule.label,
        ruleIndex: rule.index,
        profile: rule.profileText,
        place: document.placeOf(`spec.assign[${rule.index}]`),
        outcome,
        reason,
      });
    }
  }
  return candidates;
}

function candidateOutcome(
  policy: CompiledPolicy,
  rule: CompiledRule,
  first: CompiledRule | undefined,
  winner: Winner | undefined,
  review: PodReview,
  state: ContainerState,
  rules: RuleSet,
): readonly [ExplainedCandidate['outcome'], string] {
  if (first !== rule) return ['lost', `an earlier rule of the policy matches: ${first?.label ?? ''}`];
  const before =
    winner !== undefined && winner.policy.rank < policy.rank
      ? `an earlier rule won: ${winner.policy.reference.name}/${winner.rule.label}`
      : undefined;
  if (policy.mode !== 'Enforce') {
    if (before !== undefined)
      return ['lost', `${before}; and the policy is in mode ${policy.mode}, which changes no pod`];
    const would = assign({ policy, rule }, state.view, review.podField, rules.catalogue, true);
    return [
      'would-have',
      `the policy is in mode ${policy.mode}, which changes no pod; in mode Enforce: ${outcomeText(would, policy)}`,
    ];
  }
  if (before !== undefined) return ['lost', before];
  if (state.outcome === undefined) return ['won', 'the first that matches'];
  const isLate = review.target.form === 'update' && state.outcome.action === 'write';
  return [
    'won',
    isLate
      ? 'a new container would get this one; a pod that runs cannot be changed, so it keeps what it has'
      : outcomeText(state.outcome, policy),
  ];
}

function outcomeText(outcome: AssignmentOutcome, { existing, unconfined, unavailable }: CompiledPolicy): string {
  const fallback =
    outcome.target.kind === 'field' && outcome.target.fallback !== undefined
      ? `; the profile is ${outcome.target.fallback}, and unavailable: ${unavailable} gives RuntimeDefault`
      : '';
  switch (outcome.action) {
    case 'write':
      return outcome.result === 'injected'
        ? `the container has no profile, so it gets this one${fallback}`
        : `existing: ${existing}, unconfined: ${unconfined} replace what the container has${fallback}`;
    case 'none':
      return outcome.result === 'unchanged'
        ? `the container has this profile already${fallback}`
        : `existing: ${existing} keeps the profile that the container has`;
    case 'refuse':
      return `the profile is ${outcome.target.absence}, and unavailable: ${unavailable} refuses the pod`;
    case 'leave':
      return `what the container has is Unconfined or no profile; it stays as it is and is judged (unconfined: ${unconfined})`;
  }
}
