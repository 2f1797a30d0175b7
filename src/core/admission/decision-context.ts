import type { Labels } from '../policy/match/label-selector.js';
import type { RuleSet } from '../policy/rules/rule-set.js';

export interface DecisionContext {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Undefined: not known, but for `kubernetes.io/metadata.name`. */
  readonly namespaceLabels: Labels | undefined;
  /** The set that was in force until less than 30 s ago. */
  readonly previous?: RuleSet;
}
