import { ProblemsError } from '../../core/problem/user-error.js';

/** The documents that were there at the start cannot be used; `problems` says why, one by one. */
export class PoliciesError extends ProblemsError {
  override readonly name = 'PoliciesError';
  readonly code = 'policies-refused';
}
