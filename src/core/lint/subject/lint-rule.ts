import type { Severity } from '../../problem/problem.js';
import type { LintOptions } from './lint-options.js';
import type { LintSubject } from './lint-subject.js';

/** One thing that a rule has found. Without an advice of its own the rule's `fix` is given. */
export interface LintFinding {
  /** The way through the document: `syscalls[3].args[0]`. */
  readonly path: string;
  readonly message: string;
  readonly advice?: string;
  readonly severity?: Severity;
}

/** A document that shows the rule, in the tests as on its documentation page. */
export interface LintExample {
  readonly text: string;
  readonly options?: LintOptions;
}

export interface LintRule {
  /** `SP016`; never given to another rule. */
  readonly id: string;
  readonly severity: Severity;
  readonly title: string;
  readonly why: string;
  readonly fix: string;
  /** The severity for profiles that are compiled before they reach a node, where compiling mends or softens it. */
  readonly compiled?: Severity | 'off';
  readonly failing: LintExample;
  readonly passing: LintExample;
  /** Absent: the reader of documents finds it, or that of pods. */
  readonly check?: (subject: LintSubject) => Iterable<LintFinding>;
}

/** An example's document from its value. */
export function document(value: object): string {
  return JSON.stringify(value);
}
