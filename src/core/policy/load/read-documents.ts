import { type PolicyTextProblem, placedProblems } from '../../document/document-problem.js';
import { readJsonValue } from '../../document/json-value.js';
import { MAX_FILE, MAX_PLAIN_YAML, sizeText } from '../../document/limits.js';
import { lineCursor, type Offsets, placeAt, placeCursor, type TextSpan } from '../../document/text-span.js';
import { placeFinder } from '../../document/yaml/place-finder.js';
import { readPlainYaml } from '../../document/yaml/plain-yaml.js';
import { splitYaml } from '../../document/yaml/split-yaml.js';
import { readYamlValue } from '../../document/yaml/yaml-value.js';
import type { Problem } from '../../problem/problem.js';
import { inShort } from '../../text/in-short.js';
import { addTo } from '../../text/multimap.js';
import { oneLine } from '../../text/quoted.js';
import type { SeccompExemption } from '../schema/exemption-schema.js';
import type { SeccompPolicy } from '../schema/policy-schema.js';
import { type DocumentKind, documentKind } from './document-kind.js';
import { checkValue, contentSha256 } from './document-value.js';
import type { LoadedNamespace } from './loaded-document.js';
import { readNamespace } from './namespace-document.js';

/** What was read of one text, as plain data that another thread can hand over. */
export interface ReadText {
  readonly file: string | undefined;
  readonly documents: readonly ReadDocument[];
  readonly namespaces: readonly LoadedNamespace[];
  readonly problems: readonly Problem[];
  readonly notes: readonly Problem[];
  readonly broken: readonly BrokenDocument[];
}

export interface ReadDocument {
  readonly value: SeccompPolicy | SeccompExemption;
  readonly contentSha256: string;
  readonly span: {
    readonly start: number;
    readonly end: number;
    readonly line: number;
    readonly column: number;
    /** The line of the first key. */
    readonly originLine: number;
  };
}

/** A document that has an error; without a kind or a name when those could not be read. */
export interface BrokenDocument {
  readonly kind: 'SeccompPolicy' | 'SeccompExemption' | undefined;
  readonly name: string | undefined;
}

/** One document as its text says it. Offsets count from the start of the whole text. */
interface Found {
  readonly span: TextSpan;
  readonly value: unknown;
  /** Where the first key is. */
  readonly content: number;
  /** Where the elements of a list of documents are. */
  readonly items: readonly Offsets[] | undefined;
  readonly problems: readonly PolicyTextProblem[];
}

const MAX_LIST_DEPTH = 3;
const MAX_PROBLEMS = 1000;
/** Kinds of documents that are left alone, each told by its name. */
const MAX_KINDS = 50;

/** The text that the offsets of its documents count in. */
export function withoutByteOrderMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** Reads policies, exemptions and namespaces. Never throws. */
export function readDocuments(source: string, file?: string): ReadText {
  const text = withoutByteOrderMark(source);
  const documents: ReadDocument[] = [];
  const namespaces: LoadedNamespace[] = [];
  const problems: Problem[] = [];
  /** Those past the limit: they are counted, and nobody is told. */
  let moreProblems = 0;
  const broken: BrokenDocument[] = [];
  const others = new Map<string, { count: number; first: number; advice: string | undefined }>();
  const otherKinds = { count: 0, first: 0 };
  const whole: TextSpan = { file, text, start: 0, end: text.length, line: 1, column: 1 };

  if (text.length > MAX_FILE) refuse('PD004', `this file has more than ${sizeText(MAX_FILE)}`, 'split it');
  else if (text.includes('\0')) refuse('PD001', 'this is a binary file, not YAML or JSON', 'save it as UTF-8 text');
  else if (!readAsJson()) readAsYaml();
  return {
    file,
    documents,
    namespaces,
    problems: sortedProblems(problems, moreProblems, whole),
    notes: notes(),
    broken,
  };

  /** False when the text is to be read as YAML. */
  function readAsJson(): boolean {
    const mustBeJson = file?.endsWith('.json') === true;
    if (!mustBeJson && !/^\s*[{[]/.test(text.slice(0, 1000))) return false;
    if (text.trim() === '') return true;
    const json = readJsonValue(text);
    if (json.broken && !mustBeJson) return false;
    const content = text.search(/\S/);
    const found = { span: whole, value: json.value, content, items: json.items, problems: json.problems };
    if (json.broken) takeBroken(found);
    else takeDocument(found, 0);
    return true;
  }

  function readAsYaml(): void {
    for (const { start, end, line } of splitYaml(text)) {
      const span: TextSpan = { file, text, start, end, line, column: 1 };
      if (end - start > MAX_PLAIN_YAML) {
        const message = `this YAML document has more than ${sizeText(MAX_PLAIN_YAML)}`;
        const tooLarge = {
          code: 'PD004',
          severity: 'error',
          offset: start,
          message,
          advice: 'split it, or write it as JSON',
        } as const;
        takeBroken({ span, value: undefined, content: start, items: undefined, problems: [tooLarge] });
        continue;
      }
      const part = text.slice(start, end);
      const plain = readPlainYaml(part);
      // Of a list, the places of the elements are wanted too.
      if (plain !== undefined && (plain.items !== undefined || !Array.isArray(plain.value.items))) {
        const items = offsetsFrom(start, plain.items);
        takeDocument({ span, value: plain.value, content: start + plain.start, items, problems: [] }, 0);
        continue;
      }
      const { value, start: content, items, problems: inDocument, broken: isBroken } = readYamlValue(part);
      const found: Found = {
        span,
        value,
        content: start + content,
        items: offsetsFrom(start, items),
        problems: inDocument.map((problem) => ({ ...problem, offset: start + problem.offset })),
      };
      if (isBroken) takeBroken(found);
      else takeDocument(found, 0);
    }
  }

  function takeDocument(found: Found, listDepth: number): void {
    const { value } = found;
    if (value === null || value === undefined) return;
    if (typeof value !== 'object' || Array.isArray(value)) {
      takeBroken({ ...found, problems: [...found.problems, notAnObject(value, found.content)] });
      return;
    }
    const object = value as Readonly<Record<string, unknown>>;
    const kind = documentKind(object);
    if (kind.is === 'other') takeOther(kind.label, found.content, kind.advice);
    else if (kind.is === 'list') takeList(found, object, listDepth);
    else {
      reportAll(found.span, found.problems);
      if (kind.is === 'mistake') takeMistake(found, object, kind);
      else if (kind.is === 'namespace') takeNamespace(found, object);
      else takePolicy(found, object, kind.is === 'policy' ? 'SeccompPolicy' : 'SeccompExemption');
    }
  }

  function takePolicy(
    { span, content, problems: inText }: Found,
    object: Readonly<Record<string, unknown>>,
    kind: 'SeccompPolicy' | 'SeccompExemption',
  ): void {
    const checked = checkValue(kind, object, finderIn(span));
    for (const problem of checked.problems) add(problem);
    const { value } = checked;
    if (value === undefined || inText.some(({ severity }) => severity === 'error')) addBroken(object);
    else documents.push({ value, contentSha256: contentSha256(value), span: spanOf(span, content) });
  }

  function takeNamespace({ span, content }: Found, object: Readonly<Record<string, unknown>>): void {
    const namespace = readNamespace(object, placeAt(span, content), finderIn(span));
    if (namespace.ok) namespaces.push(namespace.value);
    else for (const problem of namespace.problems) add(problem);
  }

  function takeMistake(
    { span, content }: Found,
    object: Readonly<Record<string, unknown>>,
    { code, at, message, advice }: Extract<DocumentKind, { is: 'mistake' }>,
  ): void {
    const isWritten = at !== 'document' && object[at] !== undefined;
    const place = isWritten ? finderIn(span)([at]) : placeAt(span, content);
    add({ code, severity: 'error', message, advice, place });
    addBroken(object);
  }

  function takeList(found: Found, list: Readonly<Record<string, unknown>>, listDepth: number): void {
    if (listDepth === MAX_LIST_DEPTH) {
      takeBroken({ ...found, problems: [...found.problems, tooManyLists(found.content)] });
      return;
    }
    const values = Array.isArray(list.items) ? (list.items as readonly unknown[]) : [];
    const cursor = lineCursor(found.span);
    const { inItems, outside } = problemsByItem(found);
    reportAll(found.span, outside);
    // Where an element stands in a list inside a list is not known: it is told to stand where that list begins.
    const { content } = found;
    const unplaced = { ...found.span, ...lineCursor(found.span)(content), start: content, end: content };
    for (const [index, value] of values.entries()) {
      const offsets = found.items?.[index];
      const span = offsets === undefined ? unplaced : { ...found.span, ...offsets, ...cursor(offsets.start) };
      takeDocument(
        {
          span,
          value: withListKind(list, value),
          content: offsets?.start ?? content,
          items: undefined,
          problems: inItems.get(index) ?? [],
        },
        listDepth + 1,
      );
    }
  }

  function takeBroken({ span, value, problems: found }: Found): void {
    reportAll(span, found);
    addBroken(value);
  }

  function takeOther(label: string, offset: number, advice: string | undefined): void {
    const known = others.get(label);
    if (known !== undefined) known.count += 1;
    else if (others.size < MAX_KINDS) others.set(label, { count: 1, first: offset, advice });
    else {
      if (otherKinds.count === 0) otherKinds.first = offset;
      otherKinds.count += 1;
    }
  }

  function notes(): Problem[] {
    const place = placeCursor(whole);
    const note = (what: string, count: number, first: number, advice: string | undefined): Problem => ({
      code: 'PD006',
      severity: 'info',
      message: `${count === 1 ? 'one document' : `${count} documents`} ${what} left alone`,
      ...(advice === undefined ? {} : { advice }),
      place: place(first),
    });
    const told = [...others].map(([label, { count, first, advice }]) =>
      note(label === 'no kind' ? 'without a kind' : `of kind ${oneLine(label, 80)}`, count, first, advice),
    );
    const { count, first } = otherKinds;
    return count === 0 ? told : [...told, note('of still other kinds', count, first, undefined)];
  }

  function reportAll(span: TextSpan, found: readonly PolicyTextProblem[]): void {
    for (const problem of placedProblems(span, found)) add(problem);
  }

  function add(problem: Problem): void {
    if (problems.length < MAX_PROBLEMS) problems.push(inShort(problem));
    else moreProblems += 1;
  }

  function addBroken(value: unknown): void {
    const identity = identityOf(value);
    const isNameless = identity.kind === undefined && identity.name === undefined;
    // One that is not known stands for all of them.
    if (!isNameless || !broken.some(({ kind, name }) => kind === undefined && name === undefined))
      broken.push(identity);
  }

  /** To find a place a document is read once more, which is only done where somebody is told. */
  function finderIn(span: TextSpan): ReturnType<typeof placeFinder> {
    return problems.length < MAX_PROBLEMS ? placeFinder(span) : () => placeAt(span, span.start);
  }

  function refuse(code: PolicyTextProblem['code'], message: string, advice: string): void {
    takeBroken({
      span: whole,
      value: undefined,
      content: 0,
      items: undefined,
      problems: [{ code, severity: 'error', offset: 0, message, advice }],
    });
  }
}

/** In the order of the text; past the limit only how many there are. */
function sortedProblems(problems: Problem[], more: number, whole: TextSpan): readonly Problem[] {
  problems.sort(byPlace);
  if (more === 0) return problems;
  const message = `${more} more problems in this file`;
  const last: Problem = {
    code: 'PD004',
    severity: 'error',
    message,
    advice: 'correct the ones before first',
    place: placeAt(whole, 0),
  };
  return [...problems, last];
}

function byPlace({ place: a }: Problem, { place: b }: Problem): number {
  return (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0);
}

function notAnObject(value: unknown, offset: number): PolicyTextProblem {
  const at = { code: 'PD001', severity: 'error', offset } as const;
  if (!Array.isArray(value))
    return {
      ...at,
      message: 'this is not a Kubernetes object',
      advice: 'a document starts with apiVersion: and kind:',
    };
  return {
    ...at,
    message: 'this is a bare list, not a Kubernetes object',
    advice: 'write the documents one after another with --- between them, or as the items of an object of kind List',
  };
}

function tooManyLists(offset: number): PolicyTextProblem {
  const message = `lists are nested more than ${MAX_LIST_DEPTH} deep`;
  return { code: 'PD004', severity: 'error', offset, message, advice: 'put the documents into one list' };
}

function spanOf(span: TextSpan, content: number): ReadDocument['span'] {
  const { start, end, line, column } = span;
  return { start, end, line, column, originLine: placeAt(span, content).line ?? line };
}

function offsetsFrom(base: number, offsets: readonly Offsets[] | undefined): readonly Offsets[] | undefined {
  return offsets?.map(({ start, end }) => ({ start: base + start, end: base + end }));
}

/** The problems of each element of a list, by its index, their paths starting anew at the element; and those of the list itself. */
function problemsByItem({ items = [], problems }: Found): {
  readonly inItems: ReadonlyMap<number, readonly PolicyTextProblem[]>;
  readonly outside: readonly PolicyTextProblem[];
} {
  const inItems = new Map<number, PolicyTextProblem[]>();
  const outside: PolicyTextProblem[] = [];
  let index = 0;
  for (const problem of [...problems].sort((a, b) => a.offset - b.offset)) {
    const { offset } = problem;
    while (offset >= (items[index]?.end ?? Number.POSITIVE_INFINITY)) index += 1;
    if (offset < (items[index]?.start ?? Number.POSITIVE_INFINITY)) outside.push(problem);
    else addTo(inItems, index, { ...problem, path: problem.path?.replace(/^items\[\d+\]\.?/, '') ?? '' });
  }
  return { inItems, outside };
}

/** The elements of a `SeccompPolicyList` as an API server sends it carry neither `apiVersion` nor `kind`. */
function withListKind(list: Readonly<Record<string, unknown>>, value: unknown): unknown {
  const { kind, apiVersion } = list;
  if (typeof kind !== 'string' || kind === 'List') return value;
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Object.hasOwn(value, 'kind')) return value;
  return { apiVersion, kind: kind.slice(0, -'List'.length), ...value };
}

function identityOf(value: unknown): BrokenDocument {
  const { kind, metadata } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const name =
    typeof metadata === 'object' && metadata !== null ? (metadata as Record<string, unknown>).name : undefined;
  return {
    kind: kind === 'SeccompPolicy' || kind === 'SeccompExemption' ? kind : undefined,
    name: typeof name === 'string' ? name : undefined,
  };
}
