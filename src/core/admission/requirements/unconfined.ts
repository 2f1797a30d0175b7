import type { ProfileSubject } from '../../policy/match/profile-reference.js';
import type { CompiledPolicy } from '../../policy/rules/compiled-policy.js';
import { coveredBySome, judgeProfile, judgesProfiles, type Requirement } from '../../policy/rules/requirement.js';
import type { RuleSet } from '../../policy/rules/rule-set.js';
import { type ContainerState, gives } from '../assign/container-state.js';
import type { ContainerView } from '../request/container-view.js';
import type { PodReview } from '../request/pod-review.js';
import { fieldText } from '../request/profile-field.js';
import { unconfinedText } from './check-setting.js';
import { addExempted, exemptionFor, exemptionForAll } from './exemption.js';
import type { PodEvaluation } from './pod-evaluation.js';
import type { ProfileSetting } from './profile-setting.js';

export const UNCONFINED_SUBJECT: ProfileSubject = { kind: 'Unconfined' };

/** `unconfined: Deny` refuses where a rule matches, even where no requirement does. */
export function checkUnconfined(
  evaluation: PodEvaluation,
  setting: ProfileSetting,
  refused: ReadonlySet<ContainerState>,
): void {
  const { review } = evaluation;
  if (setting.states.every((state) => refused.has(state))) return;
  for (const state of setting.states) {
    const policy = state.winner?.policy;
    if (policy === undefined || refused.has(state)) continue;
    // A profile that refuses nothing, as the policy itself has it.
    if (state.outcome !== undefined && gives(state.outcome, setting.field)) continue;
    const profiles = policy.requirement?.profiles;
    if (profiles !== undefined && coveredBySome(profiles, UNCONFINED_SUBJECT)) continue;
    const mode = review.target.form === 'template' ? 'Warn' : 'Enforce';
    const { name } = policy.reference;
    const finding = {
      code: 'unconfined',
      mode,
      requested: fieldText(setting.field),
      effective: fieldText(setting.field),
      expected: state.winner?.rule.profileText ?? '',
      policy: policy.reference,
      ...setting.place(),
    } as const;
    const lifted = exemptionForAll(evaluation, name, UNCONFINED_SUBJECT, setting.states, setting.isPod);
    if (lifted.ok) addExempted(evaluation, finding, lifted, setting.who());
    else
      evaluation.findings.violation(finding, {
        who: setting.who(),
        what: `has seccompProfile ${unconfinedText(setting)}`,
        advice: `remove it, and the policy gives ${finding.expected}`,
        where: setting.where(),
        note: lifted.note,
      });
    return;
  }
}

/**
 * Whether `unconfined: Replace` repairs a container's own Unconfined: not where exemptions lift every requirement that refuses
 * it, since then nothing is wrong.
 */
export function mayReplaceUnconfined(
  rules: RuleSet,
  review: PodReview,
  policy: CompiledPolicy,
  view: ContainerView,
  now: number,
): boolean {
  const term = { now, longest: rules.longestExemption };
  const isExempt = (name: string): boolean =>
    exemptionFor(review.exemptionsLifting(name, UNCONFINED_SUBJECT), view, term).ok;
  let refusing = 0;
  for (const requirement of enforcedOf(rules, review)) {
    if ((requirement.types & view.bit) === 0 || !judgesProfiles(requirement)) continue;
    if (judgeProfile(requirement, UNCONFINED_SUBJECT, rules.catalogue) === 'satisfied') continue;
    if (!isExempt(requirement.policy.name)) return true;
    refusing += 1;
  }
  return refusing === 0 && !isExempt(policy.reference.name);
}

function* enforcedOf(rules: RuleSet, { policies }: PodReview): Generator<Requirement> {
  for (const { mode, requirement } of policies) if (mode === 'Enforce' && requirement !== undefined) yield requirement;
  if (rules.builtIn !== undefined) yield rules.builtIn;
}
