import { Command, Option } from 'commander';
import type { ChainFinding, ChainReport } from '../../core/audit/chain/chain-report.js';
import type { OutsideCheckpoint } from '../../core/audit/chain/outside-checkpoints.js';
import { readCheckpoints } from '../../storage/records/read-checkpoints.js';
import { verifyRecordFiles, verifyRecordStream } from '../../storage/records/verify-records.js';
import { errnoOf } from '../../system/errno.js';
import { CliError, EXIT } from '../output/exit.js';
import { defaultRecords, recordFilesOf } from './record-files.js';

const examples = `
Examples:
  $ seccomply audit verify .seccomply
  $ seccomply audit verify /var/lib/seccomply/audit --output json
  $ seccomply audit verify records/ --checkpoints collected.log
  $ kubectl -n seccomply-system logs deploy/seccomply-webhook | seccomply audit verify --mixed -

Exit code: 0 when everything fits, 1 when something was changed, cut or is missing, 2 when there is nothing to read.
What the proof is worth, and against whom: docs/explanation/audit.md.`;

const shows = `What this shows: since they were written, none of these records was changed, left out, put in between or put in
another order, up to the last record of each chain; signed records were signed by the process that wrote them.`;
const notShown = `What it does not show: that the process wrote the truth, or that a whole chain was not made anew with a new key or cut
at its end. Checkpoints that were kept elsewhere (--checkpoints) show both, up to the last of them.`;

interface VerifyCliOptions {
  readonly checkpoints: readonly string[];
  readonly mixed?: true;
  readonly output: 'table' | 'json';
}

export function verifyCommand(): Command {
  return new Command('verify')
    .description('check that audit records are whole and unchanged')
    .argument('[paths...]', 'folders or files of records; - for standard input', [defaultRecords])
    .option(
      '--checkpoints <file>',
      'log lines with checkpoints that were kept elsewhere, may be given again',
      (value: string, before: readonly string[]) => [...before, value],
      [],
    )
    .option('--mixed', 'skip lines that are no audit records, as in the log of a container')
    .addOption(
      new Option('-o, --output <format>', 'how to print the result').choices(['table', 'json']).default('table'),
    )
    .addHelpText('after', examples)
    .action((paths: readonly string[], options: VerifyCliOptions) => verify(paths, options));
}

async function verify(paths: readonly string[], options: VerifyCliOptions): Promise<void> {
  const outside = await outsideCheckpoints(options.checkpoints);
  const how = { outside, mixed: options.mixed === true };
  let report: ChainReport;
  if (paths.includes('-')) {
    if (paths.length > 1) throw new CliError('- (standard input) cannot be mixed with other paths: run it twice');
    report = await verifyRecordStream(process.stdin, 'standard input', how);
  } else report = await verifyRecordFiles(await recordFilesOf(paths), how);
  if (report.records === 0 && report.findings.length === 0)
    throw new CliError(`there are no audit records in ${paths.includes('-') ? 'standard input' : paths.join(', ')}`);
  process.stdout.write(options.output === 'json' ? `${JSON.stringify(report, null, 2)}\n` : asText(report));
  if (!report.ok) process.exitCode = EXIT.findings;
}

async function outsideCheckpoints(files: readonly string[]): Promise<readonly OutsideCheckpoint[]> {
  const all: OutsideCheckpoint[] = [];
  for (const file of files) {
    try {
      const found = await readCheckpoints(file);
      if (found.length === 0)
        throw new CliError(
          `${file} holds no checkpoint: keep the lines of standard output that have "recordType":"checkpoint" in them`,
        );
      all.push(...found);
    } catch (error) {
      const code = errnoOf(error);
      if (code === undefined) throw error;
      throw new CliError(code === 'ENOENT' ? `there is no file ${file}` : `cannot read ${file} (${code})`);
    }
  }
  return all;
}

function asText(report: ChainReport): string {
  const lines: string[] = [];
  const [first, ...more] = report.findings;
  const { length } = report.instances;
  const what = `${count(report.records, 'record')} of ${count(length, 'instance')}`;
  if (first === undefined) lines.push(`good: ${what}, nothing changed, nothing missing`, '');
  else {
    const others = more.length + report.findingsOmitted;
    lines.push(`bad: ${what}; ${others === 0 ? 'one finding' : `${others + 1} findings, the first one first`}`, '');
    for (const finding of report.findings) lines.push(`  ${findingText(finding)}`);
    if (report.findingsOmitted > 0) lines.push(`  … and ${report.findingsOmitted} more`);
    lines.push('');
  }
  for (const one of report.instances)
    lines.push(
      `  ${one.instance}  records ${one.firstSeq} to ${one.lastSeq}, ${one.signedUpTo === 0 ? 'not signed yet' : `signed up to ${one.signedUpTo}`}, ${endWord[one.ended]}`,
    );
  if (report.notes.length > 0) lines.push('', ...report.notes.map((note) => `  note: ${note}`));
  lines.push('', first === undefined ? shows : '', notShown);
  return `${lines.join('\n').replace(/\n{3,}/g, '\n\n')}\n`;
}

const endWord = { stopped: 'stopped in order', crashed: 'ended by a crash', open: 'open' } as const;

function findingText({ file, line, seq, instance, message, code }: ChainFinding): string {
  const place = file === undefined ? `instance ${instance ?? '?'}` : `${file}:${line}`;
  return `${place}: ${seq === undefined ? '' : `record ${seq}: `}${message} [${code}]`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
