import { Command, Option } from 'commander';
import { AMBIGUITY_WORDS } from '../../core/filter/ambiguity-words.js';
import type { SyscallAnswer } from '../../core/filter/evaluator.js';
import type { EvaluationRuntime } from '../../core/filter/runtime-rules.js';
import { hostOf, type NodeTarget } from '../../core/outcomes/node-target.js';
import { callInWords, conditionsInWords, outcomeInWords } from '../../core/outcomes/outcome-in-words.js';
import { filterAction, isRefused } from '../../core/profile/filter-action.js';
import { lacksListener, listenerRefusal } from '../../core/profile/listener.js';
import type { Profile } from '../../core/profile/model.js';
import type { ContainerRuntime } from '../../core/profile/runtime-default.js';
import type { Architecture } from '../../core/syscalls/architectures.js';
import { MAX_ERRNO } from '../../core/syscalls/errno-names.js';
import { enteredOn, isBigEndian, MULTIPLEXED_CALLS } from '../../core/syscalls/filter-architecture.js';
import { isSyscallName, LIBSECCOMP_VERSIONS, syscallName, syscallNames } from '../../core/syscalls/syscall-table.js';
import { didYouMean } from '../../core/text/did-you-mean.js';
import { byNumber, listed } from '../../core/text/words.js';
import { CliError } from '../output/exit.js';
import { outputOption } from '../output/output-option.js';
import { stderrPaint, writeOut } from '../output/write.js';
import { answerJson } from './answer-json.js';
import { profileNameOption } from './chosen-profile.js';
import {
  addConditionOptions,
  architectureOption,
  type ConditionOptions,
  parseArchitecture,
  settingOf,
} from './node-target-options.js';
import { type LoadedProfile, loadProfile, type SourceOptions } from './profile-source.js';
import { defaultReading, type ProfileReading, type ReadProfile, readingOption, takeProfile } from './reading.js';
import { remarkOnReading } from './remark-on-reading.js';
import { runtimeDefaultOption } from './runtime-default-option.js';
import { simulateBatch } from './simulate-batch.js';
import { parseArgument, Simulator } from './simulator.js';

const help = `
Arguments are numbers: decimal, hexadecimal (0x10000000), octal (0o666) or negative (hexadecimal ones behind --);
those left out are 0. A syscall can be given by its number, too. socketcall and ipc are asked under their own names.
A call that is left to a tracer (TRACE) gets ENOSYS where nobody traces the process, which is how containers run.

The answer is what the rules say, and what the filter returns that libseccomp makes of them: under libseccomp without runc's stub, which
answers ENOSYS for syscalls newer than every one that the profile names. Where it is not certain that libseccomp makes that of the
call, the answer says so, with the reason (docs/explanation/ambiguous-answers.md).

A file is taken as a runtime reads it: conditions of Docker's format (includes, excludes, archMap) do not count there, nor do rules that say
"name" and error numbers given by "errno". Catalogue names and RuntimeDefault have theirs decided, for --arch, --cap and --kernel. --reading says otherwise; compiled is what
Seccomply puts on a node. CRI-O does decide them, but for minKernel: --reading crio, which --runtime-default crio means for files.

--batch reads one question a line and writes one answer a line:
  {"arch":"SCMP_ARCH_X86_64","syscall":"socket","args":["2","1","0"]}
  {"action":"SCMP_ACT_ALLOW","errno":null,"rule":3}
args are decimal texts of 64 bits; arch and args may be left out. errno is what ERRNO returns or TRACE tells the tracer. rule is the
index of the deciding rule in "syscalls", or "default", "stub" (runc's) or "architecture" (the filter does not have it: the call kills).
"ambiguous" lists the rules concerned and "reason" says why, where the answer is not certain. A line that is no question is answered with
{"error":…}, and the exit code is 1 at the end.

Examples:
  $ seccomply profile simulate web-static unshare
  $ seccomply profile simulate web-static socket 40 1 0
  $ seccomply profile simulate profile.json kill -1 9 --arch SCMP_ARCH_X86 --runtime crun
  $ seccomply profile simulate profile.json --batch questions.jsonl

Exit code: 0 when there is an answer, whatever it is; 1 when a line of --batch was not a question; 2 for bad usage or a bad profile.`;

export interface SimulateOptions extends ConditionOptions, SourceOptions {
  readonly runtimeDefault: ContainerRuntime;
  readonly arch: Architecture;
  readonly native?: Architecture;
  readonly runtime: EvaluationRuntime;
  readonly libseccomp?: string;
  readonly reading?: ProfileReading;
  readonly batch?: string;
  readonly output: 'table' | 'json';
}

export function command(): Command {
  return addConditionOptions(
    new Command('simulate')
      .description('say what becomes of a syscall under a profile, as libseccomp and the container runtime do it')
      .argument('<profile>', 'file, catalogue name, RuntimeDefault, or - for standard input')
      .argument('[syscall]', 'name or number')
      .argument('[args...]', 'its arguments')
      .addOption(architectureOption('the ABI the call comes through').default('SCMP_ARCH_X86_64'))
      .addOption(
        new Option('--runtime <runtime>', 'who makes the filter')
          .choices(['libseccomp', 'runc', 'crun'])
          .default('runc'),
      )
      .option('--batch <file>', 'answer the questions in a file, one a line; - for standard input')
      .addOption(readingOption('raw for files, else resolved'))
      .addOption(
        new Option(
          '--libseccomp <version>',
          'the version to answer for (default: the newest; what depends on names that older ones lack is ambiguous)',
        ).choices([...LIBSECCOMP_VERSIONS]),
      )
      .addOption(
        new Option(
          '--native <architecture>',
          "the node's own architecture, always in the filter (default: SCMP_ARCH_X86_64, or that of a listed --arch with which it cannot share a filter)",
        ).argParser(parseArchitecture),
      )
      .addOption(runtimeDefaultOption('; with crio, files are read as CRI-O reads them'))
      .addOption(profileNameOption())
      .option('--catalogue <folder>', 'where catalogue names are looked up (default: the shipped profiles)')
      .addOption(outputOption('table', 'json')),
  )
    .addHelpText('after', help)
    .action((profile: string, syscall: string | undefined, args: readonly string[], options: SimulateOptions) =>
      simulate(profile, syscall, args, options),
    );
}

async function simulate(
  word: string,
  syscall: string | undefined,
  args: readonly string[],
  options: SimulateOptions,
): Promise<void> {
  if (options.batch === undefined && syscall === undefined)
    throw new CliError(
      `which syscall? For example: seccomply profile simulate ${word} unshare; or --batch questions.jsonl`,
    );
  if (options.batch !== undefined && syscall !== undefined)
    throw new CliError('--batch has the syscalls in its file: leave them out of the command line');
  if (options.batch === '-' && word === '-')
    throw new CliError('the profile and --batch cannot both be read from standard input: put one of them into a file');
  const loaded = await loadProfile(word, options);
  const setting = settingOf(options.native ?? hostOf(options.arch), options);
  const reading = options.reading ?? readingFor(loaded, options);
  const read = await takeProfile(loaded, reading, setting);
  const simulator = new Simulator(read, options);
  const about = { loaded, read, reading, simulator, options };
  remark(about, setting);
  if (options.batch !== undefined) await simulateBatch(options.batch, simulator, options.arch);
  else if (syscall !== undefined) await answerOne(syscall, args, about);
}

/** Whoever says for what conditions are to be decided wants them decided. */
function readingFor(loaded: LoadedProfile, { cap, kernel, runtimeDefault }: SimulateOptions): ProfileReading {
  const reading = defaultReading(loaded, runtimeDefault);
  return reading === 'raw' && (cap.length > 0 || kernel !== undefined) ? 'resolved' : reading;
}

/** What the person should know before the answer. */
function remark(
  { loaded, read, reading, simulator, options }: Omit<Asked, 'name' | 'arch'>,
  setting: NodeTarget,
): void {
  remarkOnReading(loaded, reading);
  const paint = stderrPaint();
  const [nameless] = loaded.parsed?.rulesWithoutNames ?? [];
  if (reading === 'raw' && options.runtime === 'crun' && nameless !== undefined)
    process.stderr.write(
      `${paint('red', 'error')}: crun starts no container with ${loaded.name}: ${nameless} has no "names"; the answers leave such rules out\n`,
    );
  remarkOnListener(loaded.name, read.profile, options.runtime);
  const { rules, defaultAction, defaultErrnoRet } = read.profile;
  const refused = rules.findIndex(
    ({ names, action, errnoRet }) => names.length > 0 && isRefused(filterAction(action, errnoRet)),
  );
  if (refused >= 0 || isRefused(filterAction(defaultAction, defaultErrnoRet)))
    process.stderr.write(
      `${paint('red', 'error')}: no runtime starts a container with ${loaded.name}: libseccomp takes no errno above ${MAX_ERRNO} ` +
        `${refused < 0 ? '(defaultErrnoRet)\n' : `(rule ${simulator.ruleIndex(refused)}); the answers leave such rules out\n`}`,
    );
  const native = simulator.nativeFor(options.arch);
  const foreign = read.profile.architectures?.find((each) => isBigEndian(each) !== isBigEndian(native));
  if (foreign !== undefined)
    process.stderr.write(
      `${paint('red', 'error')}: no runtime starts a container with ${loaded.name} on a node of ${native}: ${foreign} has the other byte order\n`,
    );
  for (const conflict of simulator.conflicts(setting.architecture).slice(0, 3))
    process.stderr.write(
      `${paint('red', 'error')}: no runtime starts a container with ${loaded.name}: its rules on ${conflict.name} contradict each other ` +
        `(rule ${simulator.ruleIndex(conflict.rule)}); the answers leave that rule out\n`,
    );
  const unforetold = simulator.unforetold(setting.architecture);
  if (unforetold.length > 0)
    process.stderr.write(
      `${paint('yellow', 'warning')}: it is not foretold that a container starts with ${loaded.name}: libseccomp may refuse its rules on ${unforetold.join(', ')}, or come to no end with them\n`,
    );
}

function remarkOnListener(name: string, profile: Profile, runtime: EvaluationRuntime): void {
  const paint = stderrPaint();
  const refusal = runtime === 'libseccomp' ? undefined : listenerRefusal(profile, runtime);
  if (refusal !== undefined)
    process.stderr.write(`${paint('red', 'error')}: ${runtime} starts no container with ${name}: ${refusal}\n`);
  else if (runtime === 'crun' && lacksListener(profile))
    process.stderr.write(
      `${paint('yellow', 'note')}: ${name} names no listener ("listenerPath"): under crun the calls left to it get ENOSYS\n`,
    );
}

interface Asked {
  readonly loaded: LoadedProfile;
  readonly read: ReadProfile;
  readonly reading: ProfileReading;
  readonly simulator: Simulator;
  readonly options: SimulateOptions;
  /** Of the syscall, also where it was given by its number. */
  readonly name: string;
  /** The ABI that the call comes through. */
  readonly arch: Architecture;
}

async function answerOne(
  syscall: string,
  words: readonly string[],
  about: Omit<Asked, 'name' | 'arch'>,
): Promise<void> {
  const { simulator, options } = about;
  if (words.length > 6) throw new CliError(`a syscall has at most six arguments, these are ${words.length}`);
  const args = words.map((word, index) => {
    const value = parseArgument(word);
    if (value === undefined)
      throw new CliError(
        `argument ${index} of ${syscall} is ${JSON.stringify(word)}: write a number of 64 bits, in decimal, hexadecimal (0x…) or octal (0o…)`,
      );
    return value;
  });
  const number = /^(?:\d+|0x[0-9a-f]+)$/i.test(syscall) ? Number(syscall) : undefined;
  if (number !== undefined && number > 0xffff_ffff)
    throw new CliError(`${syscall} is not a syscall number: it has 32 bits`);
  const answer = simulator.ask(options.arch, number ?? syscall, args);
  if (answer === undefined) throw new CliError(unknownSyscall(syscall, options.arch));
  if (options.output === 'json') {
    await writeOut(`${answerJson(answer)}\n`);
    return;
  }
  const arch = number === undefined ? options.arch : enteredOn(options.arch, number);
  const name = number === undefined ? syscall : (syscallName(arch, number) ?? `syscall ${number}`);
  const where = `${arch.replace('SCMP_ARCH_', '').toLowerCase()}, ${options.runtime}`;
  await writeOut(
    `${callInWords(name, words.length === 0 ? undefined : args)}: ${outcomeInWords(answer)} [${answer.action}], ${deciding(answer, { ...about, name, arch })} (${where})${ambiguity(answer)}\n`,
  );
}

function unknownSyscall(name: string, architecture: Architecture): string {
  const near = didYouMean(name, syscallNames(architecture));
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  return isSyscallName(name)
    ? `${architecture} has no syscall ${name}, other architectures have${hint}`
    : `no architecture has a syscall ${JSON.stringify(name)}${hint}`;
}

function deciding(answer: SyscallAnswer, asked: Asked): string {
  const { loaded, options, arch } = asked;
  switch (answer.rule) {
    case 'default':
      return `by the default action of ${loaded.name}`;
    case 'stub':
      return "by runc's stub: the syscall is newer than every one that the profile names";
    case 'architecture': {
      const host = hostOf(arch);
      const other =
        host !== 'SCMP_ARCH_X86_64' && options.native === undefined ? `; on a ${host} node: --native ${host}` : '';
      return `because the filter of ${loaded.name} does not have ${arch}${other}`;
    }
    default:
      return `by ${ruleInWords(asked, answer.rule)}`;
  }
}

function ruleInWords({ read, loaded, name }: Asked, index: number): string {
  const { ruleIndexes } = read;
  const rule = ruleIndexes === undefined ? read.profile.rules[index] : loaded.profile.rules[index];
  const path = ruleIndexes === undefined ? undefined : loaded.parsed?.rulePaths[index];
  const line = path === undefined ? undefined : loaded.parsed?.placeOf(path).line;
  const source = `rule ${index} of ${ruleIndexes === undefined ? 'the compiled ' : ''}${loaded.name}`;
  // A call through socketcall or ipc is decided by a rule on the call inside, with other arguments.
  const conditions = rule?.names.includes(name)
    ? conditionsInWords(rule.args)
    : `on ${rule?.names.filter((each) => MULTIPLEXED_CALLS.get(each)?.entry === name).join(', ')}`;
  return `${source}${line === undefined ? '' : `, line ${line}`}${conditions === '' ? '' : `: ${conditions}`}`;
}

function ambiguity({ ambiguous = [], reason }: SyscallAnswer): string {
  if (reason === undefined) return '';
  const rules = ambiguous.filter((each) => each !== 'stub');
  const which = rules.length === 0 ? '' : ` (${byNumber(rules.length, 'rule', 'rules')} ${listed(rules.map(String))})`;
  return `\n    not certain [${reason}]: ${AMBIGUITY_WORDS[reason].why}${which}`;
}
