import { whyNotContainer } from '../../policy/match/container-match.js';
import { type CompiledExemption, stateOf } from '../../policy/rules/compiled-exemption.js';
import { isInScope, whyOutOfScope } from '../../policy/rules/pod-scope.js';
import type { RuleSet } from '../../policy/rules/rule-set.js';
import type { Decision } from '../decision.js';
import type { DecisionContext } from '../decision-context.js';
import type { PodReview } from '../request/pod-review.js';
import type { ExplainedExemption } from './explanation.js';

export function explainedExemptions(
  rules: RuleSet,
  review: PodReview,
  { findings }: Decision,
  { now }: DecisionContext,
): readonly ExplainedExemption[] {
  return rules.allExemptions().map((exemption) => {
    const { document, scope } = exemption;
    const { expires, allow } = document.value.spec;
    const common = { exemption: document.reference, place: document.placeOf('spec'), expires };
    if (!isInScope(scope, review.facts))
      return { ...common, outcome: 'not-matching', reason: whyOutOfScope(scope, review.facts) ?? '' };
    const state = stateOf(exemption, now, rules.longestExemption);
    if (state === 'expired') return { ...common, outcome: 'expired', reason: `it expired at ${expires}` };
    if (state === 'too-far') {
      const days = Math.floor(rules.longestExemption / 86_400_000);
      return {
        ...common,
        outcome: 'too-far',
        reason: `it expires more than ${days} days ahead, so it does nothing yet`,
      };
    }
    const used = findings.filter(
      (finding) => finding.kind === 'exempted' && finding.exemption?.name === document.reference.name,
    );
    if (used.length > 0)
      return { ...common, outcome: 'applied', reason: used.map(({ message }) => message).join('; ') };
    const none = whyForNone(exemption, review);
    if (none !== undefined) return { ...common, outcome: 'not-matching', reason: none };
    const passed = findings.find(({ passedExemption }) => passedExemption?.name === document.reference.name);
    if (passed?.passedExemption !== undefined)
      return { ...common, outcome: 'not-matching', reason: `it ${passed.passedExemption.why}` };
    return { ...common, outcome: 'not-needed', reason: whyUnused(exemption, allow) };
  });
}

/** Undefined where it is for one of the containers. */
function whyForNone({ match }: CompiledExemption, { containers }: PodReview): string | undefined {
  const why = containers.judged.map((view) => whyNotContainer(match, view, view.type));
  if (why.length === 0 || why.some((one) => one === undefined)) return undefined;
  return `it is for none of the containers: ${containers.judged.map((view, index) => `${view.name}: ${why[index] ?? ''}`).join('; ')}`;
}

function whyUnused({ policies }: CompiledExemption, allow: readonly string[]): string {
  const lifts = policies === undefined ? '' : `, under ${[...policies].join(', ')}`;
  return `nothing is refused that it lifts: ${allow.join(', ')}${lifts}`;
}
