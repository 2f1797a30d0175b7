import type { examine } from '../../cluster/doctor/doctor.js';
import type { DoctorOptions, Examination } from '../../cluster/doctor/examination.js';
import type { KubeClient } from '../../kubernetes/client.js';
import { problemText } from '../output/problems.js';
import { stdoutPaint, writeOut } from '../output/write.js';

export interface Examined {
  readonly examinations: readonly Examination[];
  readonly errors: number;
  readonly warnings: number;
}

/** Examines and prints as it goes: `all` with what is well, `problems` only what is not, `notes` only warnings and advice. */
export async function reportExaminations(
  client: KubeClient,
  look: typeof examine,
  options: DoctorOptions,
  show: 'all' | 'problems' | 'notes' | 'nothing',
): Promise<Examined> {
  const paint = stdoutPaint();
  const examinations = await look(client, options, ({ title, summary, problems }) => {
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
    examinations.flatMap(({ problems }) => problems).filter((problem) => problem.severity === severity).length;
  return { examinations, errors: count('error'), warnings: count('warning') };
}
