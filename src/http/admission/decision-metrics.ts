import type { Decision } from '../../core/admission/decision.js';
import type { Family } from '../../system/metrics/family.js';

/** Counts what policies and their rules did, per decision. */
export class DecisionMetrics {
  readonly #family: Family;

  constructor(family: Family) {
    this.#family = family;
  }

  count(decision: Decision): void {
    for (const { policy, rule, result } of decision.assignments) this.#family.add(1, policy.name, rule, result);
    for (const finding of decision.findings) {
      if (finding.kind === 'violation') this.#family.add(1, finding.policy.name, 'require', violations[finding.mode]);
      else if (finding.kind === 'exempted') this.#family.add(1, finding.policy.name, 'require', 'exempted');
    }
  }
}

const violations = { Enforce: 'denied', Warn: 'warned', Audit: 'audited' } as const;
