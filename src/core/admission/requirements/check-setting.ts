import { coveredBySome, judgeProfile, type Requirement } from '../../policy/rules/requirement.js';
import type { PolicyMode } from '../../policy/schema/policy-schema.js';
import { oneLine } from '../../text/quoted.js';
import { type ContainerState, type FieldReading, gives } from '../assign/container-state.js';
import { isWindows, type PodReview } from '../request/pod-review.js';
import { fieldText, type ProfileField, UNSET } from '../request/profile-field.js';
import { OWN_PROFILE_FOR_DEBUG } from './advice.js';
import { addExempted, exemptionForAll, NOT_EXEMPT } from './exemption.js';
import type { ViolationText } from './finding-list.js';
import type { PodEvaluation } from './pod-evaluation.js';
import type { ProfileSetting } from './profile-setting.js';

/**
 * Judges one setting by the profiles and the ceiling of a requirement.
 * @param concerned the containers that both the setting and the requirement are for
 * @param refused gets those whose profile is refused
 */
export function checkSetting(
  requirement: Requirement,
  mode: PolicyMode,
  evaluation: PodEvaluation,
  setting: ProfileSetting,
  concerned: readonly ContainerState[],
  refused: Set<ContainerState>,
): void {
  const { field } = setting;
  const reading = setting.readingFor(concerned);
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
    ...describe(requirement, evaluation, setting, concerned, verdict),
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
  { review }: PodEvaluation,
  setting: ProfileSetting,
  concerned: readonly ContainerState[],
  verdict: string,
): Pick<ViolationText, 'what' | 'advice' | 'changesPolicy'> {
  const { field, isPod, states } = setting;
  const isFixed = isPod && review.target.form === 'ephemeral';
  const reading = setting.readingFor(concerned);
  if (!reading.ok)
    return { what: oneLine(reading.what, 300), advice: isFixed ? debugAdvice(requirement) : reading.advice };
  const state = isPod ? undefined : states[0];
  const { winner, outcome } = state ?? {};
  if (winner !== undefined && outcome !== undefined && outcome.action !== 'leave' && gives(outcome, field)) {
    const { policy, rule } = winner;
    const isOwn = policy.reference.name === requirement.policy.name;
    const what = `gets ${rule.profileText} from policy ${policy.reference.name} (rule ${rule.label})`;
    if (reading.refusesNothing !== undefined)
      return {
        changesPolicy: true,
        what: `${what}, and that refuses nothing, so it counts as Unconfined`,
        advice: 'assign another profile, or give the rule stage Record or Complain, or ask for a SeccompExemption',
      };
    return {
      changesPolicy: true,
      what,
      advice: isOwn
        ? 'the policy assigns what it does not allow, so change its assign or its require'
        : `policies ${policy.reference.name} and ${requirement.policy.name} contradict each other, so change one of them`,
    };
  }
  const value = oneLine(fieldText(field));
  const advice = isFixed ? debugAdvice(requirement) : adviceFor(requirement);
  if (field.kind === 'Unset') return { what: 'has no seccompProfile', advice };
  if (reading.subject.kind === 'Unconfined') {
    const remove = isPod ? "remove it from the pod's securityContext" : 'remove it';
    const helps = !isFixed && removalHelps(requirement, isPod ? UNSET : review.podField, concerned);
    return {
      what: `has seccompProfile ${unconfinedText(field, reading)}`,
      advice: `${helps ? `${remove} or ` : ''}${advice}, or ask for a SeccompExemption`,
    };
  }
  if (verdict === 'over-ceiling') {
    const ceiling = requirement.ceiling === undefined ? '' : ceilingText(requirement);
    return { what: `has seccompProfile ${value}, which may allow what ${ceiling} refuses`, advice };
  }
  return { what: `has seccompProfile ${value}`, advice };
}

/** Whether those without the field then get a profile, or need none; `inherited` is what they have instead. */
function removalHelps(
  { profiles }: Requirement,
  inherited: ProfileField,
  concerned: readonly ContainerState[],
): boolean {
  if (inherited.kind === 'Unconfined') return false;
  return (
    concerned.every(({ winner }) => winner !== undefined) ||
    (profiles !== undefined && coveredBySome(profiles, { kind: 'Unset' }))
  );
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

function adviceFor(requirement: Requirement): string {
  return allowsDefault(requirement) ? 'set type RuntimeDefault' : `allowed is ${oneLine(requirement.allows)}`;
}

function debugAdvice(requirement: Requirement): string {
  return allowsDefault(requirement)
    ? OWN_PROFILE_FOR_DEBUG
    : `give the debug container a profile of its own: allowed is ${oneLine(requirement.allows)}`;
}

function allowsDefault({ profiles, ceiling }: Requirement): boolean {
  return (
    (profiles === undefined || coveredBySome(profiles, { kind: 'RuntimeDefault' })) &&
    (ceiling === undefined || ceiling.kind === 'RuntimeDefault')
  );
}
