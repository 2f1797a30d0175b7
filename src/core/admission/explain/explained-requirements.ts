import { whyOutOfScope } from '../../policy/rules/pod-scope.js';
import type { Requirement } from '../../policy/rules/requirement.js';
import type { RuleSet } from '../../policy/rules/rule-set.js';
import type { Decision } from '../decision.js';
import type { PodReview } from '../request/pod-review.js';
import type { ExplainedRequirement } from './explanation.js';

export function explainedRequirements(
  rules: RuleSet,
  review: PodReview,
  decision: Decision,
): readonly ExplainedRequirement[] {
  const explained: ExplainedRequirement[] = [];
  for (const { requirement, document, scope } of rules.allPolicies()) {
    if (requirement === undefined) continue;
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
  { policy, mode, allows, templates }: Requirement,
  { target }: PodReview,
  { findings }: Decision,
): ExplainedRequirement {
  const common = { policy, mode, allows };
  const own = findings.filter((finding) => finding.policy.name === policy.name);
  const violations = own.filter(({ kind }) => kind === 'violation');
  if (violations.length > 0)
    return { ...common, outcome: 'violated', reason: violations.map(({ message }) => message).join('; ') };
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
