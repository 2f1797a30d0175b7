import type { ProfileSubject } from '../../policy/match/profile-reference.js';
import { type CompiledPolicy, ruleFor } from '../../policy/rules/compiled-policy.js';
import { coveredBySome, judgeProfile, judgesProfiles } from '../../policy/rules/requirement.js';
import type { RuleSet } from '../../policy/rules/rule-set.js';
import type { PolicyMode } from '../../policy/schema/policy-schema.js';
import { type ContainerState, gives } from '../assign/container-state.js';
import type { ContainerView } from '../request/container-view.js';
import type { PodReview } from '../request/pod-review.js';
import { fieldText } from '../request/profile-field.js';
import { unconfinedAdvice } from './advice.js';
import { unconfinedText } from './check-setting.js';
import { addExempted, exemptionFor, exemptionForAll } from './exemption.js';
import type { PodEvaluation } from './pod-evaluation.js';
import type { ProfileSetting } from './profile-setting.js';

export const UNCONFINED_SUBJECT: ProfileSubject = { kind: 'Unconfined' };

/**
 * A policy refuses the Unconfined that stays where one of its rules matches, whichever rule won and whatever other policies
 * allow; where its own requirement is for the container, that one has judged already.
 * @param refused the containers that some requirement refuses for it: they are told of already
 * @returns those that are refused now
 */
export function checkUnconfined(
  policy: CompiledPolicy,
  evaluation: PodEvaluation,
  setting: ProfileSetting,
  refused: ReadonlySet<ContainerState>,
): readonly ContainerState[] {
  const { findings, review } = evaluation;
  const meaning = setting.unconfined;
  if (meaning === undefined) return NONE;
  const concerned = meaning.states.filter(
    (state) => !refused.has(state) && !gaveIt(policy, state, setting) && refusesUnconfined(policy, state.view, review),
  );
  if (concerned.length === 0) return NONE;
  const mode = modeOf(policy, review);
  const lifted = exemptionForAll(evaluation, policy.reference.name, UNCONFINED_SUBJECT, concerned, setting.isPod);
  const nowRefused = !lifted.ok && mode === 'Enforce' ? concerned : NONE;
  if (findings.onlyCounts(lifted.ok ? undefined : mode)) return nowRefused;
  const value = fieldText(setting.field);
  const expected = [...new Set(concerned.map(({ view }) => ruleFor(policy, view)?.profileText))].sort().join(', ');
  const finding = {
    code: 'unconfined',
    mode,
    requested: value,
    effective: value,
    expected,
    policy: policy.reference,
    ...setting.place(concerned),
  };
  if (lifted.ok) {
    const exemptions = lifted.exemptions.filter((one) => !findings.isExempted(finding.fieldPath, one));
    addExempted(evaluation, finding, { ok: true, exemptions }, setting.who());
    return NONE;
  }
  const repairs = evaluation.repairs.for(setting, undefined);
  const isGiven = concerned.every(({ winner }) => winner?.policy === policy);
  const given = isGiven ? `the policy gives ${expected}` : 'the first rule that matches gives a profile';
  const isRemoved =
    repairs.removal === 'allowed' &&
    !(setting.isPod && review.target.form === 'ephemeral') &&
    concerned.every(({ winner }) => winner !== undefined);
  findings.violation(finding, {
    who: setting.who(),
    what: `has seccompProfile ${unconfinedText(setting.field, meaning.reading)}`,
    ...(isRemoved ? { advice: `remove it, and ${given}` } : unconfinedAdvice(evaluation, setting, repairs)),
    where: setting.where(concerned),
    note: lifted.note,
  });
  return nowRefused;
}

const NONE: readonly never[] = [];

/** A profile that refuses nothing, assigned by the policy itself. */
function gaveIt(policy: CompiledPolicy, { winner, outcome }: ContainerState, { field }: ProfileSetting): boolean {
  return winner?.policy === policy && outcome !== undefined && gives(outcome, field);
}

/** A template's pods are refused, the template is warned of. */
function modeOf({ mode }: CompiledPolicy, { target }: PodReview): PolicyMode {
  return mode === 'Enforce' && target.form === 'template' ? 'Warn' : mode;
}

/** Whether a rule of the policy matches the container, and no requirement of its own judges what profile it may have. */
function refusesUnconfined(policy: CompiledPolicy, view: ContainerView, { target }: PodReview): boolean {
  const { requirement } = policy;
  if (requirement !== undefined && (requirement.types & view.bit) !== 0) {
    const isJudged = target.form !== 'template' || requirement.templates !== 'Ignore';
    if (isJudged ? judgesProfiles(requirement) : allowsUnconfined(policy)) return false;
  }
  // Outside mode Enforce it is told that the rule would replace it.
  if (policy.mode !== 'Enforce' && policy.unconfined === 'Replace' && view.own.kind === 'Unconfined') return false;
  return ruleFor(policy, view) !== undefined;
}

function allowsUnconfined({ requirement }: CompiledPolicy): boolean {
  return requirement?.profiles !== undefined && coveredBySome(requirement.profiles, UNCONFINED_SUBJECT);
}

/**
 * Whether `unconfined: Replace` of the winner repairs an Unconfined: not where exemptions lift the winner's own and every
 * requirement and policy that refuses it, since then nothing is wrong.
 */
export function mayReplaceUnconfined(
  rules: RuleSet,
  review: PodReview,
  winner: CompiledPolicy,
  view: ContainerView,
  now: number,
): boolean {
  const term = { now, longest: rules.longestExemption };
  const isExempt = (name: string): boolean =>
    exemptionFor(review.exemptionsLifting(name, UNCONFINED_SUBJECT), view, term).inForce !== undefined;
  if (!isExempt(winner.reference.name)) return true;
  const refuses = ({ requirement }: Pick<CompiledPolicy, 'requirement'>): boolean =>
    requirement !== undefined &&
    (requirement.types & view.bit) !== 0 &&
    judgesProfiles(requirement) &&
    judgeProfile(requirement, UNCONFINED_SUBJECT, rules.catalogue) !== 'satisfied';
  for (const policy of review.policies)
    if (
      policy.mode === 'Enforce' &&
      (refuses(policy) || refusesUnconfined(policy, view, review)) &&
      !isExempt(policy.reference.name)
    )
      return true;
  const { builtIn } = rules;
  return builtIn !== undefined && refuses({ requirement: builtIn }) && !isExempt(builtIn.policy.name);
}
