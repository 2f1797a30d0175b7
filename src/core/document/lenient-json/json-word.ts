import type { LiteralNode, StringNode } from '../document-node.js';
import { isWordPart, isWordStart } from '../json-characters.js';
import { cut, excerpt, type JsonCursor } from './json-cursor.js';

/** What other languages call JSON's literals. */
const FOREIGN_LITERALS: Readonly<Record<string, boolean | null>> = {
  True: true,
  TRUE: true,
  False: false,
  FALSE: false,
  None: null,
  NULL: null,
  nil: null,
  undefined: null,
};

/** Reads the bare word at the cursor: a literal, or a string that lacks its quotes; undefined where there is none. */
export function readWord(cursor: JsonCursor): LiteralNode | StringNode | undefined {
  const { pos: offset } = cursor;
  if (!isWordStart(cursor.text.charCodeAt(offset))) return undefined;
  const word = takeWord(cursor);
  const span = { offset, end: cursor.pos };
  if (word === 'true') return { kind: 'literal', ...span, value: true };
  if (word === 'false') return { kind: 'literal', ...span, value: false };
  if (word === 'null') return { kind: 'literal', ...span, value: null };
  const value = Object.hasOwn(FOREIGN_LITERALS, word) ? FOREIGN_LITERALS[word] : undefined;
  if (value !== undefined) {
    cursor.report(offset, `JSON has no ${word}`, `write ${value}`);
    return { kind: 'literal', ...span, value };
  }
  cursor.report(offset, `${excerpt(word)} must stand in double quotes`, `write "${cut(word)}"`);
  return { kind: 'string', ...span, value: word };
}

export function takeWord(cursor: JsonCursor): string {
  const { text, pos: start } = cursor;
  let end = start;
  while (end < text.length && (isWordPart(text.charCodeAt(end)) || text[end] === '-' || text[end] === '/')) end += 1;
  cursor.pos = end;
  return text.slice(start, end);
}

/** Whether two or more bare words stand in a row: a remark, not a value. */
export function isProse({ text, pos }: JsonCursor): boolean {
  if (!isWordStart(text.charCodeAt(pos))) return false;
  let at = pos;
  while (at < text.length && isWordPart(text.charCodeAt(at))) at += 1;
  if (text[at] === '.') return true;
  if (text[at] !== ' ') return false;
  while (text[at] === ' ') at += 1;
  return isWordStart(text.charCodeAt(at));
}

/** Reports text that is no JSON, up to the end of the line or to what may be JSON again, as one problem. */
export function skipStray(cursor: JsonCursor): void {
  const { text, pos: start } = cursor;
  let end = start + 1;
  while (end < text.length && !'\n\r"{}[],;'.includes(text[end] ?? '')) {
    if (text[end] === '<' || (text[end] === '/' && '/*'.includes(text[end + 1] ?? ' '))) break;
    end += 1;
  }
  cursor.pos = end;
  const stray = text.slice(start, end).trim();
  cursor.report(
    start,
    `${excerpt(stray)} is not JSON`,
    stray.startsWith('...') || stray.startsWith('\u2026')
      ? 'this stands for something left out: write what belongs here, or remove it'
      : 'remove it; JSON has no place for remarks',
  );
}
