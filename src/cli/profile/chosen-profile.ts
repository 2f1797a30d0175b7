import { Option } from 'commander';
import type { ParsedProfile } from '../../core/profile/read/parsed-profile.js';
import { labelOf } from '../../core/profile/read/profile-label.js';
import { counted, listed } from '../../core/text/words.js';
import { CliError } from '../output/exit.js';

export interface ProfileChoice {
  /** Which profile of a file that holds several. */
  readonly name?: string;
  /** Whether `name` is also what the result is to be called: then it need not be that of the only profile of a file. */
  readonly isNewName?: true;
}

/** `--name` of the commands that ask about one profile. */
export function profileNameOption(): Option {
  return new Option('--name <name>', 'which profile, where the file holds several: its name, or namespace/name');
}

/** `--name` of the commands that take several. */
export function profileNamesOption(): Option {
  return new Option(
    '--name <name>',
    'which profile, where a file holds several; may be given again, for one such file after the other',
  ).argParser((name: string, before: readonly string[] = []) => [...before, name]);
}

/** The profile that is meant among those of a file; undefined where it has none. */
export function chosenProfile(
  profiles: readonly ParsedProfile[],
  file: string,
  { name, isNewName }: ProfileChoice,
): ParsedProfile | undefined {
  const [only, second] = profiles;
  if (second === undefined && (name === undefined || isNewName === true || only === undefined)) return only;
  const names = listed(profiles.map((each) => labelIn(each, profiles)));
  if (name === undefined)
    throw new CliError(`${file} holds ${counted(profiles.length, 'profile')}: ${names}; say with --name which one`);
  const [found, other] = profiles.filter((each) => each.name === name || fullName(each) === name);
  if (found === undefined) throw new CliError(`${file} has no profile ${name}; it has ${names}`);
  if (other !== undefined)
    throw new CliError(
      `${file} has more than one profile ${name}${fullName(found) === fullName(other) ? `, in lines ${lineOf(found)} and ${lineOf(other)}: rename one` : `: ${names}`}`,
    );
  return found;
}

function labelIn(profile: ParsedProfile, all: readonly ParsedProfile[]): string {
  const isAlone = all.filter(({ name }) => name === profile.name).length === 1;
  return isAlone || profile.name === undefined ? labelOf(profile) : fullName(profile);
}

function fullName({ name = '', namespace }: ParsedProfile): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function lineOf({ placeOf, path }: ParsedProfile): number | undefined {
  return placeOf(path).line;
}
