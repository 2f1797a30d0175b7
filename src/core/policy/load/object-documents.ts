import { type PolicyTextProblem, placedProblems } from '../../document/document-problem.js';
import { readJsonValue } from '../../document/json-value.js';
import { lineCursor, type Offsets, placeAt, type TextSpan } from '../../document/text-span.js';
import { splitYaml } from '../../document/yaml/split-yaml.js';
import { readYamlValue } from '../../document/yaml/yaml-value.js';
import type { Place, Problem } from '../../problem/problem.js';
import { inShort } from '../../text/in-short.js';
import { withoutByteOrderMark } from './read-documents.js';

/** A Kubernetes object of a text, with the place where it starts. */
export interface FoundObject {
  readonly object: Readonly<Record<string, unknown>>;
  readonly place: Place;
}

export interface ObjectDocuments {
  readonly objects: readonly FoundObject[];
  readonly problems: readonly Problem[];
}

const MAX_LIST_DEPTH = 3;
/** The first mistakes of a text; nothing is done with its objects while there is one. */
const MAX_PROBLEMS = 1000;

/** Reads Kubernetes objects of any kind from YAML (several documents) or JSON; lists are taken apart. Never throws. */
export function parseObjects(source: string, file: string): ObjectDocuments {
  const text = withoutByteOrderMark(source);
  const objects: FoundObject[] = [];
  const problems: Problem[] = [];
  const whole: TextSpan = { file, text, start: 0, end: text.length, line: 1, column: 1 };
  const isJson = file.endsWith('.json') || /^\s*[{[]/.test(text.slice(0, 1000));
  if (isJson && text.trim() !== '') {
    const { value, items, problems: found, broken } = readJsonValue(text);
    if (!broken || file.endsWith('.json')) {
      reportAll(whole, 0, found);
      if (!broken) take(value, whole, text.search(/\S/), items, 0);
      return { objects, problems };
    }
  }
  for (const { start, end, line } of splitYaml(text)) {
    const span: TextSpan = { file, text, start, end, line, column: 1 };
    const { value, start: content, problems: found, broken } = readYamlValue(text.slice(start, end));
    reportAll(
      span,
      start,
      found.filter(({ severity }) => severity === 'error'),
    );
    if (!broken) take(value, span, start + content, undefined, 0);
  }
  return { objects, problems };

  function take(
    value: unknown,
    span: TextSpan,
    offset: number,
    items: readonly Offsets[] | undefined,
    depth: number,
  ): void {
    if (value === null || value === undefined) return;
    if (typeof value !== 'object' || Array.isArray(value)) {
      const message = Array.isArray(value)
        ? 'this is a bare list, not a Kubernetes object'
        : 'this is not a Kubernetes object';
      const advice = 'an object starts with apiVersion: and kind:, and several are the items of a List';
      if (problems.length < MAX_PROBLEMS)
        problems.push({ code: 'PD001', severity: 'error', message, advice, place: placeAt(span, offset) });
      return;
    }
    const object = value as Readonly<Record<string, unknown>>;
    const { kind } = object;
    const list = object.items;
    if (depth < MAX_LIST_DEPTH && Array.isArray(list) && (typeof kind !== 'string' || kind.endsWith('List'))) {
      const inner = typeof kind === 'string' && kind !== 'List' ? kind.slice(0, -'List'.length) : undefined;
      const cursor = lineCursor(span);
      // Where an element stands is not always known: then it is told to stand where the list begins.
      const unplaced = { ...span, ...lineCursor(span)(offset), start: offset };
      for (const [index, item] of (list as readonly unknown[]).entries()) {
        const at = items?.[index]?.start;
        const itemSpan = at === undefined ? unplaced : { ...span, start: at, ...cursor(at) };
        take(withKind(item, object.apiVersion, inner), itemSpan, at ?? offset, undefined, depth + 1);
      }
    } else objects.push({ object, place: placeAt(span, offset) });
  }

  function reportAll(span: TextSpan, base: number, found: readonly PolicyTextProblem[]): void {
    for (const problem of placedProblems(span, found, base))
      if (problems.length < MAX_PROBLEMS) problems.push(inShort(problem));
  }
}

/** The items of a `PodList` as an API server sends it carry neither `apiVersion` nor `kind`. */
function withKind(item: unknown, apiVersion: unknown, kind: string | undefined): unknown {
  if (kind === undefined || typeof item !== 'object' || item === null || Array.isArray(item)) return item;
  return Object.hasOwn(item, 'kind') ? item : { apiVersion, kind, ...item };
}
