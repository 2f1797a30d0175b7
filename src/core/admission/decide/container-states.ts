import type { RuleSet } from '../../policy/rules/rule-set.js';
import { type AssignmentOutcome, assign, type Winner, winnerOf } from '../assign/assign.js';
import { isUnconfinedField } from '../assign/catalogue-file.js';
import { type ContainerState, gives, type RolloutGrace } from '../assign/container-state.js';
import type { Webhook } from '../decision.js';
import type { DecisionContext } from '../decision-context.js';
import type { ContainerView } from '../request/container-view.js';
import { containerPath } from '../request/pod-containers.js';
import { type PodReview, reviewPod } from '../request/pod-review.js';
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
  const { target, policies, containers } = review;
  const applies = writes(webhook, target) || target.form === 'template';
  const before = applies ? undefined : policiesBefore(review, context, request);
  const states: ContainerState[] = [];
  for (const view of containers.judged) {
    const winner = winnerOf(policies, view);
    let outcome: AssignmentOutcome | undefined;
    if (winner !== undefined) {
      outcome = outcomeFor(winner, rules, review, view, context.now);
    }
    const given =
      applies && outcome?.action === 'write' && outcome.target.kind === 'field' ? outcome.target : undefined;
    const after = given === undefined ? view.own : given.field;
    const rolloutGrace = before === undefined ? undefined : rolloutGraceOf(before(), view, context.now);
    states.push({ view, path: containerPath(target, view), winner, outcome, after, rolloutGrace });
  }
  return states;
}

function outcomeFor(
  winner: Winner,
  rules: RuleSet,
  review: PodReview,
  view: ContainerView,
  now: number,
): AssignmentOutcome {
  const { podField } = review;
  const { catalogue } = rules;
  const isUnconfined = isUnconfinedField(view.own.kind === 'Unset' ? podField : view.own, view, catalogue);
  const repairs = !isUnconfined || mayReplaceUnconfined(rules, review, winner.policy, view, now);
  return assign(winner, view, podField, catalogue, repairs);
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
  readonly review: PodReview;
}

function policiesBefore(
  { target }: PodReview,
  { previous, namespaceLabels }: DecisionContext,
  request: RequestFacts,
): (() => Before) | undefined {
  if (previous === undefined) return undefined;
  let before: Before | undefined;
  return () => {
    before ??= { rules: previous, review: reviewPod(previous, request, target, namespaceLabels) };
    return before;
  };
}

/** Whether the set before would have left the container as it is, and whether what it has came from there. */
function rolloutGraceOf({ rules, review }: Before, view: ContainerView, now: number): RolloutGrace | undefined {
  const winner = winnerOf(review.policies, view);
  if (winner === undefined) return { given: undefined };
  const outcome = outcomeFor(winner, rules, review, view, now);
  if (outcome.action === 'write' || outcome.action === 'refuse') return undefined;
  const effective = view.own.kind === 'Unset' ? review.podField : view.own;
  if (outcome.action === 'leave' || !gives(outcome, effective)) return { given: undefined };
  return { given: { winner, outcome, catalogue: rules.catalogue } };
}
