import { type CompiledPolicy, ruleFor } from '../../policy/rules/compiled-policy.js';
import { oneLine } from '../../text/quoted.js';
import { assign } from '../assign/assign.js';
import type { ContainerState } from '../assign/container-state.js';
import { fieldText } from '../request/profile-field.js';
import { containerName } from '../requirements/finding-list.js';
import type { PodEvaluation } from '../requirements/pod-evaluation.js';
import { containerPlace, PROFILE_FIELD } from '../requirements/profile-setting.js';

/** Says what the rules of policies in Warn and Audit mode would have done, was their policy in Enforce mode. */
export function addDryRunAssignments(evaluation: PodEvaluation): void {
  const { review, states } = evaluation;
  if (review.target.form === 'update') return;
  for (const policy of review.policies)
    if (policy.mode !== 'Enforce' && policy.rules.length > 0)
      for (const state of states) addFor(evaluation, policy, state);
}

function addFor({ review, rules, findings }: PodEvaluation, policy: CompiledPolicy, state: ContainerState): void {
  const { view, winner, path, after } = state;
  if (winner !== undefined && winner.policy.rank < policy.rank) return;
  const rule = ruleFor(policy, view);
  if (rule === undefined) return;
  const outcome = assign({ policy, rule }, view, review.podField, rules.catalogue, true);
  if ((outcome.action !== 'write' && outcome.action !== 'refuse') || findings.onlyCounts(undefined)) return;
  const who = containerName(view.name, path);
  const does =
    outcome.action === 'write' ? `give ${who} ${rule.profileText}` : `refuse ${who} without ${rule.profileText}`;
  const effective = after.kind === 'Unset' ? review.podField : after;
  if (policy.mode === 'Warn') findings.warn(`policy ${policy.reference.name} (Warn) would ${does}`);
  findings.add({
    kind: 'warning',
    code: 'would-assign',
    mode: policy.mode,
    ...containerPlace(state),
    fieldPath: `${path}.${PROFILE_FIELD}`,
    requested: fieldText(view.own),
    effective: fieldText(effective),
    expected: rule.profileText,
    policy: policy.reference,
    message: `policy ${policy.reference.name} (${policy.mode}, rule ${rule.label}) would ${does}, which has ${oneLine(fieldText(effective))}`,
  });
}
