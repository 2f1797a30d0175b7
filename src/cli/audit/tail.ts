import { setTimeout } from 'node:timers/promises';
import { styleText } from 'node:util';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { AdmissionEntry } from '../../core/audit/admission-entry.js';
import { readRecord } from '../../core/audit/intact-record.js';
import type { ClientCertificateMode, OverQuotaEntry, RefusedLateEntry } from '../../core/audit/log-entries.js';
import type { AuditRecord } from '../../core/audit/record.js';
import { counted } from '../../core/text/words.js';
import { readLines } from '../../storage/disk/read-lines.js';
import { filesInOrder } from '../../storage/records/files-in-order.js';
import { recordFilesAt } from '../../storage/records/segments.js';
import { printable } from '../../system/terminal/printable.js';
import { CliError } from '../output/exit.js';
import { defaultRecords, recordFilesOf } from './record-files.js';

const examples = `
Examples:
  $ seccomply audit tail
  $ seccomply audit tail .seccomply --follow --namespace shop
  $ seccomply audit tail --decision deny -n 100 --output json

For people. It does not check the chain: seccomply audit verify does.`;

const pollMilliseconds = 500;
const decisions = ['deny', 'allow', 'exempt', 'violation', 'fallback', 'warning'] as const;

interface TailOptions {
  readonly follow?: true;
  readonly lines: number;
  readonly namespace?: string;
  readonly decision?: (typeof decisions)[number];
  readonly all?: true;
  readonly output: 'table' | 'json';
}

export function tailCommand(): Command {
  return new Command('tail')
    .description('print the last audit records, and those to come')
    .argument('[path]', 'folder or file of records', defaultRecords)
    .option('-f, --follow', 'go on until interrupted')
    .option('-n, --lines <n>', 'how many of the last records', wholeNumber, 20)
    .option('--namespace <name>', 'only admissions in this namespace')
    .addOption(new Option('--decision <kind>', 'only admissions that ended like this').choices(decisions))
    .option('--all', "the log's own records too (segments, checkpoints)")
    .addOption(new Option('-o, --output <format>', 'how to print a record').choices(['table', 'json']).default('table'))
    .addHelpText('after', examples)
    .action((path: string, options: TailOptions) => tail(path, options));
}

async function tail(path: string, options: TailOptions): Promise<void> {
  const { files } = await recordFilesOf([path]);
  const positions = new Map<string, number>();
  let last: { readonly record: AuditRecord; readonly line: string }[] = [];
  let holdsRecord = false;
  for (const { path: file, counted } of [...(await filesInOrder(files))].reverse()) {
    const found: { readonly record: AuditRecord; readonly line: string }[] = [];
    let bytes = 0;
    await readLines(
      file,
      (line, length) => {
        bytes += length + 1;
        holdsRecord ||= readRecord(line) !== undefined;
        const record = wanted(line, options);
        if (record !== undefined) found.push({ record, line: line.toString() });
        if (found.length > options.lines) found.shift();
      },
      { limit: counted },
    );
    positions.set(file, bytes);
    last = [...found, ...last];
    if (last.length >= options.lines && options.follow !== true) break;
  }
  if (!holdsRecord && [...positions.values()].some((bytes) => bytes > 0))
    throw new CliError(
      `${path} holds no audit records: give the folder that --data names, its audit folder, or a .jsonl file of it`,
    );
  last.sort((one, other) => (one.record.time < other.record.time ? -1 : 1));
  for (const { record, line } of last.slice(Math.max(0, last.length - options.lines))) print(record, line, options);
  if (options.follow === true) await follow(path, positions, options);
}

async function follow(path: string, positions: Map<string, number>, options: TailOptions): Promise<never> {
  for (;;) {
    await setTimeout(pollMilliseconds);
    const { files } = await recordFilesAt(path);
    for (const { path: file, counted } of await filesInOrder(files)) {
      const from = positions.get(file) ?? 0;
      let done = 0;
      await readLines(
        file,
        (line, length) => {
          done += length + 1;
          const record = wanted(line, options);
          if (record !== undefined) print(record, line.toString(), options);
        },
        { from, limit: counted },
      );
      positions.set(file, from + done);
    }
  }
}

function wanted(line: Buffer, options: TailOptions): AuditRecord | undefined {
  try {
    return wantedOf(line, options);
  } catch {
    // Somebody else wrote it: a record that does not hold what its type says.
    return undefined;
  }
}

function wantedOf(line: Buffer, options: TailOptions): AuditRecord | undefined {
  if (options.namespace !== undefined && !line.includes(JSON.stringify(options.namespace))) return undefined;
  const record = readRecord(line);
  if (record === undefined) return undefined;
  const admission = 'decision' in record ? record : undefined;
  if (options.namespace !== undefined && namespaceOf(record) !== options.namespace) return undefined;
  // It says which uses that were let through by their records were not.
  if (record.recordType === 'refused-late' && (options.decision === 'exempt' || options.decision === 'allow'))
    return record;
  if (options.decision !== undefined)
    return admission !== undefined && endsLike(admission, options.decision) ? record : undefined;
  const ownBusiness = record.recordType === 'segment' || record.recordType === 'checkpoint';
  return ownBusiness && options.all !== true ? undefined : record;
}

function namespaceOf(record: AuditRecord): string | undefined {
  if ('decision' in record) return record.request.namespace;
  if (record.recordType === 'folded') return record.folded.namespace;
  if (record.recordType === 'refused-late') return record.refusedLate.namespace;
  return record.recordType === 'over-quota' ? record.overQuota.namespace : undefined;
}

function endsLike(record: AdmissionEntry, decision: NonNullable<TailOptions['decision']>): boolean {
  switch (decision) {
    case 'deny':
      return !record.decision.allowed;
    case 'allow':
      return record.decision.allowed;
    case 'exempt':
      return record.recordType === 'exemption';
    default:
      return record.recordType === decision;
  }
}

function print(record: AuditRecord, line: string, options: TailOptions): void {
  process.stdout.write(options.output === 'json' ? `${line}\n` : `${describe(record)}\n`);
}

type Colour = 'red' | 'yellow' | 'green' | 'gray' | 'cyan';

/** A record as one line for a person; names come from requests, so control characters do not reach the terminal. */
function describe(record: AuditRecord): string {
  const [word, colour, text] = saidOrNot(record);
  const label = word.padEnd(9);
  const coloured = process.stdout.isTTY ? styleText(colour, label) : label;
  return `${record.time.slice(0, 19).replace('T', ' ')}Z  ${coloured}  ${printable(text)}`;
}

function saidOrNot(record: AuditRecord): ReturnType<typeof said> {
  try {
    return said(record);
  } catch {
    return ['UNREAD', 'red', `record ${record.seq} does not hold what a record of type ${record.recordType} does`];
  }
}

function said(record: AuditRecord): readonly [string, Colour, string] {
  switch (record.recordType) {
    case 'denial':
      return ['DENIED', 'red', admissionText(record)];
    case 'exemption':
      return ['EXEMPT', 'yellow', `${admissionText(record)}${exemptionText(record)}`];
    case 'violation':
      return [record.decision.mode === 'audit' ? 'AUDIT' : 'WARNED', 'yellow', admissionText(record)];
    case 'fallback':
      return ['FALLBACK', 'yellow', admissionText(record)];
    case 'warning':
      return ['WARNING', 'yellow', admissionText(record)];
    case 'folded': {
      const { count, namespace, workload, container, exemption, findingCode } = record.folded;
      const where = [namespace, workload, container, findingCode].filter((part) => part !== undefined).join(' ');
      const by = exemption === undefined ? '' : `, by exemption ${exemption}`;
      return ['REPEATED', 'gray', `${counted(count, 'more time', 'more times')}: ${where}${by}`];
    }
    case 'over-quota':
      return ['OVER', 'yellow', overQuotaText(record)];
    case 'refused-late':
      return ['REFUSED', 'red', refusedLateText(record)];
    case 'policy-set': {
      const { result, policies, exemptions, problems } = record.policySet;
      return result === 'in-force'
        ? [
            'POLICIES',
            'green',
            `in force: ${counted(policies, 'policy', 'policies')}, ${counted(exemptions, 'exemption', 'exemptions')}`,
          ]
        : ['POLICIES', 'red', `a change was refused: ${(problems?.[0] ?? '').replace(/\s+/g, ' ')}`];
    }
    case 'registration': {
      const { kind, change, detail } = record.registration;
      return ['WEBHOOKS', change === 'written' ? 'green' : 'red', `${kind} ${change}: ${detail}`];
    }
    case 'store': {
      const { state, message, unrecorded } = record.store;
      if (state === 'changed' || state === 'unreadable') return ['STORE', 'red', message];
      return ['STORE', state === 'failing' ? 'red' : 'green', `${message}; ${unrecorded} records were not written`];
    }
    case 'start':
      return [
        'START',
        'cyan',
        `${record.source.component} ${record.source.version}, instance ${record.source.instance}${callersText(record.start.clientCertificates)}`,
      ];
    case 'stop':
      return ['STOP', 'cyan', `${record.stop.reason}, instance ${record.source.instance}`];
    case 'instance-ended':
      return [
        'EARLIER',
        'cyan',
        `instance ${record.ended.endedInstance} ${record.ended.how} at record ${record.ended.lastSeq}`,
      ];
    case 'segment':
      return ['SEGMENT', 'gray', `file ${record.segment.number} of instance ${record.source.instance}`];
    case 'checkpoint':
      return ['SIGNED', 'gray', `up to record ${record.checkpoint.lastSeq}`];
  }
}

/** Once, at the start: with no certificates asked for, every record would say the same. */
function callersText(mode: ClientCertificateMode | undefined): string {
  switch (mode) {
    case undefined:
      return '';
    case 'none':
      return ', callers are not authenticated';
    case 'optional':
      return ', callers may be authenticated';
    case 'required':
      return ', callers are authenticated';
  }
}

function admissionText(record: AdmissionEntry): string {
  const { namespace, dryRun } = record.request;
  const where = [namespace, record.workload?.chain.at(0)].filter((part) => part !== undefined).join(' ');
  const what = record.decision.message ?? record.finding?.message ?? record.decision.warnings?.[0] ?? '';
  const more = (record.otherFindings?.length ?? 0) + (record.otherFindingsOmitted ?? 0);
  return `${dryRun ? '(dry run) ' : ''}${where}: ${what}${more === 0 ? '' : ` (and ${more} more)`}`;
}

function overQuotaText({ overQuota }: OverQuotaEntry): string {
  const { state, count, refused = 0 } = overQuota;
  const what = [
    ...(state === 'reached' ? ['has used up its share of records'] : []),
    ...(state === 'count' && count > 0 ? [`${count} admissions without a record of their own`] : []),
    ...(refused > 0 ? [`${counted(refused, 'use', 'uses')} of exemptions refused for want of a record`] : []),
  ];
  return `${sharersText(overQuota)}: ${what.join(', ')}`;
}

/** Names the records that say otherwise, as many as a person reads. */
function refusedLateText({ refusedLate }: RefusedLateEntry): string {
  const { count, uses } = refusedLate;
  const named = uses.slice(0, 3).map(({ recordId, count: of }) => (of === 1 ? recordId : `${recordId} (${of} times)`));
  const more = uses.length > named.length ? `, and ${uses.length - named.length} more` : '';
  return `${sharersText(refusedLate)}: ${counted(count, 'use', 'uses')} of exemptions on record ${count === 1 ? 'was' : 'were'} refused, since the record came too late for the answer: ${named.join(', ')}${more}`;
}

function sharersText({
  namespace,
  unauthenticated,
}: {
  readonly namespace: string;
  readonly unauthenticated?: true;
}): string {
  const who = namespace === '' ? 'no namespace' : namespace === '*' ? 'all other namespaces' : `namespace ${namespace}`;
  return `${who}${unauthenticated === true ? ', callers that did not authenticate' : ''}`;
}

function exemptionText({ exemption }: AdmissionEntry): string {
  return exemption === undefined ? '' : ` — ${exemption.name}, ${exemption.owner}, until ${exemption.expires}`;
}

function wholeNumber(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0 || number > 100_000)
    throw new InvalidArgumentError('Give a whole number from 0 to 100000.');
  return number;
}
