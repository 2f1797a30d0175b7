import type { StringNode } from '../document-node.js';
import { excerpt, type JsonCursor } from './json-cursor.js';

/** What each opening quote is called where it is not a double one, and the quote that closes it. */
const FOREIGN_QUOTES: Readonly<
  Record<string, { readonly closing: string; readonly message: string; readonly advice: string }>
> = {
  "'": single("'", "'"),
  '\u2018': single('\u2018', '\u2019'),
  '\u2019': single('\u2019', '\u2019'),
  '\u201c': typographic('\u201c'),
  '\u201d': typographic('\u201d'),
  '\u201e': typographic('\u201e'),
  '`': {
    closing: '`',
    message: 'JSON text stands in double quotes, not in backticks',
    advice: 'write " instead of `',
  },
};

function single(quote: string, closing: string) {
  return {
    closing,
    message: 'JSON text stands in double quotes, not single ones',
    advice: `write " instead of ${quote}`,
  };
}

function typographic(quote: string) {
  return {
    closing: '\u201d',
    message: `typographic quotes (${quote}) are not JSON`,
    advice: 'write plain double quotes: "',
  };
}

/** Reads the string that begins with a quote at the cursor, one that JSON does not know among them; undefined where there is none. */
export function readString(cursor: JsonCursor): StringNode | undefined {
  const quote = cursor.text[cursor.pos];
  if (quote === '"') return readQuoted(cursor, '"');
  const foreign = quote === undefined || !Object.hasOwn(FOREIGN_QUOTES, quote) ? undefined : FOREIGN_QUOTES[quote];
  if (foreign === undefined) return undefined;
  cursor.report(cursor.pos, foreign.message, foreign.advice);
  return readQuoted(cursor, foreign.closing);
}

function readQuoted(cursor: JsonCursor, closing: string): StringNode {
  const { text, pos: offset } = cursor;
  let value = '';
  let from = offset + 1;
  let pos = from;
  for (;;) {
    const code = text.charCodeAt(pos);
    if (pos >= text.length || code === 10 || code === 13) {
      cursor.pos = pos;
      return endUnclosed(cursor, offset, value, from);
    }
    const c = text[pos];
    if (c === closing || (closing === '\u201d' && c === '"')) {
      value += text.slice(from, pos);
      pos += 1;
      cursor.pos = pos;
      return { kind: 'string', offset, end: pos, value };
    }
    if (c === '\\') {
      value += text.slice(from, pos);
      cursor.pos = pos;
      value += readEscape(cursor);
      ({ pos } = cursor);
      from = pos;
      continue;
    }
    if (code < 32) reportControlCharacter(cursor, pos, code);
    pos += 1;
  }
}

function reportControlCharacter(cursor: JsonCursor, offset: number, code: number): void {
  if (code === 9) cursor.report(offset, 'a tab cannot stand in JSON text', 'write a space, or \\t');
  else cursor.report(offset, `the control character ${code} cannot stand in JSON text`, 'remove it');
}

/** The line ended before the quote was closed: what looks like the end of the value is left to be read as such. */
function endUnclosed(cursor: JsonCursor, offset: number, read: string, from: number): StringNode {
  const { text } = cursor;
  let end = cursor.pos;
  while (end > from && ' \t,;}]'.includes(text[end - 1] ?? '')) end -= 1;
  cursor.pos = end;
  cursor.report(
    offset,
    `the text ${excerpt(text.slice(offset, end))} has no closing quote`,
    'write " at its end, in the same line',
  );
  return { kind: 'string', offset, end, value: read + text.slice(from, end) };
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

function readEscape(cursor: JsonCursor): string {
  const { text, pos: start } = cursor;
  const c = text[start + 1] ?? '';
  if (c === 'u') {
    const digits = text.slice(start + 2, start + 6);
    if (/^[0-9a-fA-F]{4}$/.test(digits)) {
      cursor.pos += 6;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    cursor.pos += 2;
    cursor.report(start, '\\u needs four hexadecimal digits', 'write for example \\u00e9');
    return '';
  }
  const character = Object.hasOwn(ESCAPES, c) ? ESCAPES[c] : undefined;
  if (character !== undefined) {
    cursor.pos += 2;
    return character;
  }
  cursor.pos += 1;
  cursor.report(start, `"\\${c === '\n' ? '' : c}" is not an escape that JSON knows`, 'write \\\\ for a backslash');
  return '\\';
}
