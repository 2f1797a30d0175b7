import { Command } from 'commander';
import { nativeOf } from '../../core/outcomes/node-target.js';
import { callInWords } from '../../core/outcomes/outcome-in-words.js';
import type { ContainerRuntime } from '../../core/profile/runtime-default.js';
import { type Score, scoreProfile } from '../../core/risk/score.js';
import type { Architecture } from '../../core/syscalls/architectures.js';
import type { Paint } from '../../system/terminal/colour.js';
import { outputOption } from '../output/output-option.js';
import { table } from '../output/table.js';
import { stdoutPaint, writeOut } from '../output/write.js';
import { bigintsAsText } from './bigints-as-text.js';
import { profileNamesOption } from './chosen-profile.js';
import { addConditionOptions, architectureOption, type ConditionOptions, settingOf } from './node-target-options.js';
import { loadProfiles, type SourcesOptions } from './profile-source.js';
import { type ProfileReading, readingOption, takeProfile } from './reading.js';
import { remarkOnReading } from './remark-on-reading.js';
import { runtimeDefaultOption } from './runtime-default-option.js';

const help = `
Four figures, since no one of them stands for the others:
  1  how many of all syscalls are allowed, with any arguments or with some
  2  the dangerous ones among them, by class
  3  known exploits that it stops and the runtime's default does not, and the other way round
  4  what it allows beyond the runtime's default
The sort key orders profiles and means nothing else.

Examples:
  $ seccomply profile score web-static
  $ seccomply profile score web-static cache db-sql RuntimeDefault
  $ seccomply profile score mine.json --cap NET_ADMIN --output json`;

interface ScoreCommandOptions extends ConditionOptions, SourcesOptions {
  readonly arch?: Architecture;
  readonly runtimeDefault: ContainerRuntime;
  readonly reading?: ProfileReading;
  readonly output: 'table' | 'json';
}

export function command(): Command {
  return addConditionOptions(
    new Command('score')
      .description('say in four figures how much a profile leaves open')
      .argument('<profiles...>', 'files, catalogue names, RuntimeDefault, or - for standard input')
      .addOption(architectureOption("the node's architecture (default: x86_64, unless the profile lists only others)")),
  )
    .addOption(runtimeDefaultOption())
    .addOption(readingOption('resolved'))
    .addOption(profileNamesOption())
    .option('--catalogue <folder>', 'where catalogue names are looked up (default: the shipped profiles)')
    .addOption(outputOption('table', 'json'))
    .addHelpText('after', help)
    .action((words: readonly string[], options: ScoreCommandOptions) => score(words, options));
}

async function score(words: readonly string[], options: ScoreCommandOptions): Promise<void> {
  const scores: { readonly name: string; readonly score: Score }[] = [];
  for (const loaded of await loadProfiles(words, options)) {
    const setting = settingOf(options.arch ?? nativeOf(loaded.profile), options);
    const { profile } = await takeProfile(loaded, options.reading ?? 'resolved', setting);
    remarkOnReading(loaded, options.reading);
    scores.push({
      name: loaded.name,
      score: scoreProfile(profile, { ...setting, runtimeDefault: options.runtimeDefault }),
    });
  }
  if (options.output === 'json') {
    const values = scores.map((one) => ({ name: one.name, ...one.score }));
    await writeOut(`${JSON.stringify(values.length === 1 ? values[0] : values, bigintsAsText, 2)}\n`);
    return;
  }
  const paint = stdoutPaint();
  const [only] = scores;
  await writeOut(
    scores.length === 1 && only !== undefined ? described(only.name, only.score, paint) : compared(scores, paint),
  );
}

function described(name: string, score: Score, paint: Paint): string {
  const { allowed, dangerous, exploits, aboveRuntimeDefault } = score;
  const [native, ...others] = allowed;
  const theDefault = `the default of ${score.runtimeDefault}`;
  const lines = [
    paint('bold', `${name} on ${score.architecture}`),
    '',
    `1  ${native === undefined ? '' : count(native)} syscalls allowed${others.length === 0 ? '' : `  (${others.map((each) => `${short(each.architecture)}: ${count(each)}`).join('; ')})`}`,
    '',
    `2  dangerous ones`,
    ...table(
      ['CLASS', 'WHAT THEY ARE', 'ALLOWED', 'OF', 'WHICH'],
      dangerous.map(({ class: id, title, whole, partly, of }) => [
        whole.length + partly.length > 0 ? { text: id, colour: 'red' as const } : id,
        title,
        `${whole.length}${partly.length === 0 ? '' : ` + ${partly.length} filtered`}`,
        String(of),
        [...whole, ...partly.map((each) => `${each}*`)].join(' '),
      ]),
      paint,
    )
      .trimEnd()
      .split('\n')
      .map((line) => `   ${line}`),
    '   * with some arguments only',
    '',
    `3  ${exploits.blockedBeyondRuntimeDefault.length} known exploits stopped beyond ${theDefault}; ${exploits.blocked} of ${exploits.known} in all, ${theDefault} stops ${exploits.blockedByRuntimeDefault}`,
    ...ids('stopped here only', exploits.blockedBeyondRuntimeDefault),
    ...ids('stopped by the default only', exploits.openedBeyondRuntimeDefault),
    '',
    `4  ${aboveRuntimeDefault.length} syscalls allowed beyond ${theDefault}${aboveRuntimeDefault.length === 0 ? '' : ':'}`,
    ...wrapped(
      aboveRuntimeDefault.map((each) =>
        each.example === undefined ? each.syscall : callInWords(each.syscall, each.example),
      ),
    ),
    '',
    `sort key ${score.sortKey.toFixed(1)} (0 everything allowed, 100 nothing; to sort by, and for nothing else)`,
  ];
  return `${lines.join('\n')}\n`;
}

function ids(
  what: string,
  exploits: readonly { readonly id: string; readonly verified: boolean }[],
): readonly string[] {
  if (exploits.length === 0) return [];
  return wrapped([`${what}:`, ...exploits.map(({ id, verified }) => (verified ? id : `${id}?`))]).concat(
    exploits.some(({ verified }) => !verified)
      ? ['   ? which syscalls it needs was not looked up in a published source']
      : [],
  );
}

function wrapped(words: readonly string[]): string[] {
  const lines: string[] = [];
  let line = '  ';
  for (const word of words) {
    if (line.length + word.length > 110) {
      lines.push(line);
      line = '  ';
    }
    line += ` ${word}`;
  }
  return words.length === 0 ? [] : [...lines, line];
}

function compared(scores: readonly { readonly name: string; readonly score: Score }[], paint: Paint): string {
  const rows = [...scores]
    .sort((a, b) => b.score.sortKey - a.score.sortKey || (a.name < b.name ? -1 : 1))
    .map(({ name, score }) => [
      name,
      score.allowed[0] === undefined ? '' : count(score.allowed[0]),
      String(score.dangerous.reduce((sum, each) => sum + each.whole.length + each.partly.length, 0)),
      `${score.exploits.blockedBeyondRuntimeDefault.length} more, ${score.exploits.openedBeyondRuntimeDefault.length} fewer`,
      String(score.aboveRuntimeDefault.length),
      score.sortKey.toFixed(1),
    ]);
  return table(['PROFILE', 'ALLOWED', 'DANGEROUS', 'EXPLOITS STOPPED', 'BEYOND DEFAULT', 'SORT KEY'], rows, paint);
}

function count({ whole, partly, of }: Score['allowed'][number]): string {
  return `${whole}${partly === 0 ? '' : ` + ${partly} filtered`} of ${of}`;
}

function short(architecture: Architecture): string {
  return architecture.replace('SCMP_ARCH_', '').toLowerCase();
}
