import type { RuleSet } from '../../policy/rules/rule-set.js';
import type { ContainerState } from '../assign/container-state.js';
import type { Webhook } from '../decision.js';
import type { DecisionContext } from '../decision-context.js';
import type { PodReview } from '../request/pod-review.js';
import type { FindingList } from './finding-list.js';
import type { RepairFinder } from './repairs.js';

/** One pod while it is decided on. */
export interface PodEvaluation {
  readonly rules: RuleSet;
  readonly webhook: Webhook;
  readonly context: DecisionContext;
  readonly review: PodReview;
  readonly states: readonly ContainerState[];
  readonly findings: FindingList;
  readonly repairs: RepairFinder;
}
