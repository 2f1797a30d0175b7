import { createHash } from 'node:crypto';
import { canonicalJson } from '../../document/canonical-json.js';
import { formatPlace, type Place, type Problem } from '../../problem/problem.js';
import { shown } from '../../text/parsed.js';
import type { LoadedExemption, LoadedNamespace, LoadedPolicy } from './loaded-document.js';
import { byKind, type ParsedDocuments } from './parse-documents.js';
import { PlaceBudget } from './place-budget.js';

/** The documents that count together. */
export interface DocumentSet {
  readonly policies: readonly LoadedPolicy[];
  readonly exemptions: readonly LoadedExemption[];
  readonly namespaces: readonly LoadedNamespace[];
  /** Over what the documents say, not over where they stand: the same set in other files has the same one. */
  readonly contentSha256: string;
}

/** What could not be read at all, a file or a folder with everything below it. */
export interface Unreadable {
  readonly path: string;
  readonly problem: Problem;
  /** It is the content that cannot be read: reading it once more would give the same. */
  readonly lasting?: boolean;
}

export interface AssembledSet {
  readonly documents: DocumentSet;
  readonly problems: readonly Problem[];
  readonly notes: readonly Problem[];
}

type Document = LoadedPolicy | LoadedExemption;

/** So many names that stand twice are told one by one. */
const MAX_DOUBLES = 200;
/** Characters of documents that are read once more to place names that stand twice. */
const MOST_READ = 16 * 1024;
/** So many problems of all texts are told: a folder can have a hundred thousand files. */
const MAX_PROBLEMS = 10_000;

/**
 * Puts the documents of several texts together. Each stands alone: one with an error keeps the version that it had in
 * `previous`, and the others count. A name that stands twice is an error: the version of `previous` stays, else the first
 * in the order of the files counts.
 */
export function documentSet(
  parsed: readonly ParsedDocuments[],
  previous?: DocumentSet,
  unreadable: readonly Unreadable[] = [],
): AssembledSet {
  const problems: Problem[] = unreadable.map(({ problem }) => problem);
  for (const text of parsed) for (const problem of text.problems) problems.push(problem);
  const notes = parsed.flatMap((text) => text.notes);
  const before = previous === undefined ? [] : [...previous.policies, ...previous.exemptions];
  const inForce = new Map<string, Document>();
  const twice = new Set<string>();
  const places = new PlaceBudget(MOST_READ);
  let doubles = 0;
  for (const text of parsed)
    for (const document of [...text.policies, ...text.exemptions]) {
      const key = keyOf(document);
      const first = inForce.get(key);
      if (first === undefined) inForce.set(key, document);
      else {
        twice.add(key);
        doubles += 1;
        if (doubles <= MAX_DOUBLES)
          problems.push(sameNameTwice(document, first, places.placeOf(document, 'metadata.name')));
      }
    }
  if (doubles > MAX_DOUBLES) problems.push(moreDoubles(doubles - MAX_DOUBLES));
  if (twice.size > 0)
    for (const document of before) {
      const key = keyOf(document);
      if (twice.has(key)) inForce.set(key, document);
    }
  for (const document of keptDocuments(parsed, before, unreadable)) {
    const key = keyOf(document);
    if (inForce.has(key)) continue;
    inForce.set(key, document);
    notes.push(stays(document));
  }

  const { policies, exemptions } = byKind([...inForce.values()]);
  const namespaces = [...oneOfEach(parsed, problems)];
  namespaces.push(...keptNamespaces(namespaces, parsed, previous?.namespaces ?? [], unreadable));
  const sha256 = contentSha256([...policies, ...exemptions], namespaces);
  const documents = { policies, exemptions, namespaces, contentSha256: sha256 };
  return { documents, problems: firstOf(problems, 'problems'), notes: firstOf(notes, 'remarks') };
}

function firstOf(problems: readonly Problem[], what: string): readonly Problem[] {
  if (problems.length <= MAX_PROBLEMS) return problems;
  const rest = problems.slice(MAX_PROBLEMS);
  const severity = rest.some((problem) => problem.severity === 'error') ? 'error' : 'info';
  const message = `${rest.length} more ${what} in all files`;
  return [
    ...problems.slice(0, MAX_PROBLEMS),
    { code: 'PD004', severity, message, advice: 'correct the ones before first' },
  ];
}

/**
 * The last good versions of what is broken now: the one of the same name, and where that is not known (the name may be
 * what was just mistyped) all that the file held.
 */
function keptDocuments(
  parsed: readonly ParsedDocuments[],
  before: readonly Document[],
  unreadable: readonly Unreadable[],
): Document[] {
  const isSound = unreadable.length === 0 && parsed.every(({ broken }) => broken.length === 0);
  if (isSound || before.length === 0) return [];
  const known = new Set(before.map(keyOf));
  const names = new Set<string>();
  const paths = new Set(unreadable.map(({ path }) => path));
  for (const { file, broken } of parsed)
    for (const { kind, name } of broken) {
      const key = `${kind}/${name}`;
      if (known.has(key)) names.add(key);
      else if (file !== undefined) paths.add(file);
    }
  if (names.size === 0 && paths.size === 0) return [];
  return before.filter((document) => {
    if (names.has(keyOf(document))) return true;
    const file = fileOf(document);
    return file !== undefined && isAtOrBelow(file, paths);
  });
}

/** A namespace whose file has a mistake now keeps its labels: without them, policies that go by them would match nothing. */
function keptNamespaces(
  now: readonly LoadedNamespace[],
  parsed: readonly ParsedDocuments[],
  before: readonly LoadedNamespace[],
  unreadable: readonly Unreadable[],
): LoadedNamespace[] {
  if (before.length === 0) return [];
  const paths = new Set(unreadable.map(({ path }) => path));
  for (const { file, problems } of parsed)
    if (file !== undefined && problems.some(({ severity }) => severity === 'error')) paths.add(file);
  if (paths.size === 0) return [];
  const known = new Set(now.map(({ name }) => name));
  return before.filter(
    ({ name, place }) => !known.has(name) && place.file !== undefined && isAtOrBelow(place.file, paths),
  );
}

function isAtOrBelow(file: string, paths: ReadonlySet<string>): boolean {
  if (paths.has(file)) return true;
  for (let slash = file.lastIndexOf('/'); slash > 0; slash = file.lastIndexOf('/', slash - 1))
    if (paths.has(file.slice(0, slash))) return true;
  return false;
}

function oneOfEach(parsed: readonly ParsedDocuments[], problems: Problem[]): LoadedNamespace[] {
  const namespaces = new Map<string, { readonly namespace: LoadedNamespace; labels: string | undefined }>();
  let doubles = 0;
  for (const namespace of parsed.flatMap((text) => text.namespaces)) {
    const first = namespaces.get(namespace.name);
    if (first === undefined) {
      namespaces.set(namespace.name, { namespace, labels: undefined });
      continue;
    }
    // Made once: of one with many labels there can be many others.
    first.labels ??= canonicalJson(first.namespace.labels);
    if (first.labels === canonicalJson(namespace.labels)) continue;
    doubles += 1;
    if (doubles > MAX_DOUBLES) continue;
    problems.push({
      code: 'PD016',
      severity: 'error',
      message: `the namespace ${shown(namespace.name)} stands here for the second time, with other labels`,
      advice: `keep one of the two; the other is at ${formatPlace(first.namespace.place)}`,
      place: namespace.place,
    });
  }
  if (doubles > MAX_DOUBLES) problems.push(moreDoubles(doubles - MAX_DOUBLES));
  return [...namespaces.values()].map(({ namespace }) => namespace);
}

function contentSha256(documents: readonly Document[], namespaces: readonly LoadedNamespace[]): string {
  const lines = [
    ...documents.map((document) => `${keyOf(document)} ${document.reference.contentSha256}\n`).sort(),
    ...namespaces.map(({ name, labels }) => `Namespace/${name} ${canonicalJson(labels)}\n`).sort(),
  ];
  return createHash('sha256').update(lines.join('')).digest('hex');
}

function sameNameTwice(document: Document, first: Document, place: Place): Problem {
  return {
    code: 'PD016',
    severity: 'error',
    message: `a ${document.kind} called ${shown(document.reference.name)} stands here for the second time`,
    advice: `give one of the two another name, or remove it; the other is at ${first.reference.origin ?? 'an unknown place'}`,
    place,
  };
}

function moreDoubles(count: number): Problem {
  return {
    code: 'PD016',
    severity: 'error',
    message: `${count} more documents have a name that stands before them, too`,
    advice: 'look whether a folder was given twice, or copied',
  };
}

function stays({ kind, reference }: Document): Problem {
  const message = `the ${kind} ${shown(reference.name)} stays in force as it was when it last loaded`;
  return { code: 'PD019', severity: 'info', message, advice: 'correct the error above' };
}

function keyOf({ kind, reference }: Document): string {
  return `${kind}/${reference.name}`;
}

function fileOf({ reference }: Document): string | undefined {
  return reference.origin?.replace(/:\d+$/, '');
}
