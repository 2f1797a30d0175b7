import type { Absence } from '../assign/assign.js';
import type { ContainerState } from '../assign/container-state.js';
import { fieldText } from '../request/profile-field.js';
import { containerName } from './finding-list.js';
import type { PodEvaluation } from './pod-evaluation.js';
import { containerPlace, PROFILE_FIELD } from './profile-setting.js';

/** Refuses a container whose assigned profile cannot be given, where the policy wants that. */
export function refuseUnavailable(evaluation: PodEvaluation, state: ContainerState, absence: Absence): void {
  const { review, findings } = evaluation;
  const { winner, view, path, rolloutGrace } = state;
  if (winner === undefined || review.target.form === 'update' || rolloutGrace !== undefined) return;
  const { policy, rule } = winner;
  findings.violation(
    {
      code: 'unavailable',
      mode: review.target.form === 'template' ? 'Warn' : 'Enforce',
      fieldPath: `${path}.${PROFILE_FIELD}`,
      requested: fieldText(view.own),
      effective: fieldText(view.own.kind === 'Unset' ? review.podField : view.own),
      expected: rule.profileText,
      policy: policy.reference,
      ...containerPlace(state),
    },
    {
      who: containerName(view.name, path),
      what: `is to get ${rule.profileText} from rule ${rule.label}, which is ${absence}`,
      relation: 'refused by',
      advice:
        absence === 'not in the catalogue'
          ? 'add the profile to the catalogue, or correct its name in the policy'
          : 'try again when it is, or set unavailable: RuntimeDefault in the policy',
      where: `${path}.${PROFILE_FIELD}`,
    },
  );
}

/** Says where a container got RuntimeDefault in place of a profile, or a profile that is not there yet. */
export function addAvailability({ findings, review }: PodEvaluation, state: ContainerState): void {
  const { winner, outcome, view, path } = state;
  if (winner === undefined || outcome?.target.kind !== 'field' || review.target.form === 'update') return;
  const { fallback, missing } = outcome.target;
  if ((fallback === undefined && !missing) || findings.onlyCounts(undefined)) return;
  const { policy, rule } = winner;
  const who = containerName(view.name, path);
  const text =
    fallback !== undefined
      ? `${who} gets RuntimeDefault instead of ${rule.profileText}`
      : `${who} gets ${rule.profileText}, and cannot start before it is on its node`;
  findings.add({
    kind: fallback === undefined ? 'warning' : 'fallback',
    code: 'unavailable',
    mode: 'Warn',
    fieldPath: `${path}.${PROFILE_FIELD}`,
    requested: fieldText(view.own),
    effective: fieldText(state.after),
    expected: rule.profileText,
    policy: policy.reference,
    message: `${text}: the profile is ${fallback ?? 'not on the nodes yet'} (policy ${policy.reference.name}, rule ${rule.label})`,
    ...containerPlace(state),
  });
  findings.warn(text, fallback === undefined ? '' : `, which is ${fallback}`);
}
