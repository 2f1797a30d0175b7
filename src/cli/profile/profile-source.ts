import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_PROFILE_FILE } from '../../core/document/limits.js';
import { isCatalogueName } from '../../core/profile/logical-name.js';
import type { Profile } from '../../core/profile/model.js';
import type { ParsedProfile } from '../../core/profile/read/parsed-profile.js';
import { readProfileFile } from '../../core/profile/read/yaml/profile-file.js';
import type { ContainerRuntime } from '../../core/profile/runtime-default.js';
import { runtimeDefault } from '../../core/profile/runtime-default.js';
import { didYouMean } from '../../core/text/did-you-mean.js';
import { errnoOf, fileTrouble } from '../../system/errno.js';
import { packageRoot } from '../../system/package-root.js';
import { readBounded, readStream, UnfitFile } from '../../system/read-bounded.js';
import { CliError, EXIT } from '../output/exit.js';
import { problemText, tallyText } from '../output/problems.js';
import { stderrPaint } from '../output/write.js';
import { chosenProfile, type ProfileChoice } from './chosen-profile.js';

/** What a word on the command line that means a profile leads to. */
export type ProfileSource =
  | {
      readonly origin: 'file' | 'stdin' | 'catalogue';
      /** For messages, and as a catalogue name: `web-static`. */
      readonly name: string;
      /** For places. */
      readonly file: string;
      readonly text: string;
    }
  | { readonly origin: 'runtime-default'; readonly name: string; readonly profile: Profile };

export interface SourceOptions extends ProfileChoice {
  /** The folder of the catalogue; the shipped one if absent. */
  readonly catalogue?: string;
  /** Whose default `RuntimeDefault` means. */
  readonly runtimeDefault?: ContainerRuntime;
}

export interface SourcesOptions extends Pick<SourceOptions, 'catalogue' | 'runtimeDefault'> {
  /** For the files that hold several profiles, one after the other; the last is for all that follow. */
  readonly name?: readonly string[];
}

export interface LoadedProfile {
  readonly origin: ProfileSource['origin'];
  readonly name: string;
  readonly profile: Profile;
  /** Absent for the runtime default, which is no document. */
  readonly parsed: ParsedProfile | undefined;
  /** Whether its file holds others, too. */
  readonly isOneOfMany?: boolean;
}

/** The folder of the shipped profiles. */
export function shippedProfiles(): string {
  return join(packageRoot(), 'profiles');
}

/**
 * Finds a profile: `-` is standard input, an existing file is that file, `RuntimeDefault` the runtime's own, and anything else a name of
 * the catalogue.
 */
export async function findProfile(word: string, options: SourceOptions = {}): Promise<ProfileSource> {
  if (word === '-') return { origin: 'stdin', name: 'profile', file: '<stdin>', text: await readStandardInput() };
  if (await isFile(word))
    return { origin: 'file', name: nameOfFile(word), file: word, text: await readText(word, word) };
  if (word === 'RuntimeDefault') {
    const runtime = options.runtimeDefault ?? 'containerd';
    return { origin: 'runtime-default', name: `RuntimeDefault (${runtime})`, profile: runtimeDefault(runtime) };
  }
  if (!isCatalogueName(word)) throw new CliError(await notFound(word));
  const folder = options.catalogue ?? shippedProfiles();
  for (const ending of ['.json', '.yaml', '.yml']) {
    const file = join(folder, `${word}${ending}`);
    if (await isFile(file)) return { origin: 'catalogue', name: word, file, text: await readText(file, file) };
  }
  const near = didYouMean(word, await namesIn(folder));
  if (await isFolder(word)) throw new CliError(`${word} is a folder: give one profile file in it`);
  throw new CliError(
    `there is no file ${word}, and no profile of this name in the catalogue${options.catalogue === undefined ? '' : ` ${folder}`}${
      near === undefined ? '; seccomply profile list names those there are' : `; did you mean ${near}?`
    }`,
  );
}

/** Finds and reads a profile. One with mistakes ends the command: they are printed, each with its place. */
export async function loadProfile(word: string, options: SourceOptions = {}): Promise<LoadedProfile> {
  const source = await findProfile(word, options);
  const { origin, name } = source;
  if (source.origin === 'runtime-default') return { origin, name, profile: source.profile, parsed: undefined };
  const { file } = source;
  const read = readProfileFile(source.text, { file });
  const parsed = read.problems.length > 0 ? undefined : chosenProfile(read.profiles, file, options);
  if (parsed?.profile !== undefined)
    return {
      origin,
      name: origin === 'stdin' || read.profiles.length > 1 ? (parsed.name ?? name) : name,
      profile: parsed.profile,
      parsed,
      isOneOfMany: read.profiles.length > 1,
    };
  const found = parsed?.problems ?? [
    ...read.problems,
    ...(read.profiles.length > 0 ? [] : read.others.map(({ foreign }) => foreign)),
  ];
  const paint = stderrPaint();
  const errors = found.filter((problem) => problem.severity === 'error');
  for (const problem of errors.slice(0, MOST_SHOWN)) process.stderr.write(`${problemText(problem, paint)}\n`);
  throw new CliError(`${file} is not a profile that can be used: ${tallyText(errors)}`, EXIT.usage);
}

const MOST_SHOWN = 1000;

/** Reads several profiles, in the order of the words. */
export async function loadProfiles(
  words: readonly string[],
  options: SourcesOptions,
): Promise<readonly LoadedProfile[]> {
  const loaded: LoadedProfile[] = [];
  const { name: names = [], catalogue, runtimeDefault } = options;
  let next = 0;
  for (const word of words) {
    const name = names[Math.min(next, names.length - 1)];
    const one = await loadProfile(word, {
      ...(catalogue === undefined ? {} : { catalogue }),
      ...(runtimeDefault === undefined ? {} : { runtimeDefault }),
      ...(name === undefined ? {} : { name, isNewName: true }),
    });
    if (one.isOneOfMany) next += 1;
    loaded.push(one);
  }
  return loaded;
}

/** The file's name without its folder and ending, for a profile that has no other name. */
function nameOfFile(path: string): string {
  return (path.split(/[\\/]/).at(-1) ?? path).replace(/\.(json|ya?ml)$/i, '');
}

async function isFile(path: string): Promise<boolean> {
  try {
    return !(await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

let standardInputIsRead = false;

async function readStandardInput(): Promise<string> {
  if (standardInputIsRead)
    throw new CliError('standard input is there once: give - for one profile, and files for the others');
  standardInputIsRead = true;
  if (process.stdin.isTTY === true) process.stderr.write('reading a profile from the terminal; end it with Ctrl-D\n');
  try {
    return (await readStream(process.stdin, { most: MAX_PROFILE_FILE })).toString('utf8');
  } catch (error) {
    throw new CliError(`standard input cannot be read: ${fileTrouble(error)}`);
  }
}

async function readText(path: string, word: string): Promise<string> {
  try {
    return (await readBounded(path, { most: MAX_PROFILE_FILE, pipes: true })).toString('utf8');
  } catch (error) {
    if (error instanceof UnfitFile) throw new CliError(`${word} cannot be read: ${error.message}`);
    const code = errnoOf(error);
    throw new CliError(
      code === 'EACCES'
        ? `${word} cannot be read: you have no permission`
        : `cannot read ${word} (${code ?? 'unknown error'})`,
    );
  }
}

async function notFound(word: string): Promise<string> {
  if (word === '') return 'the profile is an empty text: give a file, a catalogue name, or - for standard input';
  return (await isFolder(word)) ? `${word} is a folder: give one profile file in it` : `there is no file ${word}`;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const { readdir } = await import('node:fs/promises');
  try {
    return (await readdir(folder))
      .filter((name) => /^[^.]*\.(json|ya?ml)$/.test(name))
      .map((name) => name.replace(/\.(json|ya?ml)$/, ''));
  } catch (error) {
    throw new CliError(`the catalogue ${folder} cannot be read (${errnoOf(error) ?? 'unknown error'})`);
  }
}
