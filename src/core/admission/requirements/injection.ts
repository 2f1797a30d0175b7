import { oneLine } from '../../text/quoted.js';
import { type ContainerState, readingOf } from '../assign/container-state.js';
import { fieldText } from '../request/profile-field.js';
import { addExempted, exemptionForAll, NOT_EXEMPT } from './exemption.js';
import { containerName } from './finding-list.js';
import type { PodEvaluation } from './pod-evaluation.js';
import { containerPlace, PROFILE_FIELD } from './profile-setting.js';

/**
 * `/validate` sees a container that `/mutate` would have changed. A pod that runs is past that: whoever gives one of its containers
 * an image that would get another profile is warned, since the field cannot follow.
 */
export function checkInjection(
  evaluation: PodEvaluation,
  state: ContainerState,
  refused: ReadonlySet<ContainerState>,
): void {
  const { review, findings, rules, webhook } = evaluation;
  const { winner, view, path, rolloutGrace, after } = state;
  const { form } = review.target;
  if (webhook !== 'validate' || form === 'template' || winner === undefined || rolloutGrace !== undefined) return;
  const effective = after.kind === 'Unset' ? review.podField : after;
  if (refused.has(state) && (form === 'update' || effective.kind === 'Unconfined')) return;
  const { policy, rule } = winner;
  const finding = {
    code: 'not-injected',
    mode: form === 'update' ? 'Warn' : 'Enforce',
    fieldPath: `${path}.${PROFILE_FIELD}`,
    requested: fieldText(view.own),
    effective: fieldText(effective),
    expected: rule.profileText,
    policy: policy.reference,
    ...containerPlace(state),
  } as const;
  const who = containerName(view.name, path);
  const reading = readingOf(effective, state, rules.catalogue);
  const lifted = reading.ok
    ? exemptionForAll(evaluation, policy.reference.name, reading.subject, [state], false)
    : NOT_EXEMPT;
  if (lifted.ok) {
    addExempted(evaluation, finding, lifted, who);
    return;
  }
  const has = effective.kind === 'Unset' ? 'no seccompProfile' : `seccompProfile ${oneLine(fieldText(effective))}`;
  if (form === 'update') {
    if (findings.onlyCounts(undefined)) return;
    const keeps = `${who} keeps ${has}`;
    const message = `${keeps}, and its new image would get ${rule.profileText} from policy ${policy.reference.name} (rule ${rule.label}): a pod that runs cannot be changed, so create it again`;
    findings.add({ ...finding, kind: 'warning', message });
    findings.warn(keeps, ` and not ${rule.profileText}: create the pod again`);
    return;
  }
  findings.violation(finding, {
    who,
    what: `has ${has}`,
    relation: `and not ${rule.profileText} as assigned by`,
    advice: `not injected: the mutating webhook did not run, or another webhook changed it after ours; ${form === 'ephemeral' ? 'add the debug container again' : 'create the pod again'}`,
    where: `${path}.${PROFILE_FIELD}`,
    note: lifted.note,
  });
}
