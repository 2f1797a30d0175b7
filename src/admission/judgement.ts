import type { RuleSet } from '../policy/rule-set.js';
import type { ContainerState } from './container-state.js';
import type { DecisionContext } from './decide.js';
import type { Webhook } from './decision.js';
import type { FindingList } from './finding-list.js';
import type { PodReview } from './pod-review.js';

/** One pod on its way to a decision. */
export interface Judgement {
  readonly rules: RuleSet;
  readonly webhook: Webhook;
  readonly context: DecisionContext;
  readonly review: PodReview;
  readonly states: readonly ContainerState[];
  readonly findings: FindingList;
}
