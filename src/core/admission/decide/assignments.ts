import type { AssignmentOutcome, Winner } from '../assign/assign.js';
import type { ContainerState } from '../assign/container-state.js';
import type { Assignment } from '../decision.js';
import { fieldText, type ProfileField, sameField } from '../request/profile-field.js';
import type { PodEvaluation } from '../requirements/pod-evaluation.js';

const NONE: readonly Assignment[] = [];

/** What each container got, or has already, and from which rule; nothing for one that is refused or that no rule is for. */
export function assignmentsOf({ review, states }: PodEvaluation): readonly Assignment[] {
  let assignments: Assignment[] | undefined;
  for (const state of states) {
    const assignment = assignmentOf(state, review.podField);
    if (assignment === undefined) continue;
    assignments ??= [];
    assignments.push(assignment);
  }
  return assignments ?? NONE;
}

/** Of one container; undefined where it got nothing. */
export function assignmentOf(state: ContainerState, podField: ProfileField): Assignment | undefined {
  const { winner, outcome, after, rolloutGrace } = state;
  const given = rolloutGrace?.given;
  const effective = after.kind === 'Unset' ? podField : after;
  if (outcome !== undefined && winner !== undefined) {
    if (outcome.action === 'none' && (outcome.result !== 'kept' || given === undefined))
      return made(state, winner, resultOf(outcome), effective);
    if (outcome.action === 'write' && outcome.target.kind === 'field' && sameField(outcome.target.field, after))
      return made(state, winner, resultOf(outcome), after);
  }
  return given === undefined ? undefined : made(state, given.winner, 'unchanged', effective);
}

function resultOf(outcome: Extract<AssignmentOutcome, { action: 'write' | 'none' }>): Assignment['result'] {
  return outcome.result !== 'kept' && outcome.target.kind === 'field' && outcome.target.fallback !== undefined
    ? 'fallback'
    : outcome.result;
}

function made(
  { view }: ContainerState,
  { policy, rule }: Winner,
  result: Assignment['result'],
  effective: ProfileField,
): Assignment {
  return {
    container: view.name,
    containerType: view.type,
    policy: policy.reference,
    rule: rule.label,
    stage: rule.stage,
    profile: rule.profileText,
    effective: fieldText(effective),
    result,
  };
}
