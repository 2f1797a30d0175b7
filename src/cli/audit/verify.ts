import { Command, Option } from 'commander';
import type { ChainFinding, ChainReport } from '../../core/audit/chain/chain-report.js';
import type { InstanceSummary } from '../../core/audit/chain/instance-summary.js';
import { KeptElsewhere } from '../../core/audit/chain/kept-elsewhere.js';
import { counted } from '../../core/text/words.js';
import { readKept } from '../../storage/records/read-kept.js';
import { verifyRecordFiles, verifyRecordStream } from '../../storage/records/verify-records.js';
import { errnoOf } from '../../system/errno.js';
import { printable } from '../../system/terminal/printable.js';
import { CliError, EXIT } from '../output/exit.js';
import { defaultRecords, recordFilesOf } from './record-files.js';

const examples = `
Examples:
  $ seccomply audit verify .seccomply
  $ seccomply audit verify /var/lib/seccomply/audit --output json
  $ seccomply audit verify records/ --collected collected.log --all-proven
  $ kubectl -n seccomply-system logs deploy/seccomply-webhook | seccomply audit verify --mixed -

Exit code: 0 when nothing wrong was found, 1 when something was changed, cut or is missing, 2 when there is nothing to read.
Records that no signature covers yet are unproven: they are named, with since when. So is the end of a chain without a signed stop, and
what lies elsewhere or is not there. With --all-proven each of these gives exit code 1.
What the proof is worth, and against whom: docs/explanation/audit.md.`;

const shows = `What this shows: none of the signed records was changed, left out, put in between or put in another order since it was
signed, by the process that wrote it.`;
const notShown = `What it does not show: that the process wrote the truth, or that no instance was removed, added or made anew with a new
key as a whole. Lines of standard output that were kept elsewhere (--collected) show that, up to the last of them.`;

interface VerifyCliOptions {
  readonly collected: readonly string[];
  readonly checkpoints: readonly string[];
  readonly mixed?: true;
  readonly allProven?: true;
  readonly output: 'table' | 'json';
}

const another = (value: string, before: readonly string[]): readonly string[] => [...before, value];

export function verifyCommand(): Command {
  return new Command('verify')
    .description('check that audit records are whole and unchanged')
    .argument('[paths...]', 'folders or files of records; - for standard input', [defaultRecords])
    .option(
      '--collected <file>',
      'log lines that were kept elsewhere, all records or checkpoints alone; each is compared; may be given again',
      another,
      [],
    )
    .addOption(new Option('--checkpoints <file>', 'the same').argParser(another).default([]).hideHelp())
    .option('--mixed', 'skip lines that are no audit records, as in the log of a container')
    .option('--all-proven', 'exit with 1 when there are records that nothing vouches for, or not all is shown')
    .addOption(
      new Option('-o, --output <format>', 'how to print the result').choices(['table', 'json']).default('table'),
    )
    .addHelpText('after', examples)
    .action((paths: readonly string[], options: VerifyCliOptions) => verify(paths, options));
}

async function verify(paths: readonly string[], options: VerifyCliOptions): Promise<void> {
  const kept = await keptElsewhere([...options.collected, ...options.checkpoints]);
  const how = { kept, mixed: options.mixed === true };
  let report: ChainReport;
  if (paths.includes('-')) {
    if (paths.length > 1) throw new CliError('- (standard input) cannot be mixed with other paths: run it twice');
    report = await verifyRecordStream(process.stdin, 'standard input', how);
  } else
    report = await verifyRecordFiles(
      await recordFilesOf(paths, { mayBeMissing: kept.records + kept.changed > 0 }),
      how,
    );
  if (report.records === 0 && report.findings.length === 0)
    throw new CliError(`there are no audit records in ${paths.includes('-') ? 'standard input' : paths.join(', ')}`);
  process.stdout.write(options.output === 'json' ? `${JSON.stringify(report, null, 2)}\n` : asText(report));
  if (!report.ok || (options.allProven === true && (report.unproven > 0 || report.gaps.length > 0)))
    process.exitCode = EXIT.findings;
}

async function keptElsewhere(files: readonly string[]): Promise<KeptElsewhere> {
  const kept = new KeptElsewhere();
  for (const file of files) {
    try {
      if ((await readKept(file, kept)) === 0)
        throw new CliError(
          `${file} holds no audit records: keep the lines of standard output that have "stream":"audit" in them`,
        );
    } catch (error) {
      const code = errnoOf(error);
      if (code === undefined) throw error;
      throw new CliError(code === 'ENOENT' ? `there is no file ${file}` : `cannot read ${file} (${code})`);
    }
  }
  return kept;
}

function asText(report: ChainReport): string {
  const lines: string[] = [];
  const [first, ...more] = report.findings;
  const { length } = report.instances;
  const what = `${counted(report.records, 'record')} of ${counted(length, 'instance')}`;
  const unproven = report.unproven === 0 ? '' : `, ${report.unproven} of them unproven`;
  if (first !== undefined) {
    const others = more.length + report.findingsOmitted;
    lines.push(
      `bad: ${what}${unproven}; ${others === 0 ? 'one finding' : `${others + 1} findings, the first one first`}`,
      '',
    );
    for (const finding of report.findings) lines.push(`  ${findingText(finding)}`);
    if (report.findingsOmitted > 0) lines.push(`  … and ${report.findingsOmitted} more`);
    lines.push('');
  } else if (report.records === 0) lines.push('nothing proven: there are no records', '');
  else if (report.unproven === 0 && report.gaps.length === 0)
    lines.push(`good: ${what}, nothing changed, nothing missing in ${length === 1 ? 'it' : 'them'}`, '');
  else if (report.unproven === 0 && report.gaps.every(({ code }) => code === 'running'))
    lines.push(`proven so far: ${what}, nothing changed; ${counted(report.gaps.length, 'instance')} still running`, '');
  else if (report.unproven === 0)
    lines.push(`not all proven: ${what}; none of these was changed, and whether others are missing is not shown`, '');
  else if (report.unproven >= report.records)
    lines.push(`nothing proven: ${what}, and no signature covers any of them`, '');
  else lines.push(`not all proven: ${what}${unproven}; nothing wrong was found in the others`, '');
  for (const one of report.instances) lines.push(`  ${instanceText(one)}`);
  if (report.gaps.length > 0) lines.push('', ...report.gaps.map(({ message }) => `  not shown: ${message}`));
  if (report.gapsOmitted > 0) lines.push(`  … and ${report.gapsOmitted} more`);
  if (report.notes.length > 0) lines.push('', ...report.notes.map((note) => `  note: ${note}`));
  lines.push('', first === undefined ? shows : '', notShown);
  // What is read may say anything, and is not to draw on a terminal.
  return `${lines
    .flatMap((line) => line.split('\n').map(printable))
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')}\n`;
}

const endWord = { stopped: 'stopped in order', crashed: 'ended by a crash', running: 'running', open: 'open' } as const;

function instanceText({
  instance,
  firstSeq,
  lastSeq,
  signedUpTo,
  keptUpTo,
  unproven,
  unprovenEnd,
  ended,
}: InstanceSummary): string {
  const signed = signedUpTo === 0 ? 'not signed yet' : `signed up to ${signedUpTo}`;
  const parts = [`records ${firstSeq} to ${lastSeq}`, signed];
  if (keptUpTo > signedUpTo) parts.push(`kept elsewhere up to ${keptUpTo}`);
  if (unproven !== undefined)
    parts.push(
      `${unproven.from === unproven.to ? unproven.from : `${unproven.from} to ${unproven.to}`} ${unproven.until === undefined ? `unproven since ${unproven.since}` : `unsigned until ${unproven.until}`}`,
    );
  return `${instance}  ${[...parts, endWord[ended]].join(', ')}${ended !== 'running' && unprovenEnd !== undefined ? ', its end unproven' : ''}`;
}

function findingText({ file, line, seq, instance, message, code }: ChainFinding): string {
  const place = file === undefined ? `instance ${instance ?? '?'}` : line === undefined ? file : `${file}:${line}`;
  return `${place}: ${seq === undefined ? '' : `record ${seq}: `}${message} [${code}]`;
}
