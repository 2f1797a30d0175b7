import { Command } from 'commander';
import { compareProfiles, type Difference, type ProfileComparison } from '../../core/compare/compare.js';
import { nativeOf } from '../../core/outcomes/node-target.js';
import { callInWords } from '../../core/outcomes/outcome-in-words.js';
import type { Profile } from '../../core/profile/model.js';
import type { Architecture } from '../../core/syscalls/architectures.js';
import { DANGEROUS, type RiskClass } from '../../core/syscalls/risk-class.js';
import type { Paint } from '../../system/terminal/colour.js';
import { EXIT } from '../output/exit.js';
import { outputOption } from '../output/output-option.js';
import { type TableCell, table } from '../output/table.js';
import { stdoutPaint, writeOut } from '../output/write.js';
import { bigintsAsText } from './bigints-as-text.js';
import { profileNamesOption } from './chosen-profile.js';
import { addConditionOptions, architectureOption, type ConditionOptions, settingOf } from './node-target-options.js';
import { type LoadedProfile, loadProfiles, type SourcesOptions } from './profile-source.js';
import { type ProfileReading, readingOption, takeProfile } from './reading.js';
import { remarkOnReading } from './remark-on-reading.js';
import { runtimeDefaultOption } from './runtime-default-option.js';

const help = `
Compared is what the filters decide, not how the documents are written: for every syscall of every architecture in either filter,
arguments included. Dangerous syscalls come first (C0 to C5, docs/reference/profile-lint.md).

Examples:
  $ seccomply profile diff web-static RuntimeDefault
  $ seccomply profile diff old.json new.json --output json
  $ seccomply profile diff docker-default.json RuntimeDefault --reading raw

Exit code: 0 when the two decide alike, 1 when they differ, 2 for bad usage or a file that is no profile.`;

interface DiffOptions extends ConditionOptions, SourcesOptions {
  readonly arch?: Architecture;
  readonly reading?: ProfileReading;
  readonly output: 'table' | 'json';
}

export function command(): Command {
  return addConditionOptions(
    new Command('diff')
      .description('say what one profile allows and another does not')
      .argument('<a>', 'file, catalogue name, RuntimeDefault, or - for standard input')
      .argument('<b>', 'the other one')
      .addOption(architectureOption("the node's architecture (default: x86_64, unless a lists only others)")),
  )
    .addOption(readingOption('resolved'))
    .addOption(runtimeDefaultOption())
    .addOption(profileNamesOption())
    .option('--catalogue <folder>', 'where catalogue names are looked up (default: the shipped profiles)')
    .addOption(outputOption('table', 'json'))
    .addHelpText('after', help)
    .action((a: string, b: string, options: DiffOptions) => diff(a, b, options));
}

async function diff(wordA: string, wordB: string, options: DiffOptions): Promise<void> {
  const [a, b] = (await loadProfiles([wordA, wordB], options)) as [LoadedProfile, LoadedProfile];
  const setting = settingOf(options.arch ?? nativeOf(a.profile), options);
  const read = async (loaded: LoadedProfile): Promise<Profile> => {
    const { profile } = await takeProfile(loaded, options.reading ?? 'resolved', setting);
    remarkOnReading(loaded, options.reading);
    return profile;
  };
  const comparison = compareProfiles(await read(a), await read(b), setting);
  const same = [comparison.onlyA, comparison.onlyB, comparison.otherwise].every((list) => list.length === 0);
  if (!same) process.exitCode = EXIT.findings;
  if (options.output === 'json') {
    const json = JSON.stringify({ a: a.name, b: b.name, ...comparison }, bigintsAsText, 2);
    await writeOut(`${json}\n`);
    return;
  }
  const [nameA, nameB] = a.name === b.name ? [`${a.name} (a)`, `${b.name} (b)`] : [a.name, b.name];
  await writeOut(same ? `${nameA} and ${nameB} decide alike\n` : described(comparison, nameA, nameB, stdoutPaint()));
}

function described({ onlyA, onlyB, otherwise }: ProfileComparison, a: string, b: string, paint: Paint): string {
  const parts: string[] = [];
  const section = (title: string, rows: readonly Difference[]) => {
    if (rows.length === 0) return;
    const columns = ['CLASS', 'SYSCALL', 'ON', a.toUpperCase(), b.toUpperCase()];
    parts.push(`${paint('bold', title)}\n${table(columns, rows.map(rowOf), paint)}`);
  };
  section(`${b} allows and ${a} does not: ${counted(onlyB)}`, onlyB);
  section(`${a} allows and ${b} does not: ${counted(onlyA)}`, onlyA);
  if (otherwise.length > 0) {
    const rows = otherwise.map((row) => [row.syscall, on(row.architectures), shortened(row.a), row.b]);
    const columns = ['SYSCALL', 'ON', a.toUpperCase(), b.toUpperCase()];
    parts.push(`${paint('bold', `in other ways: ${otherwise.length}`)}\n${table(columns, rows, paint)}`);
  }
  return parts.join('\n');
}

function counted(rows: readonly Difference[]): string {
  const names = new Set(rows.map(({ syscall }) => syscall));
  const dangerous = new Set(rows.filter((row) => isDangerous(row.class)).map(({ syscall }) => syscall));
  return `${names.size} syscall${names.size === 1 ? '' : 's'}${dangerous.size === 0 ? '' : `, ${dangerous.size} of them dangerous`}`;
}

function rowOf(row: Difference): readonly TableCell[] {
  const name = row.example === undefined ? row.syscall : callInWords(row.syscall, row.example);
  const maybe = row.extent === 'unclear' ? ' (perhaps)' : '';
  return [
    isDangerous(row.class) ? { text: row.class, colour: 'red' } : row.class,
    `${name}${maybe}`,
    on(row.architectures),
    shortened(row.a),
    row.b,
  ];
}

/** So that one syscall with many conditions does not push the last column away; JSON has them all. */
function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function isDangerous(id: RiskClass): boolean {
  return DANGEROUS.includes(id);
}

function on(architectures: readonly Architecture[]): string {
  return architectures.map((name) => name.replace('SCMP_ARCH_', '').toLowerCase()).join(' ');
}
