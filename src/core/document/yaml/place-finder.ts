import { isMap, isScalar, isSeq } from 'yaml';
import type { Place } from '../../problem/problem.js';
import { MAX_LEVELS, MAX_PLACED } from '../limits.js';
import { pathText } from '../path-text.js';
import { placeAt, type TextSpan } from '../text-span.js';
import { yamlDocuments } from './yaml-documents.js';
import { keyText, startOf, YAML_OPTIONS } from './yaml-package.js';

/**
 * Finds values of a document again by reading its text once more: places are asked for when something is wrong, and
 * keeping them for ten thousand policies would cost more memory than the policies. `atKey` points at the key of a
 * member instead of its value. JSON is read as the YAML that it is. In a document of more than `MAX_PLACED` characters everything
 * stands at its start: whoever asks may have others to answer.
 */
export function placeFinder(span: TextSpan): (path: readonly PropertyKey[], atKey?: boolean) => Place {
  // A block needs the indentation that its first line has lost; brackets do not, and may stand far out in a long line.
  const isFlow = /[{[]/.test(span.text.charAt(span.start));
  const isLarge = span.end - span.start > MAX_PLACED || (!isFlow && span.column > MAX_PLACED);
  const padding = isFlow || isLarge ? '' : ' '.repeat(span.column - 1);
  let contents: unknown;
  let isRead = false;
  return (path, atKey = false) => {
    if (!isRead && !isLarge) contents = contentsOf(padding + span.text.slice(span.start, span.end));
    isRead = true;
    const offset = offsetOf(contents, path, atKey);
    return placeAt(span, span.start + Math.max(0, offset - padding.length), pathText(path));
  };
}

function contentsOf(text: string): unknown {
  const documents = yamlDocuments(text, MAX_LEVELS, YAML_OPTIONS);
  return 'tooDeepAt' in documents ? null : documents[0]?.contents;
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

function isBlock(node: unknown): boolean {
  return (isMap(node) || isSeq(node)) && node.flow !== true && node.items.length > 0;
}
