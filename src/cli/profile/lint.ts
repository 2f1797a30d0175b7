import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { MAX_FILE } from '../../core/document/limits.js';
import { type Linted, lintReading } from '../../core/lint/lint.js';
import { type LintFileOptions, lintFile } from '../../core/lint/lint-file.js';
import { LINT_RULES } from '../../core/lint/lint-rules.js';
import { predictStart, type StartPrediction } from '../../core/lint/start-prediction.js';
import type { LintOptions } from '../../core/lint/subject/lint-options.js';
import type { Problem } from '../../core/problem/problem.js';
import type { Stage } from '../../core/profile/catalogue.js';
import { labelOf } from '../../core/profile/read/profile-label.js';
import type { ContainerRuntime } from '../../core/profile/runtime-default.js';
import type { Architecture } from '../../core/syscalls/architectures.js';
import { LIBSECCOMP_VERSIONS } from '../../core/syscalls/syscall-table.js';
import { counted } from '../../core/text/words.js';
import { INDEX_FILE, isBesideProfiles } from '../../files/catalogue-files.js';
import { errnoOf } from '../../system/errno.js';
import { packageVersion } from '../../system/package-root.js';
import { readBounded, UnfitFile } from '../../system/read-bounded.js';
import { printable } from '../../system/terminal/printable.js';
import { CliError, EXIT } from '../output/exit.js';
import { outputOption } from '../output/output-option.js';
import { type ProblemFormat, problemsOutput, tallyText } from '../output/problems.js';
import { table } from '../output/table.js';
import { stdoutPaint, writeOut } from '../output/write.js';
import { addConditionOptions, architectureOption, type ConditionOptions } from './node-target-options.js';
import { findProfile, shippedProfiles } from './profile-source.js';
import { runtimeDefaultOption } from './runtime-default-option.js';

const help = `
A file is linted as a runtime reads it from a node. Profiles of a catalogue (its names, and files in a folder that has an
index.generated.json) are linted as what they are: sources that Seccomply compiles, which mends some of what the rules find.
 --reading says otherwise. With --runtime-default crio files are linted as CRI-O reads them, which decides conditions itself. Of a
 folder, files ending in .json, .yaml and .yml are linted, not those of its subfolders. Every profile of a file counts: documents of
 a YAML stream, elements of Lists, files in ConfigMaps. Manifests of pods and workloads are looked at for how they name profiles;
 objects of other kinds are passed over.

Without --runtime, --allow-privilege-escalation and the like, everything is assumed that cannot be ruled out.

Examples:
  $ seccomply profile lint profile.json
  $ seccomply profile lint profiles/ --strict
  $ seccomply profile lint profile.json --runtime runc --runtime-version 1.1.15 --allow-privilege-escalation false
  $ seccomply profile lint profile.json --pod deployment.yaml --container web
  $ seccomply profile lint profiles/ --output sarif > lint.sarif
  $ seccomply profile lint --rules

Exit code: 0 without errors, 1 with errors (with --strict: or warnings), 2 for bad usage or a file that cannot be read.
Every rule with an example: docs/reference/profile-lint.md.`;

type LintReading = NonNullable<LintOptions['reading']>;

interface LintCommandOptions extends ConditionOptions {
  readonly reading?: LintReading;
  readonly arch?: Architecture;
  readonly runtime?: 'runc' | 'crun';
  readonly runtimeVersion?: string;
  readonly allowPrivilegeEscalation?: boolean;
  readonly libseccomp?: string;
  readonly runtimeDefault: ContainerRuntime;
  readonly stage?: Stage;
  readonly installed?: string;
  readonly pod?: string;
  readonly container?: string;
  readonly ignore: readonly string[];
  readonly strict?: true;
  readonly quiet?: true;
  readonly rules?: true;
  readonly catalogue?: string;
  readonly output: ProblemFormat;
}

export function command(): Command {
  return addConditionOptions(
    new Command('lint')
      .description('find mistakes in profiles, dangers, and what runtimes would make of them')
      .argument(
        '[profiles...]',
        'files, folders, catalogue names, or - for standard input (default: the shipped catalogue)',
      )
      .option('--strict', 'exit code 1 for warnings, too')
      .option('-q, --quiet', 'errors only')
      .option('--ignore <code>', 'leave out what this rule finds, e.g. SP036; may be given again', addCode, [])
      .addOption(
        new Option(
          '--reading <how>',
          'raw: the file goes onto nodes as it is; crio: and CRI-O reads it there; compiled: Seccomply compiles it first (default: raw, for catalogue profiles compiled)',
        ).choices(['raw', 'crio', 'compiled']),
      )
      .addOption(architectureOption("the node's architecture (default: x86_64, unless the profile lists only others)")),
  )
    .addOption(new Option('--runtime <runtime>', "the nodes' runtime (default: both)").choices(['runc', 'crun']))
    .option('--runtime-version <version>', 'its version, e.g. 1.1.15 (default: all that are known)')
    .addOption(
      new Option('--allow-privilege-escalation <bool>', 'what the container sets (default: not known)').argParser(
        trueOrFalse,
      ),
    )
    .addOption(
      new Option('--libseccomp <version>', "the nodes' library (default: the newest)").choices([
        ...LIBSECCOMP_VERSIONS,
      ]),
    )
    .addOption(
      new Option(
        '--stage <stage>',
        'what the profile is used for: record, complain or enforce (default: enforce)',
      ).argParser(parseStage),
    )
    .option('--installed <file>', 'the profile that is on the nodes now, which this one follows')
    .option('--pod <file>', 'a manifest: take capabilities, allowPrivilegeEscalation and probes from its container')
    .option('--container <name>', 'which container of --pod (default: the first)')
    .addOption(runtimeDefaultOption('; with crio, files are read as CRI-O reads them'))
    .option('--catalogue <folder>', 'where catalogue names are looked up (default: the shipped profiles)')
    .option('--rules', 'list the rules')
    .addOption(outputOption('table', 'json', 'yaml', 'junit', 'sarif'))
    .addHelpText('after', help)
    .action((words: readonly string[], options: LintCommandOptions) =>
      options.rules === true ? listRules(options) : lint(words, options),
    );
}

interface Document {
  /** For places. */
  readonly file: string;
  readonly text: string;
  /** Absent: as what holds the profile says. */
  readonly reading: LintReading | undefined;
  /** It lies in a folder that was named. */
  readonly isFound: boolean;
}

/** One profile or file that was linted, in the JSON output. */
interface LintedPart {
  readonly file: string;
  /** Which profile, where the file holds several or keeps it in an object. */
  readonly profile?: string;
  readonly starts?: Readonly<Record<string, StartPrediction>>;
}

async function lint(words: readonly string[], options: LintCommandOptions): Promise<void> {
  if (options.runtimeVersion !== undefined && options.runtime === undefined)
    throw new CliError('--runtime-version needs --runtime: whose version is it?');
  if (options.container !== undefined && options.pod === undefined)
    throw new CliError('--container needs --pod: of which manifest?');
  const settings = await settingsFrom(options);
  const documents: Document[] = [];
  for (const word of words.length === 0 ? [options.catalogue ?? shippedProfiles()] : words)
    if (words.length === 1 || !isBesideProfiles(word)) documents.push(...(await documentsOf(word, options)));
  const problems: Problem[] = [];
  const passedOver: Problem[] = [];
  let unfinished = false;
  const files: LintedPart[] = [];
  for (const { file, text, reading, isFound } of documents) {
    const linted = lintFile(text, {
      ...settings,
      ...(reading === undefined ? {} : { reading }),
      file,
      isFound,
      ...(await knownProfiles(text, options)),
    });
    unfinished ||= linted.profiles.some(({ isComplete }) => !isComplete);
    problems.push(...linted.problems);
    const [first] = linted.passedOver;
    const isNothing =
      first !== undefined && linted.profiles.length === 0 && !linted.hasPods && linted.problems.length === 0;
    // What is no object of Kubernetes and was named on its own was meant for a profile; one of several may be what a shell put in for "*".
    if (isNothing && !isFound) problems.push(documents.length === 1 ? first : { ...first, severity: 'info' });
    else passedOver.push(...linted.passedOver);
    files.push(...partsOf(file, linted.profiles, reading, settings));
  }
  const shown = problems.filter(
    ({ code, severity }) => !options.ignore.includes(code) && (options.quiet !== true || severity === 'error'),
  );
  const failing = problems.some(
    ({ code, severity }) =>
      !options.ignore.includes(code) && (severity === 'error' || (options.strict === true && severity === 'warning')),
  );
  if (failing) process.exitCode = EXIT.findings;
  const paint = stdoutPaint();
  const output = problemsOutput(shown, options.output, {
    subject: 'profile lint',
    files: documents.map(({ file }) => file),
    tool: {
      version: packageVersion(),
      rules: LINT_RULES.map(({ id, title, why, fix }) => ({ code: id, title, text: `${why} ${fix}` })),
    },
    paint,
    more: { files },
  });
  if (options.output !== 'table') {
    await writeOut(output);
    return;
  }
  const verdicts = files.flatMap(({ file, profile, starts = {} }) =>
    Object.entries(starts)
      .filter(([, { outcome }]) => outcome !== 'filtered')
      .map(
        ([runtime, start]) =>
          `${paint('bold', printable(profile === undefined ? file : `${file} (${profile})`))}: ${paint('red', `under ${runtime}`)} ${startInWords(start)}\n`,
      ),
  );
  const count = counted(documents.length, 'file');
  const later = unfinished ? '; mend these first, what the rules mean is looked at then' : '';
  await writeOut(
    `${output}${verdicts.join('')}${count}: ${tallyText(shown)}${later}${passedOverText(passedOver.length)}\n`,
  );
}

function passedOverText(count: number): string {
  return count === 0 ? '' : `; ${counted(count, 'object')} of other kinds passed over`;
}

/** What JSON says of a file; a profile that a runtime reads from it comes with what it makes of it. */
function partsOf(
  file: string,
  profiles: readonly Linted[],
  reading: Document['reading'],
  settings: LintOptions,
): readonly LintedPart[] {
  if (profiles.length === 0) return [{ file }];
  return profiles.map(({ parsed }) => {
    const { carrier, name } = parsed;
    // Of an object somebody makes a file; of the text in a ConfigMap, as it is.
    const isRead = reading !== 'compiled' && (carrier === 'file' || carrier === 'ConfigMap');
    const isPart = profiles.length > 1 || carrier === 'ConfigMap' || carrier === 'seccomply';
    return {
      file,
      ...(isPart ? { profile: name ?? labelOf(parsed) } : {}),
      ...(isRead ? { starts: predictions(parsed, reading === undefined ? settings : { ...settings, reading }) } : {}),
    };
  });
}

const START_IN_WORDS: Readonly<Record<StartPrediction['outcome'], string>> = {
  filtered: 'a container with it starts',
  unconfined: 'a container with it runs without any filter',
  'not started': 'a container with it does not start',
  'not always started': 'a container with it does not always start',
  hangs: 'a container with it hangs',
  'not foretold': 'it is not known whether a container with it starts',
};

function startInWords({ outcome, because }: StartPrediction): string {
  const what = START_IN_WORDS[outcome];
  return because === undefined ? what : `${what}: ${because}`;
}

function predictions(
  parsed: Parameters<typeof predictStart>[0],
  settings: LintOptions,
): Readonly<Record<string, StartPrediction>> {
  const runtimes = settings.runtime === undefined ? (['runc', 'crun'] as const) : [settings.runtime];
  const { runtimeVersion, architecture, libseccomp, allowPrivilegeEscalation, capabilities } = settings;
  return Object.fromEntries(
    runtimes.map((runtime) => [
      runtime,
      predictStart(parsed, {
        runtime,
        ...(runtimeVersion === undefined ? {} : { runtimeVersion }),
        ...(architecture === undefined ? {} : { architecture }),
        ...(libseccomp === undefined ? {} : { libseccomp }),
        ...(capabilities === undefined ? {} : { capabilities }),
        reading: lintReading(parsed, settings) === 'crio' ? 'crio' : 'raw',
        allowPrivilegeEscalation: allowPrivilegeEscalation ?? false,
      }),
    ]),
  );
}

async function settingsFrom(options: LintCommandOptions): Promise<LintOptions> {
  const fromPod = options.pod === undefined ? {} : await factsFromPod(options.pod, options.container);
  const given = {
    ...(options.arch === undefined ? {} : { architecture: options.arch }),
    ...(options.kernel === undefined ? {} : { kernel: options.kernel }),
    ...(options.runtime === undefined ? {} : { runtime: options.runtime }),
    ...(options.runtimeVersion === undefined ? {} : { runtimeVersion: options.runtimeVersion }),
    ...(options.allowPrivilegeEscalation === undefined
      ? {}
      : { allowPrivilegeEscalation: options.allowPrivilegeEscalation }),
    ...(options.libseccomp === undefined ? {} : { libseccomp: options.libseccomp }),
    ...(options.stage === undefined ? {} : { stage: options.stage }),
    ...(options.cap.length === 0 ? {} : { capabilities: options.cap }),
    runtimeDefault: options.runtimeDefault,
  };
  if (options.installed === undefined) return { ...fromPod, ...given };
  const { loadProfile } = await import('./profile-source.js');
  return { ...fromPod, ...given, installed: (await loadProfile(options.installed, options)).profile };
}

async function factsFromPod(file: string, container: string | undefined): Promise<LintOptions> {
  const { readPods, profiledContainersOf } = await import('../../core/lint/subject/pod-document.js');
  const { containerFacts } = await import('../../core/lint/container-facts.js');
  const pods = readPods(await readText(file));
  for (const pod of pods) {
    const facts = containerFacts(pod, container);
    if (facts !== undefined) return facts;
  }
  const names = pods.flatMap((pod) => profiledContainersOf(pod).map(({ name }) => name));
  throw new CliError(
    pods.length === 0
      ? `${file} holds no pod and no workload`
      : container === undefined
        ? `${file} has no container`
        : `${file} has no container ${container}; it has ${names.join(', ')}`,
  );
}

async function documentsOf(word: string, options: LintCommandOptions): Promise<readonly Document[]> {
  if (word !== '-' && (await isFolder(word))) return folderDocuments(word, options);
  const source = await findProfile(word, options.catalogue === undefined ? {} : { catalogue: options.catalogue });
  if (source.origin === 'runtime-default')
    throw new CliError(
      'RuntimeDefault is no document: lint runtime-default-containerd or runtime-default-crio, which decide as it does',
    );
  const isSource =
    source.origin === 'catalogue' || (source.origin === 'file' && (await isFile(join(dirname(word), INDEX_FILE))));
  const reading = options.reading ?? (isSource ? 'compiled' : undefined);
  return [{ file: source.file, text: source.text, reading, isFound: false }];
}

async function folderDocuments(folder: string, options: LintCommandOptions): Promise<readonly Document[]> {
  const names = (await readdir(folder)).sort();
  const isCatalogue = names.includes(INDEX_FILE);
  const wanted = names.filter((name) => /^[^.].*\.(json|ya?ml)$/.test(name) && !isBesideProfiles(name));
  if (wanted.length === 0) throw new CliError(`${folder} has no profile: no file in it ends in .json, .yaml or .yml`);
  return Promise.all(
    wanted.map(async (name) => {
      const file = join(folder, name);
      const reading = options.reading ?? (isCatalogue ? 'compiled' : undefined);
      return { file, text: await readText(file), reading, isFound: true };
    }),
  );
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

async function readText(file: string): Promise<string> {
  try {
    return (await readBounded(file, { most: MAX_FILE, pipes: true })).toString('utf8');
  } catch (error) {
    if (error instanceof UnfitFile) throw new CliError(`${file} cannot be read: ${error.message}`);
    const code = errnoOf(error);
    throw new CliError(
      code === 'ENOENT' ? `there is no file ${file}` : `cannot read ${file} (${code ?? 'unknown error'})`,
    );
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

/** What pods can name; looked up only where there may be some. */
async function knownProfiles(text: string, options: LintCommandOptions): Promise<Pick<LintFileOptions, 'catalogue'>> {
  if (!text.includes('ontainers')) return {};
  const { loadCatalogue } = await import('../../files/profile-catalogue.js');
  const { catalogue } = await loadCatalogue([options.catalogue ?? shippedProfiles()]);
  return { catalogue: { names: catalogue.names(), isKnownPath: (path) => catalogue.byPath(path) !== undefined } };
}

async function listRules({ output }: LintCommandOptions): Promise<void> {
  if (output === 'json') {
    const rules = LINT_RULES.map(({ id, severity, title, why, fix, compiled }) => ({
      id,
      severity,
      title,
      why,
      fix,
      compiled,
    }));
    await writeOut(`${JSON.stringify({ rules }, null, 2)}\n`);
    return;
  }
  const rows = LINT_RULES.map(({ id, severity, title }) => [id, severity, title]);
  await writeOut(table(['RULE', 'SEVERITY', 'FINDS'], rows, stdoutPaint()));
}

function addCode(word: string, before: readonly string[]): readonly string[] {
  const codes = word.toUpperCase().split(',');
  for (const code of codes)
    if (!LINT_RULES.some(({ id }) => id === code))
      throw new InvalidArgumentError(`There is no rule ${word}: seccomply profile lint --rules lists them.`);
  return [...before, ...codes];
}

function parseStage(word: string): Stage {
  const stage = ({ record: 'Record', complain: 'Complain', enforce: 'Enforce' } as const)[word.toLowerCase()];
  if (stage === undefined) throw new InvalidArgumentError('Write record, complain or enforce.');
  return stage;
}

function trueOrFalse(word: string): boolean {
  if (word !== 'true' && word !== 'false') throw new InvalidArgumentError('Write true or false.');
  return word === 'true';
}
