import { Command } from 'commander';
import type { ActionOutcome } from '../../core/compile/verdicts.js';
import { filterArchitecturesOf, nativeOf } from '../../core/outcomes/node-target.js';
import { decisionInWords, outcomeInWords } from '../../core/outcomes/outcome-in-words.js';
import { lettingThrough } from '../../core/outcomes/self-tracing.js';
import { decisionFor, decisionsOf, reachOf, type SyscallDecision } from '../../core/outcomes/syscall-decisions.js';
import type { Architecture } from '../../core/syscalls/architectures.js';
import { DANGEROUS, RISK_CLASSES } from '../../core/syscalls/risk-class.js';
import { classOf } from '../../core/syscalls/risk-syscalls.js';
import { syscallNames } from '../../core/syscalls/syscall-table.js';
import { printable } from '../../system/terminal/printable.js';
import { CliError, EXIT } from '../output/exit.js';
import { outputOption } from '../output/output-option.js';
import { stdoutPaint, writeOut } from '../output/write.js';
import { profileNameOption } from './chosen-profile.js';
import { addConditionOptions, architectureOption, type ConditionOptions, settingOf } from './node-target-options.js';
import { loadProfile, type SourceOptions } from './profile-source.js';
import { type ProfileReading, readingOption, takeProfile } from './reading.js';
import { remarkOnReading } from './remark-on-reading.js';
import { runtimeDefaultOption } from './runtime-default-option.js';

const help = `
Examples:
  $ seccomply profile show web-static
  $ seccomply profile show docker-default.json --cap SYS_ADMIN
  $ seccomply profile show web-static --reading compiled --arch arm64

Exit code: 0; 2 for bad usage or a file that is no profile.`;

interface ShowOptions extends ConditionOptions, SourceOptions {
  readonly arch?: Architecture;
  readonly reading?: ProfileReading;
  readonly refused?: true;
  readonly output: 'table' | 'json';
}

export function command(): Command {
  return addConditionOptions(
    new Command('show')
      .description('say what a profile does with each syscall, most dangerous first')
      .argument('<profile>', 'file, catalogue name, RuntimeDefault, or - for standard input')
      .addOption(architectureOption("the node's architecture (default: x86_64, unless the profile lists only others)")),
  )
    .addOption(readingOption('resolved'))
    .option('--refused', 'name the refused ones of every class, too')
    .addOption(runtimeDefaultOption())
    .addOption(profileNameOption())
    .option('--catalogue <folder>', 'where catalogue names are looked up (default: the shipped profiles)')
    .addOption(outputOption('table', 'json'))
    .addHelpText('after', help)
    .action((word: string, options: ShowOptions) => show(word, options));
}

interface Row {
  readonly syscall: string;
  readonly class: string;
  readonly reach: 'all' | 'some' | 'none';
  readonly decision: string;
  readonly always: boolean;
}

async function show(word: string, options: ShowOptions): Promise<void> {
  const loaded = await loadProfile(word, options);
  const setting = settingOf(options.arch ?? nativeOf(loaded.profile), options);
  const { profile } = await takeProfile(loaded, options.reading ?? 'resolved', setting);
  remarkOnReading(loaded, options.reading);
  const decisions = decisionsOf(profile, setting.architecture);
  if (decisions.contradictory)
    throw new CliError(
      `no runtime starts a container with ${loaded.name}: two of its rules contradict each other (seccomply profile lint says which)`,
      EXIT.findings,
    );
  const architectures = filterArchitecturesOf(profile, setting.architecture);
  const letsThrough = lettingThrough(architectures.map((architecture) => decisionsOf(profile, architecture)));
  const rows = syscallNames(setting.architecture)
    .map((syscall) => rowOf(syscall, decisionFor(decisions, syscall), letsThrough))
    .sort((a, b) => (a.class + a.syscall < b.class + b.syscall ? -1 : 1));
  const otherwise = outcomeInWords(decisions.otherwise);
  if (options.output === 'json') {
    const { architecture, capabilities, kernel } = setting;
    const syscalls = rows.map(({ syscall, class: id, reach, decision }) => ({ syscall, class: id, reach, decision }));
    const object = { name: loaded.name, architecture, capabilities, kernel, architectures, otherwise, syscalls };
    await writeOut(`${JSON.stringify(object, null, 2)}\n`);
    return;
  }
  const paint = stdoutPaint();
  const allowed = rows.filter(({ reach }) => reach !== 'none');
  const filtered = rows.filter(({ reach }) => reach === 'some');
  const lines = [
    `${paint('bold', printable(loaded.name))}: ${allowed.length} of ${rows.length} syscalls of ${setting.architecture} allowed, ${filtered.length} of them with some arguments only`,
    `filtered ABIs: ${architectures.join(', ')}; callers of others are killed`,
    `what no rule names: ${otherwise}`,
  ];
  for (const { id, title } of RISK_CLASSES) {
    const all = rows.filter((row) => row.class === id);
    const open = all.filter(({ reach }) => reach !== 'none');
    const head = `${id}  ${title}: ${open.length} of ${all.length} allowed`;
    lines.push('', open.length > 0 && DANGEROUS.includes(id) ? paint('red', head) : paint('bold', head));
    lines.push(
      ...grouped(open),
      ...(options.refused === true ? grouped(all.filter(({ reach }) => reach === 'none')) : []),
    );
  }
  await writeOut(`${lines.join('\n')}\n`);
}

function rowOf(syscall: string, decision: SyscallDecision, letsThrough: (outcome: ActionOutcome) => boolean): Row {
  return {
    syscall,
    class: classOf(syscall),
    reach: reachOf(decision, letsThrough),
    decision: decisionInWords(decision),
    always: decision.kind === 'always',
  };
}

/** Syscalls with the same whole answer together; those with conditions on a line of their own. */
function grouped(rows: readonly Row[]): readonly string[] {
  const groups = new Map<string, string[]>();
  const own: string[] = [];
  for (const row of rows) {
    if (!row.always) own.push(`    ${row.syscall}: ${row.decision}`);
    else groups.set(row.decision, [...(groups.get(row.decision) ?? []), row.syscall]);
  }
  return [...[...groups].flatMap(([decision, names]) => wrapped(`${decision}:`, names)), ...own];
}

function wrapped(head: string, names: readonly string[]): readonly string[] {
  const lines: string[] = [];
  let line = `    ${head}`;
  for (const name of names) {
    if (line.length + name.length > 112) {
      lines.push(line);
      line = '       ';
    }
    line += ` ${name}`;
  }
  return [...lines, line];
}
