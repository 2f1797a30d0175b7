import type { CheckResult, DoctorOptions } from '../../cluster/doctor/check.js';
import type { checkInstallation } from '../../cluster/doctor/doctor.js';
import type { KubeClient } from '../../kubernetes/client.js';
import { problemText } from '../output/problems.js';
import { stdoutPaint, writeOut } from '../output/write.js';

export interface CheckReport {
  readonly results: readonly CheckResult[];
  readonly errors: number;
  readonly warnings: number;
}

/** Checks and prints as it goes: `all` with what is well, `problems` only what is not, `notes` only warnings and advice. */
export async function reportChecks(
  client: KubeClient,
  check: typeof checkInstallation,
  options: DoctorOptions,
  show: 'all' | 'problems' | 'notes' | 'nothing',
): Promise<CheckReport> {
  const paint = stdoutPaint();
  const results = await check(client, options, ({ title, summary, problems }) => {
    if (show === 'nothing') return;
    const shown = show === 'notes' ? problems.filter(({ code }) => code !== 'KD90') : problems;
    const isBad = problems.some(({ severity }) => severity === 'error');
    const isOdd = problems.some(({ severity }) => severity === 'warning');
    const mark = isBad ? paint('red', '✗') : isOdd ? paint('yellow', '!') : paint('green', '✓');
    if (show === 'all') process.stdout.write(`${mark} ${title}: ${summary}\n`);
    for (const problem of shown) {
      const text = problemText(problem, paint).split('\n');
      process.stdout.write(`${text.map((line) => `  ${line}`).join('\n')}\n`);
    }
  });
  await writeOut('');
  const count = (severity: string): number =>
    results.flatMap(({ problems }) => problems).filter((problem) => problem.severity === severity).length;
  return { results, errors: count('error'), warnings: count('warning') };
}
