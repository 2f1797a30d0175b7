import type { RuleSet } from '../policy/rule-set.js';

/** Replicas take over a change a moment apart; so long `/validate` accepts what the set before would have given. */
const graceSpan = 30_000;

/** The rule set that decisions are made by. Nothing is decided before the first. */
export class RulesInForce {
  #current: RuleSet | undefined;
  #previous: RuleSet | undefined;
  #forgetting: NodeJS.Timeout | undefined;

  get current(): RuleSet | undefined {
    return this.#current;
  }

  /** The set before, while it is less than 30 s gone. */
  get previous(): RuleSet | undefined {
    return this.#previous;
  }

  put(rules: RuleSet): void {
    this.#previous = this.#current;
    this.#current = rules;
    clearTimeout(this.#forgetting);
    this.#forgetting = setTimeout(() => {
      this.#previous = undefined;
    }, graceSpan).unref();
  }
}
