import type { Problem } from '../../core/problem/problem.js';
import { CliError, EXIT } from '../output/exit.js';
import { problemText, tallyText } from '../output/problems.js';
import { stderrPaint } from '../output/write.js';

/** Prints problems on standard error. With an error among them the command ends, exit code 1: `what` could not be done. */
export function reportProblems(
  problems: readonly Problem[],
  what: string,
  hidden: readonly Problem['severity'][] = [],
): void {
  const paint = stderrPaint();
  for (const problem of problems)
    if (!hidden.includes(problem.severity)) process.stderr.write(`${problemText(problem, paint)}\n`);
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new CliError(`${what}: ${tallyText(errors)}`, EXIT.findings);
}
