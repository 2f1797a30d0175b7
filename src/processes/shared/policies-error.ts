import { formatProblem, type Problem } from '../../core/problem/problem.js';
import { UserError } from '../../core/problem/user-error.js';

/** The documents that were there at the start cannot be used; `problems` says why, one by one. */
export class PoliciesError extends UserError {
  override readonly name = 'PoliciesError';
  readonly code = 'policies-refused';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.problems = problems;
  }
}
