import type { RuleSet } from '../../policy/rules/rule-set.js';
import { type AssignmentOutcome, assign, winnerOf } from '../assign/assign.js';
import { type ContainerState, gives, type RolloutGrace } from '../assign/container-state.js';
import type { Webhook } from '../decision.js';
import type { DecisionContext } from '../decision-context.js';
import type { ContainerView } from '../request/container-view.js';
import { containerPath } from '../request/pod-containers.js';
import { type PodReview, reviewPod } from '../request/pod-review.js';
import type { ProfileField } from '../request/profile-field.js';
import type { RequestFacts } from '../request/request-facts.js';
import type { PodTarget } from '../request/review-target.js';
import { mayReplaceUnconfined } from '../requirements/unconfined.js';

/** Only a new pod and new ephemeral containers can still be changed, and only `/mutate` may. */
export function writes(webhook: Webhook, { form }: PodTarget): boolean {
  return webhook === 'mutate' && (form === 'create' || form === 'ephemeral');
}

/** Every judged container with the rule that wins it, and its field as the answer leaves it. */
export function containerStates(
  rules: RuleSet,
  webhook: Webhook,
  review: PodReview,
  context: DecisionContext,
  request: RequestFacts,
): readonly ContainerState[] {
  const { target, podField, policies, containers } = review;
  const applies = writes(webhook, target) || target.form === 'template';
  const before = applies ? undefined : policiesBefore(review, context, request);
  const states: ContainerState[] = [];
  for (const view of containers.judged) {
    const winner = winnerOf(policies, view);
    let outcome: AssignmentOutcome | undefined;
    if (winner !== undefined) {
      const isUnconfined = (view.own.kind === 'Unset' ? podField : view.own).kind === 'Unconfined';
      const repairs = !isUnconfined || mayReplaceUnconfined(rules, review, winner.policy, view, context.now);
      outcome = assign(winner, view, podField, rules.catalogue, repairs);
    }
    const given =
      applies && outcome?.action === 'write' && outcome.target.kind === 'field' ? outcome.target : undefined;
    const after = given === undefined ? view.own : given.field;
    const rolloutGrace = before === undefined ? undefined : rolloutGraceOf(before(), view, podField);
    states.push({ view, path: containerPath(target, view), winner, outcome, after, rolloutGrace });
  }
  return states;
}

/** For pods that get nothing: their containers as they are. */
export function bareStates({ target, containers }: PodReview): readonly ContainerState[] {
  return containers.judged.map((view) => ({
    view,
    path: containerPath(target, view),
    winner: undefined,
    outcome: undefined,
    after: view.own,
    rolloutGrace: undefined,
  }));
}

interface Before {
  readonly rules: RuleSet;
  readonly policies: PodReview['policies'];
}

function policiesBefore(
  { target }: PodReview,
  { previous, namespaceLabels }: DecisionContext,
  request: RequestFacts,
): (() => Before) | undefined {
  if (previous === undefined) return undefined;
  let before: Before | undefined;
  return () => {
    before ??= { rules: previous, policies: reviewPod(previous, request, target, namespaceLabels).policies };
    return before;
  };
}

/** Whether the set before would have left the container as it is, and whether what it has came from there. */
function rolloutGraceOf(
  { rules, policies }: Before,
  view: ContainerView,
  podField: ProfileField,
): RolloutGrace | undefined {
  const winner = winnerOf(policies, view);
  if (winner === undefined) return { given: undefined };
  const outcome = assign(winner, view, podField, rules.catalogue, true);
  if (outcome.action === 'write' || outcome.action === 'refuse') return undefined;
  const effective = view.own.kind === 'Unset' ? podField : view.own;
  if (outcome.action === 'leave' || !gives(outcome, effective)) return { given: undefined };
  return { given: { winner, outcome, catalogue: rules.catalogue } };
}
