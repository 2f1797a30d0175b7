import type { Catalogue, CatalogueEntry, Stage } from './catalogue.js';
import { classAmong, nameInProfilePath, profilePath } from './logical-name.js';

/** What the catalogue has to know of one profile. */
export interface CatalogueProfile extends CatalogueEntry {
  /** The capabilities its conditions ask about, sorted: the capability classes it can have. */
  readonly mentionedCapabilities: readonly string[];
}

export interface CatalogueOptions {
  /** Whether nothing that profile `b` refuses is allowed by `a`; asked once for each pair at most. */
  readonly within: (a: string, b: string) => boolean;
}

const STAGES: readonly Stage[] = ['Enforce', 'Complain', 'Record'];

/** Paths that are kept so that they need not be made again: requests ask for what classes they like. */
const MOST_ISSUED = 4_096;

/**
 * Classes that `byPath` recognises without being told the container's capabilities: every one of at most this many of the
 * capabilities that a profile mentions, and all of them together.
 */
const LARGEST_GUESSED_CLASS = 3;
/** A profile can mention any number of capabilities, and its classes are made while a pod waits: of more than these only smaller ones are tried. */
const MOST_GUESSED_CLASSES = 2_000;

interface Found {
  readonly entry: CatalogueEntry;
  readonly stage: Stage;
}

/** A catalogue over profiles whose names differ. Paths are made and recognised without reading the profiles themselves. */
export function catalogueOf(profiles: readonly CatalogueProfile[], options: CatalogueOptions): Catalogue {
  const byName = new Map(profiles.map((profile) => [profile.name, profile]));
  const names = [...byName.keys()].sort();
  const guessed = new Map<string, ReadonlyMap<string, Found>>();
  const within = new Map<string, boolean>();

  const issued = new Map<string, string>();
  const issue = (profile: CatalogueProfile, stage: Stage, capabilities: readonly string[]): string => {
    const key = `${profile.name} ${stage} ${capabilities.join(' ')}`;
    let path = issued.get(key);
    if (path === undefined) {
      path = profilePath(profile.name, profile.digest, stage, capabilities);
      if (issued.size >= MOST_ISSUED) issued.clear();
      issued.set(key, path);
    }
    return path;
  };
  const guess = (profile: CatalogueProfile): ReadonlyMap<string, Found> => {
    let paths = guessed.get(profile.name);
    if (paths === undefined) {
      paths = new Map(
        smallClasses(profile.mentionedCapabilities).flatMap((capabilities) =>
          STAGES.map(
            (stage) =>
              [profilePath(profile.name, profile.digest, stage, capabilities), { entry: profile, stage }] as const,
          ),
        ),
      );
      guessed.set(profile.name, paths);
    }
    return paths;
  };

  return {
    names: () => names,
    get: (name) => byName.get(name),
    pathOf: (name, stage, addedCapabilities) => {
      const profile = byName.get(name);
      return profile && issue(profile, stage, classAmong(profile.mentionedCapabilities, addedCapabilities));
    },
    byPath: (localhostProfile, addedCapabilities) => {
      const profile = byName.get(nameInProfilePath(localhostProfile) ?? '');
      if (profile === undefined) return undefined;
      if (addedCapabilities === undefined) return guess(profile).get(localhostProfile);
      const own = classAmong(profile.mentionedCapabilities, addedCapabilities);
      const stage = STAGES.find((one) => issue(profile, one, own) === localhostProfile);
      return stage === undefined ? undefined : { entry: profile, stage };
    },
    within: (a, b) => {
      if (!byName.has(a) || !byName.has(b)) return false;
      if (a === b) return true;
      const key = `${a} ${b}`;
      const known = within.get(key);
      if (known !== undefined) return known;
      const answer = options.within(a, b);
      within.set(key, answer);
      return answer;
    },
  };
}

function smallClasses(mentioned: readonly string[]): readonly (readonly string[])[] {
  let classes: (readonly string[])[] = [[]];
  const all: (readonly string[])[] = [[], mentioned];
  let count = 1;
  for (let size = 1; size <= LARGEST_GUESSED_CLASS; size += 1) {
    count = (count * (mentioned.length - size + 1)) / size;
    if (all.length + count > MOST_GUESSED_CLASSES) break;
    classes = classes.flatMap((chosen) =>
      mentioned
        .slice(chosen.length === 0 ? 0 : mentioned.indexOf(chosen.at(-1) ?? '') + 1)
        .map((capability) => [...chosen, capability]),
    );
    all.push(...classes);
  }
  return all;
}
