// What every bench ends with: measurements, judged and printed.
import { bundleAndImport } from '../../tools/run-ts.mjs';

const { alternate, judge, median, printed } = await bundleAndImport('bench/support/judge.ts');

export { alternate, median };

/** CI's form: see bench/support/judge.ts. */
export const isShort = process.argv.includes('--short');

/** Measures, prints each figure beside its bar, and sets the exit code: 1 where one fails. */
export async function bench(title, measurements) {
  const rows = await judge(measurements, isShort ? 'tolerant' : 'strict', (retried) =>
    console.log(`once more, with longer rounds, since a bar is missed by more than a quarter: ${retried.join('; ')}`),
  );
  console.log(`\n${title}`);
  for (const line of printed(rows)) console.log(`  ${line}`);
  if (rows.some(({ isFailed }) => isFailed)) process.exitCode = 1;
}
