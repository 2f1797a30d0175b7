import { type DocumentNode, nodeAt } from '../../../document/document-node.js';
import type { ProfileTextProblem } from '../../../document/document-problem.js';
import { readJsonStream } from '../../../document/lenient-json/json-nodes.js';
import { MAX_PROFILE_FILE } from '../../../document/limits.js';
import type { NodeDocument } from '../../../document/node-document.js';
import { SourceText } from '../../../document/source-text.js';
import { readYamlNodes } from '../../../document/yaml/yaml-nodes.js';
import type { Place, Problem } from '../../../problem/problem.js';
import { didYouMean } from '../../../text/did-you-mean.js';
import { inShort } from '../../../text/in-short.js';
import { decodeDocument, hasProfileKey } from '../decode-document.js';
import { PROFILE_KEYS } from '../decode-profile.js';
import { isSpoObject } from '../decode-spo-object.js';
import { identityOf } from '../object-identity.js';
import { parseJsonProfile, readJson } from '../parse-json-profile.js';
import type { ParsedProfile } from '../parsed-profile.js';
import { collectProfile, type MistakeTally, type ParseProfileOptions, TOO_LARGE, tallyOf } from '../profile-of-text.js';
import { looksLikeYaml } from '../text-format.js';
import { orTemplate } from '../unrendered-template.js';
import { type EmbeddedProfile, embeddedProfiles } from './embedded-profiles.js';
import { embeddedText } from './embedded-text.js';
import { type FileObject, objectsIn } from './file-object.js';
import { foreignDocument, isKnownForeign } from './foreign-document.js';
import { innerProfile } from './inner-profile.js';

export interface ProfileFileOptions extends ParseProfileOptions {
  /** The file lies in a folder that is looked through: JSON that has nothing of a profile is taken for something else, YAML may be empty. */
  readonly isFound?: boolean;
}

/** What a file holds. */
export interface ProfileFile {
  /** Also those with mistakes, in the order of the text. */
  readonly profiles: readonly ParsedProfile[];
  /** What is no profile. */
  readonly others: readonly OtherObject[];
  /** Mistakes of the text that lie in none of them. */
  readonly problems: readonly Problem[];
}

/** An object that is no profile: a workload, or what nobody looks for here. */
export interface OtherObject extends FileObject {
  /** Says what it is, as an error. */
  readonly foreign: Problem;
  /** Whether there is a profile somewhere in it. */
  readonly holdsProfile: boolean;
  /** Mistakes of its text. */
  readonly problems: readonly Problem[];
  /** The place of a path of its document. */
  placeOf(path: string): Place;
}

/** So many are read of one file. */
export const MAX_PROFILES = 1000;

/**
 * Reads a file of profiles in any format, among whatever else a file of Kubernetes objects has: every document of a YAML stream, the
 * elements of Lists, JSON objects one behind the other, profiles in ConfigMaps. Never throws: mistakes are data.
 */
export function readProfileFile(text: string, options: ProfileFileOptions = {}): ProfileFile {
  const source = new SourceText(text, options.file);
  const reading: Reading = {
    text,
    source,
    options,
    isYaml: looksLikeYaml(text),
    tally: tallyOf(options),
    profiles: [],
    others: [],
    problems: [],
    isFull: false,
  };
  if (options.isFound === true && saysNothing(text, options.file)) return reading;
  for (const document of documentsOf(text, reading.isYaml)) takeDocument(document, reading);
  return reading;
}

interface Reading {
  readonly text: string;
  readonly source: SourceText;
  readonly options: ProfileFileOptions;
  readonly isYaml: boolean;
  readonly tally: MistakeTally;
  readonly profiles: ParsedProfile[];
  readonly others: OtherObject[];
  readonly problems: Problem[];
  /** Whether there are more profiles than are read. */
  isFull: boolean;
}

function documentsOf(text: string, isYaml: boolean): readonly NodeDocument[] {
  if (text.length > MAX_PROFILE_FILE) return [{ root: undefined, problems: [TOO_LARGE] }];
  if (!isYaml) return readJson(text, (json) => readJsonStream(json, isKubernetesObject));
  const documents = orTemplate(text, readYamlNodes(text)).filter(
    ({ root, problems }) => problems.length > 0 || !(root === undefined || isNull(root)),
  );
  return documents.length > 0 ? documents : [{ root: undefined, problems: [NOTHING] }];
}

/** Whether a file of YAML has nothing but remarks: kubectl passes over it in a folder. */
function saysNothing(text: string, file = ''): boolean {
  return !file.endsWith('.json') && !/^(?!---[ \t]*(?:#|$)|\.\.\.[ \t]*(?:#|$))[ \t]*[^\s#]/m.test(text);
}

const NOTHING: ProfileTextProblem = {
  offset: 0,
  code: 'SP001',
  message: 'there is nothing in this file but remarks',
  advice: 'remove the "#" before the profile; lines must end with a line feed, not with a carriage return alone',
};

function isKubernetesObject(root: DocumentNode): boolean {
  if (root.kind !== 'object') return false;
  const { kind, group } = identityOf(root);
  return kind !== undefined && group !== undefined;
}

function isNull(node: DocumentNode): boolean {
  return node.kind === 'literal' && node.value === null;
}

function takeDocument({ root, problems }: NodeDocument, reading: Reading): void {
  if (root === undefined && !reading.isYaml) {
    // What is no JSON was meant for a profile.
    reading.profiles.push(
      collectProfile(reading.source, reading.tally, (report) => {
        for (const problem of problems) report(problem);
        return { root, document: undefined };
      }),
    );
    return;
  }
  const objects = root === undefined ? [] : [...objectsIn(root)];
  let next = 0;
  for (const object of objects) {
    const isWhole = objects.length === 1 && object.path === '';
    const own: ProfileTextProblem[] = [];
    // Both are in the order of the text.
    for (; next < problems.length; next += 1) {
      const problem = problems[next] as ProfileTextProblem;
      if (!isWhole && problem.offset >= object.node.end) break;
      if (isWhole || problem.offset >= object.node.offset) own.push(problem);
      else reading.problems.push(placed(problem, reading));
    }
    takeObject(root as DocumentNode, object, own, reading);
  }
  for (const problem of problems.slice(next)) reading.problems.push(placed(problem, reading));
}

function takeObject(
  root: DocumentNode,
  object: FileObject,
  problems: readonly ProfileTextProblem[],
  reading: Reading,
): void {
  const { profiles, isYaml, source, tally } = reading;
  const embedded = embeddedProfiles(object);
  if (embedded === undefined && !isProfile(object, reading)) {
    const foreign = foreignDocument(object, isYaml);
    reading.others.push({
      ...object,
      foreign: placed({ code: 'SP052', ...foreign }, reading, object.path),
      holdsProfile: foreign.holdsProfile,
      problems: problems.map((problem) => placed(problem, reading)),
      placeOf: (path) => source.placeAt(nodeAt(root, path).offset, path),
    });
    return;
  }
  if (profiles.length >= MAX_PROFILES) {
    if (!reading.isFull) reading.problems.push(placed({ ...TOO_MANY, offset: object.node.offset }, reading));
    reading.isFull = true;
  } else if (embedded !== undefined) {
    for (const problem of problems) reading.problems.push(placed(problem, reading));
    for (const one of embedded) profiles.push(embeddedProfile(one, object, reading));
  } else
    profiles.push(
      collectProfile(source, tally, (report) => {
        for (const problem of problems) report(problem);
        return { root, document: decodeDocument(object, isYaml, report) };
      }),
    );
}

function embeddedProfile(
  { carrier, name, text, path }: EmbeddedProfile,
  object: FileObject,
  reading: Reading,
): ParsedProfile {
  const { source, tally } = reading;
  const { namespace } = object.identity;
  if (text !== undefined) {
    const places = embeddedText(text, path, reading.text, source);
    return { ...parseJsonProfile(text.value, {}, places, tally), carrier, name, namespace };
  }
  const missing = collectProfile(source, tally, (report) => {
    report({
      offset: object.node.offset,
      path,
      code: 'SP003',
      message: 'this SeccompProfile has no spec.profile',
      advice: 'write the profile there, as text: profile: | and the JSON below it',
    });
    return { root: undefined, document: undefined };
  });
  return { ...missing, carrier, name, namespace };
}

/** Whether it is a profile, or meant to be one. What runtimes would take for a profile without rules is one, unless it was only found. */
function isProfile({ node, path, identity }: FileObject, { isYaml, options }: Reading): boolean {
  if (node.kind !== 'object')
    return path === '' && !isYaml && options.isFound !== true && innerProfile(node) === undefined;
  if (isSpoObject(node, identity) || hasProfileKey(node)) return true;
  if (isYaml || path !== '' || identity.kind !== undefined) return false;
  if (isKnownForeign(node) || innerProfile(node) !== undefined) return false;
  return options.isFound !== true || node.members.length === 0 || node.members.some(({ key }) => isNearProfileKey(key));
}

function isNearProfileKey(key: string): boolean {
  return didYouMean(key, PROFILE_KEYS) !== undefined;
}

function placed(
  {
    code,
    offset,
    message,
    advice,
  }: Pick<ProfileTextProblem, 'offset' | 'message' | 'advice'> & { readonly code: string },
  { source }: Reading,
  path?: string,
): Problem {
  return inShort({ code, severity: 'error', message, advice, place: source.placeAt(offset, path) });
}

const TOO_MANY = {
  code: 'SP001',
  message: `there are more than ${MAX_PROFILES} profiles in this file`,
  advice: 'split it; those behind are not read',
} as const;
