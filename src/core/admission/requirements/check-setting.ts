import { coveredBySome, judgeProfile, type Requirement } from '../../policy/rules/requirement.js';
import type { PolicyMode } from '../../policy/schema/policy-schema.js';
import { oneLine } from '../../text/quoted.js';
import { type ContainerState, gives } from '../assign/container-state.js';
import { fieldText } from '../request/profile-field.js';
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
  const { reading, field } = setting;
  const verdict = reading.ok ? judgeProfile(requirement, reading.subject, evaluation.rules.catalogue) : reading.code;
  if (verdict === 'satisfied') return;
  const refuses = mode === 'Enforce' || (mode === 'Warn' && evaluation.review.target.form === 'template');
  if (refuses) for (const state of setting.states) refused.add(state);
  const lifted = reading.ok
    ? exemptionForAll(evaluation, requirement.policy.name, reading.subject, concerned, setting.isPod)
    : NOT_EXEMPT;
  if (evaluation.findings.onlyCounts(lifted.ok ? undefined : mode)) return;
  const requested = setting.isPod ? fieldText(field) : requestedOf(setting);
  const finding = {
    code: codeOf(verdict, setting),
    mode,
    requested,
    effective: effectiveOf(evaluation, setting),
    expected: requirement.allows,
    policy: requirement.policy,
    ...setting.place(),
  };
  if (lifted.ok) {
    addExempted(evaluation, finding, lifted, setting.who());
    return;
  }
  const text: ViolationText = {
    who: setting.who(),
    where: setting.where(),
    note: lifted.note,
    ...describe(requirement, setting, verdict),
  };
  evaluation.findings.violation(finding, text);
}

function codeOf(verdict: string, { field, reading }: ProfileSetting): string {
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
  setting: ProfileSetting,
  verdict: string,
): Pick<ViolationText, 'what' | 'advice'> {
  const { reading, field, isPod, states } = setting;
  if (!reading.ok) return { what: oneLine(reading.what, 300), advice: reading.advice };
  const state = isPod ? undefined : states[0];
  const { winner, outcome } = state ?? {};
  if (winner !== undefined && outcome !== undefined && outcome.action !== 'leave' && gives(outcome, field)) {
    const { policy, rule } = winner;
    const isOwn = policy.reference.name === requirement.policy.name;
    const what = `gets ${rule.profileText} from policy ${policy.reference.name} (rule ${rule.label})`;
    if (reading.refusesNothing !== undefined)
      return {
        what: `${what}, and that refuses nothing, so it counts as Unconfined`,
        advice: 'assign another profile, or give the rule stage Record or Complain, or ask for a SeccompExemption',
      };
    return {
      what,
      advice: isOwn
        ? 'the policy assigns what it does not allow, so change its assign or its require'
        : `policies ${policy.reference.name} and ${requirement.policy.name} contradict each other, so change one of them`,
    };
  }
  const value = oneLine(fieldText(field));
  const advice = adviceFor(requirement);
  if (field.kind === 'Unset') return { what: 'has no seccompProfile', advice };
  const remove = isPod ? "remove it from the pod's securityContext" : 'remove it';
  if (reading.subject.kind === 'Unconfined')
    return {
      what: `has seccompProfile ${unconfinedText(setting)}`,
      advice: `${remove} or ${advice}, or ask for a SeccompExemption`,
    };
  if (verdict === 'over-ceiling') {
    const ceiling = requirement.ceiling === undefined ? '' : ceilingText(requirement);
    return { what: `has seccompProfile ${value}, which may allow what ${ceiling} refuses`, advice };
  }
  return { what: `has seccompProfile ${value}`, advice };
}

/** What the field says, and why it counts as Unconfined where it does not say so. */
export function unconfinedText({ field, reading }: ProfileSetting): string {
  const value = oneLine(fieldText(field));
  return reading.ok && reading.refusesNothing !== undefined
    ? `${value}, and ${reading.refusesNothing} refuses nothing, so it counts as Unconfined`
    : value;
}

function ceilingText({ ceiling }: Requirement): string {
  return ceiling?.kind === 'Catalogue' ? ceiling.name : 'RuntimeDefault';
}

function adviceFor({ profiles, ceiling, allows }: Requirement): string {
  const allowsDefault =
    (profiles === undefined || coveredBySome(profiles, { kind: 'RuntimeDefault' })) &&
    (ceiling === undefined || ceiling.kind === 'RuntimeDefault');
  return allowsDefault ? 'set type RuntimeDefault' : `allowed is ${oneLine(allows)}`;
}
