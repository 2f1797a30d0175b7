import type { NumberNode } from '../document-node.js';
import { isDigit, isWordPart } from '../json-characters.js';
import { excerpt, type JsonCursor } from './json-cursor.js';

/** Reads the number at the cursor, and what other languages take for one; undefined where there is none. */
export function readNumber(cursor: JsonCursor): NumberNode | undefined {
  const { text, pos: offset } = cursor;
  if (!isNumberStart(text, offset)) return undefined;
  const end = endOfNumber(text, offset);
  cursor.pos = end;
  const raw = text.slice(offset, end);
  if (/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(raw)) {
    const integer = /^-?\d{1,40}$/.test(raw) ? BigInt(raw) : undefined;
    return { kind: 'number', offset, end, text: raw, integer };
  }
  const integer = /^(?:0[xX][0-9a-fA-F]{1,32}|0[oO][0-7]{1,40}|0[bB][01]{1,128}|\d[\d_]{0,40})$/.test(raw)
    ? BigInt(raw.replaceAll('_', ''))
    : undefined;
  cursor.report(
    offset,
    `${excerpt(raw)} is not a JSON number`,
    integer === undefined ? 'write digits only, for example 13' : `write it in decimal digits: ${integer}`,
  );
  return { kind: 'number', offset, end, text: raw, integer };
}

function isNumberStart(text: string, at: number): boolean {
  const c = text[at];
  return isDigit(text.charCodeAt(at)) || ((c === '-' || c === '+' || c === '.') && isDigit(text.charCodeAt(at + 1)));
}

function endOfNumber(text: string, start: number): number {
  let at = start;
  let isExponent = false;
  while (at < text.length) {
    const c = text[at];
    const isSign = c === '-' || c === '+';
    if (isWordPart(text.charCodeAt(at)) || c === '.' || (at === start && isSign)) isExponent = c === 'e' || c === 'E';
    else if (isExponent && isSign) isExponent = false;
    else break;
    at += 1;
  }
  return at;
}
