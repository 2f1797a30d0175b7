import { whyOutOfScope } from '../../policy/rules/pod-scope.js';
import type { Requirement } from '../../policy/rules/requirement.js';
import type { RuleSet } from '../../policy/rules/rule-set.js';
import type { Decision, Finding } from '../decision.js';
import type { PodReview } from '../request/pod-review.js';
import type { ExplainedRequirement } from './explanation.js';

/** What a policy without `require` allows. */
const ONLY_RULES = 'anything but Unconfined where one of its rules matches';

export function explainedRequirements(
  rules: RuleSet,
  review: PodReview,
  decision: Decision,
): readonly ExplainedRequirement[] {
  const explained: ExplainedRequirement[] = [];
  for (const { requirement, document, scope, reference, mode } of rules.allPolicies()) {
    if (requirement === undefined) {
      const isAbout = ({ code, policy }: Finding): boolean =>
        (code === 'unconfined' || code === 'unavailable') && policy.name === reference.name;
      if (!decision.findings.some(isAbout)) continue;
      const implied = { policy: reference, mode, allows: ONLY_RULES, templates: 'Warn' } as const;
      explained.push({ ...explainedRequirement(implied, review, decision), place: document.placeOf('spec') });
      continue;
    }
    const place = document.placeOf('spec.require');
    const out = whyOutOfScope(scope, review.facts);
    if (out === undefined) explained.push({ ...explainedRequirement(requirement, review, decision), place });
    else {
      const { policy, mode, allows } = requirement;
      explained.push({ policy, mode, place, allows, outcome: 'not-matching', reason: out });
    }
  }
  if (rules.builtIn !== undefined) explained.push(explainedRequirement(rules.builtIn, review, decision));
  return explained;
}

function explainedRequirement(
  { policy, mode, allows, templates }: Pick<Requirement, 'policy' | 'mode' | 'allows' | 'templates'>,
  { target }: PodReview,
  { findings }: Decision,
): ExplainedRequirement {
  const common = { policy, mode, allows };
  const own = findings.filter((finding) => finding.policy.name === policy.name);
  const violations = own.filter(({ kind }) => kind === 'violation');
  if (violations.length > 0) {
    // `privileged: Warn` and the like refuse nothing.
    const isRefused = violations.some((violation) => violation.mode === 'Enforce');
    const weaker = isRefused ? mode : (violations[0]?.mode ?? mode);
    const reason = violations.map(({ message }) => message).join('; ');
    return { ...common, mode: weaker, outcome: 'violated', reason };
  }
  const exempted = own.filter(({ kind }) => kind === 'exempted');
  if (exempted.length > 0)
    return { ...common, outcome: 'exempted', reason: exempted.map(({ message }) => message).join('; ') };
  const ignored = target.form === 'template' && templates === 'Ignore';
  return {
    ...common,
    outcome: 'satisfied',
    reason: ignored ? 'templates: Ignore, so templates are not judged' : 'every container keeps to it',
  };
}
