import { UserError } from '../../core/problem/user-error.js';
import { PoliciesError } from '../../processes/common/policies-error.js';
import { tuneGc } from '../../system/tune-gc.js';
import { CliError, EXIT } from '../output/exit.js';
import { problemText, tallyText } from '../output/problems.js';
import { outliveOutput, stderrPaint } from '../output/write.js';

/** Runs a process to its end. What a person has to mend first is told without a stack; then it ends, whatever is left open. */
export async function runServer(run: () => Promise<void>): Promise<void> {
  tuneGc();
  outliveOutput();
  try {
    await run();
    process.exit(EXIT.good);
  } catch (error) {
    // Whatever is still open, nobody waits for it.
    setTimeout(() => process.exit(), 3_000).unref();
    if (error instanceof PoliciesError) {
      const paint = stderrPaint();
      const lines = error.problems.map((problem) => problemText(problem, paint)).join('\n');
      throw new CliError(
        `not started, since what it should serve has mistakes: ${tallyText(error.problems)}\n${lines}`,
        EXIT.findings,
      );
    }
    if (error instanceof UserError) throw new CliError(`not started: ${error.message}`, EXIT.findings);
    throw error;
  }
}
