import { formatProblem, type Problem } from './problem.js';

/**
 * An error that a person can mend, and whose message says how. It is told without a stack; every other error is a defect of ours.
 */
export abstract class UserError extends Error {}

/** Several things to mend, one by one in `problems`. */
export abstract class ProblemsError extends UserError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.problems = problems;
  }
}
