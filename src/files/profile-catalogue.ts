import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { catalogueFacts, isWithinRuntimeDefault, runtimesOf } from '../core/compare/catalogue-facts.js';
import { type ComparableProfile, comparable } from '../core/compare/comparable.js';
import { isComparableWithin } from '../core/compare/within.js';
import { MAX_PROFILE_FILE } from '../core/document/limits.js';
import type { Problem } from '../core/problem/problem.js';
import type { Catalogue } from '../core/profile/catalogue.js';
import { type CatalogueProfile, catalogueOf } from '../core/profile/catalogue-of.js';
import { isCatalogueName } from '../core/profile/logical-name.js';
import type { Profile } from '../core/profile/model.js';
import { parseProfile } from '../core/profile/read/yaml/parse-profile.js';
import type { NodeDefault } from '../core/profile/runtime-default.js';
import { fileTrouble } from '../system/errno.js';
import { readBounded } from '../system/read-bounded.js';
import { INDEX_FILE, isBesideProfiles } from './catalogue-files.js';
import { FolderWalk } from './policies/folder-walk.js';
import { type IndexedProfile, readIndex } from './profile-index.js';

export interface LoadCatalogueOptions {
  /** Whose default the profiles are held against; default any's. */
  readonly runtimeDefault?: NodeDefault;
}

export interface CatalogueFile {
  readonly name: string;
  readonly file: string;
  /** The logical profile; parsed when first asked for. */
  profile(): Profile;
}

export interface LoadedCatalogue {
  readonly catalogue: Catalogue;
  /** By name. */
  readonly files: ReadonlyMap<string, CatalogueFile>;
  /** Errors name files that are not in the catalogue. */
  readonly problems: readonly Problem[];
}

/**
 * Reads profile files, and folders of them (not their subfolders). A file's name without its ending is the profile's name. A folder's
 * index, when it has one, spares parsing the files that have not changed since it was made.
 */
export async function loadCatalogue(
  paths: readonly string[],
  options: LoadCatalogueOptions = {},
): Promise<LoadedCatalogue> {
  const problems: Problem[] = [];
  const found = new Map<string, Entry>();
  const indices = new Map<string, ReadonlyMap<string, IndexedProfile>>();
  for (const file of await filesOf(paths, problems)) {
    const folder = dirname(file);
    const index = indices.get(folder) ?? (await readIndex(join(folder, INDEX_FILE), problems));
    indices.set(folder, index);
    const entry = await readEntry(file, index, problems);
    if (entry === undefined) continue;
    const first = found.get(entry.name);
    if (first === undefined) found.set(entry.name, entry);
    else if (first.digest !== entry.digest) problems.push(sameName(entry.name, first.file, file));
  }
  const nodes = options.runtimeDefault ?? 'any';
  const entries = [...found.values()];
  return {
    catalogue: catalogueOf(
      entries.map((entry) => profileOf(entry, nodes)),
      { within: (a, b) => isEntryWithin(found.get(a), found.get(b)) },
    ),
    files: new Map(entries.map((entry) => [entry.name, entry])),
    problems,
  };
}

interface Entry extends CatalogueFile {
  readonly digest: string;
  readonly mentionedCapabilities: readonly string[];
  readonly refusesNothing: boolean;
  /** What the index says, when the file is as it was when the index was made. */
  readonly indexed: IndexedProfile | undefined;
  comparable(): ComparableProfile;
}

function profileOf(entry: Entry, nodes: NodeDefault): CatalogueProfile {
  const { indexed } = entry;
  let within = indexed && runtimesOf(nodes).every((runtime) => indexed.withinRuntimeDefault[runtime]);
  return {
    name: entry.name,
    digest: entry.digest,
    available: true,
    mentionedCapabilities: entry.mentionedCapabilities,
    refusesNothing: entry.refusesNothing,
    get withinRuntimeDefault() {
      within ??= isWithinRuntimeDefault(entry.comparable(), nodes);
      return within;
    },
  };
}

function isEntryWithin(a: Entry | undefined, b: Entry | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  if (a.indexed !== undefined && b.indexed !== undefined && dirname(a.file) === dirname(b.file)) {
    return a.indexed.within.includes(b.name);
  }
  return isComparableWithin(a.comparable(), b.comparable());
}

async function readEntry(
  file: string,
  index: ReadonlyMap<string, IndexedProfile>,
  problems: Problem[],
): Promise<Entry | undefined> {
  const name = basename(file).replace(/\.(json|ya?ml)$/, '');
  if (!isCatalogueName(name)) {
    problems.push({
      code: 'PF02',
      severity: 'error',
      message: `"${name}" cannot be the name of a catalogue profile`,
      advice: 'Use lower case letters, digits and "-", at most 63, and none of "-" at the ends.',
      place: { file },
    });
    return undefined;
  }
  let bytes: Buffer;
  try {
    bytes = await readBounded(file, { most: MAX_PROFILE_FILE });
  } catch (error) {
    problems.push(unreadable(file, error));
    return undefined;
  }
  const listed = index.get(name);
  const isFresh = listed?.sha256 === createHash('sha256').update(bytes).digest('hex');
  const indexed = isFresh ? listed : undefined;
  let parsed: Profile | undefined;
  if (indexed === undefined) {
    const result = parseProfile(bytes.toString('utf8'), { file });
    problems.push(...result.problems);
    if (result.profile === undefined) return undefined;
    parsed = result.profile;
  }
  const profile = () => {
    parsed ??= parseProfile(bytes.toString('utf8'), { file }).profile;
    if (parsed === undefined) throw new Error(`${file} is in the index and cannot be parsed`);
    return parsed;
  };
  let tables: { readonly made: ComparableProfile } | undefined;
  return {
    name,
    file,
    ...(indexed ?? catalogueFacts(profile())),
    indexed,
    profile,
    comparable: () => {
      tables ??= { made: comparable(profile()) };
      return tables.made;
    },
  };
}

async function filesOf(paths: readonly string[], problems: Problem[]): Promise<readonly string[]> {
  const files: string[] = [];
  for (const path of paths) {
    try {
      if (!(await stat(path)).isDirectory()) {
        files.push(path);
        continue;
      }
      const names = (await new FolderWalk().entries(path, 0)).map(({ name }) => name).filter(isProfileFile);
      files.push(...names.map((name) => join(path, name)));
    } catch (error) {
      problems.push(unreadable(path, error));
    }
  }
  return files;
}

function isProfileFile(name: string): boolean {
  return /^[^.].*\.(json|ya?ml)$/.test(name) && !isBesideProfiles(name);
}

function unreadable(file: string, error: unknown): Problem {
  return {
    code: 'PF01',
    severity: 'error',
    message: `cannot be read: ${fileTrouble(error)}`,
    advice: 'Check the path and its permissions.',
    place: { file },
  };
}

function sameName(name: string, first: string, file: string): Problem {
  return {
    code: 'PF03',
    severity: 'error',
    message: `the catalogue already has another profile called ${name}, from ${first}; this one is left out`,
    advice: 'Rename one of the two files.',
    place: { file },
  };
}
