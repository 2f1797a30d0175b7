import type { RuleSet } from '../../core/policy/rules/rule-set.js';

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
    const current = this.#current;
    if (current?.contentSha256 === rules.contentSha256 && current.catalogue === rules.catalogue) {
      // The same documents in other places: records are to name where they stand now, and nothing else has changed.
      this.#current = rules;
      return;
    }
    this.#previous = this.#current;
    this.#current = rules;
    clearTimeout(this.#forgetting);
    this.#forgetting = setTimeout(() => {
      this.#previous = undefined;
    }, graceSpan).unref();
  }
}
