import { isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Place } from '../problem/problem.js';
import { memberPath } from './document-node.js';

/** A stretch of a file, and where it starts. Lines and columns count from 1. */
export interface TextSpan {
  readonly file: string | undefined;
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
}

/** Where something starts and ends, counted from the start of the whole text. */
export interface Offsets {
  readonly start: number;
  readonly end: number;
}

/** What every reading of YAML here is done with: the rules of YAML 1.2, numbers and booleans as JSON has them. */
export const YAML_OPTIONS = {
  version: '1.2',
  schema: 'core',
  uniqueKeys: true,
  prettyErrors: false,
  logLevel: 'silent',
  keepSourceTokens: false,
} as const;

/** A path as zod gives it, in one text. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = '';
  for (const step of path) text = typeof step === 'number' ? `${text}[${step}]` : memberPath(text, String(step));
  return text;
}

/** Line and column of an offset that is not before the start of the span. */
export function placeAt(span: TextSpan, offset: number, path?: string): Place {
  return {
    ...(span.file === undefined ? {} : { file: span.file }),
    ...lineCursor(span)(offset),
    ...(path === undefined || path === '' ? {} : { path: path.length > 300 ? `${path.slice(0, 299)}…` : path }),
  };
}

/** Lines and columns of offsets that only grow. Looks at each character once, and at none behind the offset: files may be one long line. */
export function lineCursor(span: TextSpan): (offset: number) => { readonly line: number; readonly column: number } {
  let line = span.line;
  let lineStart = span.start - span.column + 1;
  let seen = span.start;
  return (offset) => {
    const next = span.text.slice(seen, offset);
    for (let at = next.indexOf('\n'); at >= 0; at = next.indexOf('\n', at + 1)) {
      line += 1;
      lineStart = seen + at + 1;
    }
    seen += next.length;
    return { line, column: offset - lineStart + 1 };
  };
}

/**
 * Finds values of a document again by reading its text once more: places are asked for when something is wrong, and
 * keeping them for ten thousand policies would cost more memory than the policies. `atKey` points at the key of a
 * member instead of its value. JSON is read as the YAML that it is.
 */
export function placeFinder(span: TextSpan): (path: readonly PropertyKey[], atKey?: boolean) => Place {
  // A block needs the indentation that its first line has lost; brackets do not, and may stand far out in a long line.
  const isFlow = /[{[]/.test(span.text.charAt(span.start));
  const padding = isFlow ? '' : ' '.repeat(span.column - 1);
  let contents: unknown;
  let isRead = false;
  return (path, atKey = false) => {
    if (!isRead) contents = contentsOf(padding + span.text.slice(span.start, span.end));
    isRead = true;
    const offset = offsetOf(contents, path, atKey);
    return placeAt(span, span.start + Math.max(0, offset - padding.length), pathText(path));
  };
}

function contentsOf(text: string): unknown {
  try {
    return parseDocument(text, YAML_OPTIONS).contents;
  } catch {
    return null;
  }
}

/** Where the deepest written part of a path stands: a value in its line, or the key of a block below it. */
function offsetOf(root: unknown, path: readonly PropertyKey[], atKey: boolean): number {
  let node = root;
  let offset = startOf(root);
  for (const [index, step] of path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && keyText(item.key) === String(step));
      if (pair === undefined) break;
      const keyOffset = startOf(pair.key);
      node = pair.value;
      const wantsKey = (atKey && index === path.length - 1) || isBlock(node) || startOf(node) < keyOffset;
      offset = wantsKey ? keyOffset : startOf(node);
    } else if (isSeq(node)) {
      const item: unknown = node.items[Number(step)];
      if (item === undefined) break;
      node = item;
      offset = startOf(item);
    } else break;
  }
  return offset;
}

/** `spec.assign[0].images` as steps. */
export function stepsOf(path: string): (string | number)[] {
  const steps: (string | number)[] = [];
  for (const [step, quoted, index] of path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|[^.[\]]+/g)) {
    if (index !== undefined) steps.push(Number(index));
    else steps.push(quoted === undefined ? step : (JSON.parse(`"${quoted}"`) as string));
  }
  return steps;
}

/** The text of a scalar key: `1` and `yes` are the keys "1" and "yes". */
export function keyText(key: { readonly value: unknown; readonly source?: string | undefined }): string {
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
}

function isBlock(node: unknown): boolean {
  return (isMap(node) || isSeq(node)) && node.flow !== true && node.items.length > 0;
}

export function startOf(node: unknown): number {
  if (isMap(node) || isSeq(node) || isScalar(node) || isAlias(node)) return node.range?.[0] ?? 0;
  return 0;
}
