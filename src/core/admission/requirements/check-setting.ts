import { judgeProfile, type Requirement } from '../../policy/rules/requirement.js';
import type { PolicyMode } from '../../policy/schema/policy-schema.js';
import { oneLine } from '../../text/quoted.js';
import { type ContainerState, type FieldReading, gives } from '../assign/container-state.js';
import { isWindows, type PodReview } from '../request/pod-review.js';
import { fieldText, type ProfileField } from '../request/profile-field.js';
import { malformedAdvice, profileAdvice, unconfinedAdvice } from './advice.js';
import { addExempted, exemptionForAll, NOT_EXEMPT } from './exemption.js';
import type { ViolationText } from './finding-list.js';
import type { PodEvaluation } from './pod-evaluation.js';
import type { Meaning, ProfileSetting } from './profile-setting.js';

/**
 * Judges one setting by the profiles and the ceiling of a requirement.
 * @param meaning what it means to the containers that both the setting and the requirement are for
 * @param refused gets those whose profile is refused
 */
export function checkSetting(
  requirement: Requirement,
  mode: PolicyMode,
  evaluation: PodEvaluation,
  setting: ProfileSetting,
  meaning: Meaning,
  refused: Set<ContainerState>,
): void {
  const { field } = setting;
  const { reading, states: concerned } = meaning;
  const verdict = reading.ok ? judgeProfile(requirement, reading.subject, evaluation.rules.catalogue) : reading.code;
  if (verdict === 'satisfied') return;
  const lifted = reading.ok
    ? exemptionForAll(evaluation, requirement.policy.name, reading.subject, concerned, setting.isPod)
    : NOT_EXEMPT;
  if (!lifted.ok && refuses(mode, evaluation.review)) for (const state of concerned) refused.add(state);
  if (evaluation.findings.onlyCounts(lifted.ok ? undefined : mode)) return;
  const requested = setting.isPod ? fieldText(field) : requestedOf(setting);
  const finding = {
    code: codeOf(verdict, field, reading),
    mode,
    requested,
    effective: effectiveOf(evaluation, setting),
    expected: requirement.allows,
    policy: requirement.policy,
    ...setting.place(concerned),
  };
  if (lifted.ok) {
    addExempted(evaluation, finding, lifted, setting.who());
    return;
  }
  const text: ViolationText = {
    who: setting.who(),
    where: setting.where(concerned),
    note: lifted.note,
    ...describe(requirement, evaluation, setting, reading, verdict),
    ...(isWindows(evaluation.review.target.spec) ? WINDOWS_ADVICE : {}),
  };
  evaluation.findings.violation(finding, text);
}

/** The API server takes no field from such a pod. */
const WINDOWS_ADVICE = { advice: 'remove the field: Windows has no seccomp' };

/** Whether the pod is refused, now or when the template makes it. */
export function refuses(mode: PolicyMode, { target }: PodReview): boolean {
  return mode === 'Enforce' || (mode === 'Warn' && target.form === 'template');
}

function codeOf(verdict: string, field: ProfileField, reading: FieldReading): string {
  if (reading.ok && reading.subject.kind === 'Unconfined') return 'unconfined';
  return field.kind === 'Unset' ? 'unset' : verdict;
}

/** What was asked for, before a rule gave it something. */
function requestedOf({ states: [state], field }: ProfileSetting): string {
  return fieldText(state === undefined ? field : state.view.own);
}

function effectiveOf({ review }: PodEvaluation, { field }: ProfileSetting): string {
  return fieldText(field.kind === 'Unset' ? review.podField : field);
}

/** What is wrong, and what to do about it. */
function describe(
  requirement: Requirement,
  evaluation: PodEvaluation,
  setting: ProfileSetting,
  reading: FieldReading,
  verdict: string,
): Pick<ViolationText, 'what' | 'advice' | 'changesPolicy'> {
  const repairs = evaluation.repairs.for(setting, requirement);
  if (!reading.ok) return { what: oneLine(reading.what, 300), ...malformedAdvice(evaluation, setting, repairs) };
  const given = givenText(requirement, evaluation, setting, reading);
  if (given !== undefined) return { changesPolicy: true, ...given };
  const { field } = setting;
  if (reading.subject.kind === 'Unconfined')
    return {
      what: `has seccompProfile ${unconfinedText(field, reading)}`,
      ...unconfinedAdvice(evaluation, setting, repairs),
    };
  const advice = profileAdvice(evaluation, setting, repairs);
  if (field.kind === 'Unset') return { what: 'has no seccompProfile', ...advice };
  const value = oneLine(fieldText(field));
  const over = verdict === 'over-ceiling' ? `, which may allow what ${ceilingText(requirement)} refuses` : '';
  return { what: `has seccompProfile ${value}${over}`, ...advice };
}

/** Where a rule gives the container what is refused: that is not for the author of the pod to change. */
function givenText(
  { policy: refusing }: Requirement,
  { review }: PodEvaluation,
  { field, isPod, states: [state] }: ProfileSetting,
  reading: FieldReading & { readonly ok: true },
): Pick<ViolationText, 'what' | 'advice'> | undefined {
  if (isPod || state?.winner === undefined || state.outcome === undefined) return undefined;
  const { outcome, view } = state;
  if (outcome.action === 'leave' || outcome.target.kind !== 'field' || !gives(outcome, field)) return undefined;
  const { policy, rule } = state.winner;
  const { name } = policy.reference;
  const { fallback } = outcome.target;
  if (fallback !== undefined) {
    // One that a container has of its own would stay.
    if (view.own.kind !== 'Unset' && policy.existing === 'Keep') return undefined;
    const retry = review.target.form === 'update' ? 'create the pod again' : 'try again';
    return {
      what: `gets RuntimeDefault in the place of ${rule.profileText} from policy ${name} (rule ${rule.label}), since that is ${fallback}`,
      advice:
        fallback === 'not on the nodes yet'
          ? `${retry} when it is, or let policy ${refusing.name} allow RuntimeDefault`
          : `add ${rule.profileText} to the catalogue, or correct its name in policy ${name}`,
    };
  }
  const what = `gets ${rule.profileText} from policy ${name} (rule ${rule.label})`;
  if (reading.refusesNothing !== undefined)
    return {
      what: `${what}, and that refuses nothing, so it counts as Unconfined`,
      advice: 'assign another profile, or give the rule stage Record or Complain, or ask for a SeccompExemption',
    };
  return {
    what,
    advice:
      name === refusing.name
        ? `policy ${name} assigns what it does not allow, so change its assign or its require`
        : `policies ${name} and ${refusing.name} contradict each other, so change one of them`,
  };
}

/** What the field says, and why it counts as Unconfined where it does not say so. */
export function unconfinedText(field: ProfileField, reading: FieldReading): string {
  const value = oneLine(fieldText(field));
  return reading.ok && reading.refusesNothing !== undefined
    ? `${value}, and ${reading.refusesNothing} refuses nothing, so it counts as Unconfined`
    : value;
}

function ceilingText({ ceiling }: Requirement): string {
  return ceiling?.kind === 'Catalogue' ? ceiling.name : 'RuntimeDefault';
}
