import { compileEvaluator } from '../../filter/evaluate.js';
import { areTakenAlike, type EvaluationRuntime } from '../../filter/runtime-rules.js';
import type { Architecture } from '../../syscalls/architectures.js';
import type { LintSubject, PlacedRule } from './lint-subject.js';

export interface Contradiction {
  /** The rule that libseccomp refuses. */
  readonly placed: PlacedRule;
  readonly name: string;
  readonly architectures: readonly Architecture[];
}

export interface RuleStart {
  /** The rules that libseccomp refuses because an earlier one gives some call another action; with one, no container starts. */
  readonly contradictions: readonly Contradiction[];
  /** Syscalls with whose rules libseccomp may come to no end, or of which it may refuse one. */
  readonly unforetold: readonly string[];
}

/** What libseccomp makes of the rules when a runtime adds them. */
export function ruleStartOf(subject: LintSubject, runtime: EvaluationRuntime): RuleStart {
  const { plain, rules, native, libseccomp } = subject;
  const { conflicts, unforetold } = areTakenAlike(plain.rules)
    ? subject.evaluator
    : compileEvaluator(plain, { runtime, native, libseccomp });
  return {
    contradictions: conflicts.flatMap(({ rule, name, architectures }) => {
      const placed = rules[rule];
      return placed === undefined ? [] : [{ placed, name, architectures }];
    }),
    unforetold,
  };
}
