import { formatProblem, type Problem } from '../core/problem/problem.js';
import type { Log } from './log.js';

const levels = { error: 'error', warning: 'warn', info: 'info' } as const;

/** Says a problem in the log at its own level, which stands for the word that `formatProblem` has for it. */
export function logProblem(log: Log, problem: Problem): void {
  log[levels[problem.severity]](formatProblem(problem).replace(`${problem.severity}: `, ''));
}
