import type {
  ArrayNode,
  DocumentNode,
  Member,
  NumberNode,
  ObjectNode,
  ProfileTextProblem,
  StringNode,
} from './document-node.js';
import { memberPath } from './document-node.js';
import { SourceText } from './source-text.js';

const MAX_DEPTH = 64;
const MAX_PROBLEMS = 1000;

export interface JsonDocument {
  /** What could be read, mistakes mended as their advice says; undefined when there is nothing to read. */
  readonly root: DocumentNode | undefined;
  readonly problems: readonly ProfileTextProblem[];
}

/**
 * Reads JSON as RFC 8259 has it, keeps numbers exact and every value's place, and carries on behind a mistake, so that
 * a person sees all of them at once. Never throws; takes time in proportion to the text.
 */
export function readJson(text: string): JsonDocument {
  const problems: ProfileTextProblem[] = [];
  const source = new SourceText(text);
  const open: ('{' | '[')[] = [];
  let pos = 0;
  let tooDeep = false;

  const report = (offset: number, message: string, advice: string): void => {
    if (problems.length < MAX_PROBLEMS) problems.push({ code: 'SP001', offset, message, advice });
  };

  const root = readDocument();
  problems.sort((a, b) => a.offset - b.offset);
  return { root, problems };

  function readDocument(): DocumentNode | undefined {
    if (text.charCodeAt(0) === 0xfeff) {
      report(
        0,
        'the file starts with an invisible byte order mark, which container runtimes refuse',
        'save the file as "UTF-8" without BOM',
      );
      pos = 1;
    }
    skipBlank();
    if (pos >= text.length) {
      report(0, 'there is no profile in this file: it is empty', 'start with { "defaultAction": "SCMP_ACT_ERRNO" }');
      return undefined;
    }
    if (text[pos] !== '{' && text[pos] !== '[' && text[pos] !== '"') {
      const brace = text.indexOf('{', pos);
      if (brace < 0) {
        report(pos, `this is not JSON: it starts with ${quote(lineAt(pos))}`, 'a profile is a JSON object: { … }');
        return undefined;
      }
      report(
        pos,
        `there is text before the opening "{": ${quote(text.slice(pos, brace))}`,
        'remove everything before the first "{"',
      );
      pos = brace;
    }
    const value = readValue('');
    skipBlank();
    const c = text[pos];
    if (c !== undefined) {
      report(
        pos,
        c === '}' || c === ']'
          ? `this "${c}" closes nothing: the document has already ended`
          : `there is text after the end of the document: ${quote(lineAt(pos))}`,
        c === '{' ? 'a file holds one profile; put the second one into a file of its own' : 'remove it',
      );
    }
    return value;
  }

  function readValue(path: string): DocumentNode | undefined {
    const start = pos;
    const c = text[pos];
    if (c === '{' || c === '[') {
      if (open.length >= MAX_DEPTH) return skipTooDeep(start);
      open.push(c);
      const node = c === '{' ? readObject(path) : readArray(path);
      open.pop();
      return node;
    }
    if (c === '"') return readString('"');
    if (c === "'" || c === '\u2018' || c === '\u2019') {
      report(start, 'JSON text stands in double quotes, not single ones', `write " instead of ${c}`);
      return readString(c === "'" ? "'" : '\u2019');
    }
    if (c === '\u201c' || c === '\u201d' || c === '\u201e') {
      report(start, `typographic quotes (${c}) are not JSON`, 'write plain double quotes: "');
      return readString('\u201d');
    }
    if (c === '`') {
      report(start, 'JSON text stands in double quotes, not in backticks', 'write " instead of `');
      return readString('`');
    }
    if (isDigit(text.charCodeAt(pos)) || ((c === '-' || c === '+' || c === '.') && isDigit(text.charCodeAt(pos + 1))))
      return readNumber();
    if (isWordStart(text.charCodeAt(pos))) return readWord();
    return undefined;
  }

  function readObject(path: string): ObjectNode {
    const offset = pos;
    const members: Member[] = [];
    let comma: number | undefined;
    let valueEnd: number | undefined;
    pos += 1;
    for (;;) {
      skipBlank();
      const at = pos;
      const c = text[pos];
      if (c === undefined || (c === ']' && open.includes('['))) {
        reportUnclosed('{', '}', offset);
        break;
      }
      if (c === '}') {
        if (comma !== undefined) reportTrailing(comma);
        pos += 1;
        break;
      }
      if (c === ',' || c === ';') {
        pos += 1;
        readSeparator(c, at, valueEnd !== undefined, '}');
        if (valueEnd !== undefined) comma = c === ',' ? at : undefined;
        valueEnd = undefined;
        continue;
      }
      const key = readKey();
      if (key === undefined) continue;
      if (valueEnd !== undefined) reportMissingComma(valueEnd);
      comma = undefined;
      valueEnd = readMember(key);
    }
    reportDuplicates(members, path);
    return { kind: 'object', offset, end: pos, members };

    /** Reads what follows a key; gives the offset behind the value. */
    function readMember(first: StringNode): number {
      let key = first;
      for (;;) {
        skipBlank();
        if (text[pos] === ':') pos += 1;
        else if (text[pos] === '=') {
          report(pos, `a key and its value are separated by ":", not by "="`, 'write ":" here');
          pos += text[pos + 1] === '>' ? 2 : 1;
        } else if (isValueStart()) {
          report(key.end, `":" is missing after the key "${shorten(key.value)}"`, 'write ":" between key and value');
        } else {
          report(
            key.offset,
            `the key "${shorten(key.value)}" has no value`,
            `write "${shorten(key.value)}": and a value`,
          );
          return key.end;
        }
        skipBlank();
        const value = readValue(memberPath(path, key.value));
        if (value === undefined) {
          report(key.offset, `the value of "${shorten(key.value)}" is missing`, 'write a value after the ":"');
          return pos;
        }
        const end = pos;
        skipBlank();
        if (value.kind === 'string' && text[pos] === ':') {
          report(key.offset, `the value of "${shorten(key.value)}" is missing`, 'write a value after the ":"');
          key = value;
          continue;
        }
        members.push({ key: key.value, keyOffset: key.offset, value });
        return end;
      }
    }

    function readKey(): StringNode | undefined {
      const start = pos;
      const first = text[pos] ?? '';
      if (first === '"' || first === "'" || first === '`' || /[\u2018-\u201e]/.test(first)) {
        const node = readValue(path);
        return node?.kind === 'string' ? node : undefined;
      }
      if (isWordStart(text.charCodeAt(pos)) || isDigit(text.charCodeAt(pos))) {
        const word = takeWord();
        const wordEnd = pos;
        skipSpaces();
        if (text[pos] === ':' || (text[pos] === '=' && text[pos + 1] !== '=')) {
          report(start, `the key ${word} must stand in double quotes`, `write "${shorten(word)}"`);
          return { kind: 'string', offset: start, end: wordEnd, value: word };
        }
        pos = start;
      }
      if (first === '{' || first === '[') {
        report(
          start,
          `a "${first}" cannot stand here: a key is missing before it`,
          `write "key": before the "${first}"`,
        );
        readValue(path);
        return undefined;
      }
      skipStray();
      return undefined;
    }
  }

  function readArray(path: string): ArrayNode {
    const offset = pos;
    const items: DocumentNode[] = [];
    let comma: number | undefined;
    let valueEnd: number | undefined;
    pos += 1;
    for (;;) {
      skipBlank();
      const at = pos;
      const c = text[pos];
      if (c === undefined || (c === '}' && open.includes('{'))) {
        reportUnclosed('[', ']', offset);
        break;
      }
      if (c === ']') {
        if (comma !== undefined) reportTrailing(comma);
        pos += 1;
        break;
      }
      if (c === ',' || c === ';') {
        pos += 1;
        readSeparator(c, at, valueEnd !== undefined, ']');
        if (valueEnd !== undefined) comma = c === ',' ? at : undefined;
        valueEnd = undefined;
        continue;
      }
      if (c === ':') {
        report(at, 'a ":" cannot stand in a list', 'put the key and its value into braces: { "key": … }');
        pos += 1;
        valueEnd = undefined;
        continue;
      }
      const before = pos;
      const value = isProse() ? undefined : readValue(`${path}[${items.length}]`);
      if (value === undefined) {
        if (pos === before) skipStray();
        continue;
      }
      if (valueEnd !== undefined) reportMissingComma(valueEnd);
      comma = undefined;
      valueEnd = pos;
      items.push(value);
    }
    return { kind: 'array', offset, end: pos, items };
  }

  function readSeparator(c: string, at: number, expected: boolean, closer: string): void {
    if (c === ',' && expected) return;
    if (c === ',') {
      report(at, 'this "," has no value before it', 'remove it');
      return;
    }
    const next = text[significant(pos)];
    report(
      at,
      'a ";" cannot stand here: JSON separates values with ","',
      !expected || next === closer ? 'remove the ";"' : 'write "," instead of ";"',
    );
  }

  function reportTrailing(comma: number): void {
    report(comma, 'this "," is one too many: nothing follows it', 'remove the last ","');
  }

  function reportMissingComma(valueEnd: number): void {
    report(valueEnd, 'a "," is missing here', 'write "," between one value and the next');
  }

  function reportUnclosed(opener: string, closer: string, offset: number): void {
    report(
      offset,
      `this "${opener}" is never closed`,
      pos >= text.length
        ? `write "${closer}" where it ends, at the latest at the end of the file`
        : `write "${closer}" before the "${text[pos]}" in line ${lineNumber(pos)}`,
    );
  }

  function reportDuplicates(members: readonly Member[], path: string): void {
    if (members.length < 2) return;
    const seen = new Map<string, Member>();
    for (const member of members) {
      const folded = member.key.toLowerCase();
      const earlier = seen.get(folded);
      if (earlier === undefined) {
        seen.set(folded, member);
        continue;
      }
      const line = lineNumber(earlier.keyOffset);
      if (problems.length < MAX_PROBLEMS)
        problems.push({
          code: 'SP002',
          offset: member.keyOffset,
          path: memberPath(path, member.key),
          message:
            earlier.key === member.key
              ? `the key "${shorten(member.key)}" stands here for the second time (first in line ${line}); runtimes differ in which one they take`
              : `the key "${shorten(member.key)}" differs from "${shorten(earlier.key)}" (line ${line}) only in case; runc takes them for the same key, crun does not`,
          advice: 'keep one of the two',
        });
    }
  }

  function readString(closing: string): StringNode {
    const offset = pos;
    pos += 1;
    let value = '';
    let from = pos;
    for (;;) {
      const code = text.charCodeAt(pos);
      if (pos >= text.length || code === 10 || code === 13) return endOpenString(offset, value, from);
      const c = text[pos];
      if (c === closing || (closing === '\u201d' && c === '"')) {
        value += text.slice(from, pos);
        pos += 1;
        return { kind: 'string', offset, end: pos, value };
      }
      if (c === '\\') {
        value += text.slice(from, pos);
        value += readEscape();
        from = pos;
        continue;
      }
      if (code < 32) {
        report(
          pos,
          code === 9 ? 'a tab cannot stand in JSON text' : `the control character ${code} cannot stand in JSON text`,
          code === 9 ? 'write a space, or \\t' : 'remove it',
        );
      }
      pos += 1;
    }
  }

  /** The line ended before the quote was closed: what looks like the end of the value is left to be read as such. */
  function endOpenString(offset: number, read: string, from: number): StringNode {
    const lineEnd = pos;
    let end = lineEnd;
    while (end > from && ' \t,;}]'.includes(text[end - 1] ?? '')) end -= 1;
    pos = end;
    const value = read + text.slice(from, end);
    report(
      offset,
      `the text ${quote(text.slice(offset, end))} has no closing quote`,
      'write " at its end, in the same line',
    );
    return { kind: 'string', offset, end, value };
  }

  function readEscape(): string {
    const simple: Record<string, string> = {
      '"': '"',
      '\\': '\\',
      '/': '/',
      b: '\b',
      f: '\f',
      n: '\n',
      r: '\r',
      t: '\t',
    };
    const start = pos;
    const c = text[pos + 1] ?? '';
    if (c === 'u') {
      const digits = text.slice(pos + 2, pos + 6);
      if (/^[0-9a-fA-F]{4}$/.test(digits)) {
        pos += 6;
        return String.fromCharCode(Number.parseInt(digits, 16));
      }
      pos += 2;
      report(start, '\\u needs four hexadecimal digits', 'write for example \\u00e9');
      return '';
    }
    const plain = Object.hasOwn(simple, c) ? simple[c] : undefined;
    if (plain !== undefined) {
      pos += 2;
      return plain;
    }
    pos += 1;
    report(start, `"\\${c === '\n' ? '' : c}" is not an escape that JSON knows`, 'write \\\\ for a backslash');
    return '\\';
  }

  function readNumber(): NumberNode {
    const offset = pos;
    let exponent = false;
    while (pos < text.length) {
      const code = text.charCodeAt(pos);
      const c = text[pos];
      if (isWordPart(code) || c === '.' || (pos === offset && (c === '-' || c === '+'))) {
        exponent = c === 'e' || c === 'E';
        pos += 1;
      } else if (exponent && (c === '-' || c === '+')) {
        exponent = false;
        pos += 1;
      } else break;
    }
    const raw = text.slice(offset, pos);
    if (/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(raw)) {
      const integer = /^-?\d{1,40}$/.test(raw) ? BigInt(raw) : undefined;
      return { kind: 'number', offset, end: pos, text: raw, integer };
    }
    const integer = /^(?:0[xX][0-9a-fA-F]{1,32}|0[oO][0-7]{1,40}|0[bB][01]{1,128}|\d[\d_]{0,40})$/.test(raw)
      ? BigInt(raw.replaceAll('_', ''))
      : undefined;
    report(
      offset,
      `${quote(raw)} is not a JSON number`,
      integer === undefined ? 'write digits only, for example 13' : `write it in decimal digits: ${integer}`,
    );
    return { kind: 'number', offset, end: pos, text: raw, integer };
  }

  function readWord(): DocumentNode {
    const offset = pos;
    const word = takeWord();
    const span = { offset, end: pos };
    if (word === 'true') return { kind: 'literal', ...span, value: true };
    if (word === 'false') return { kind: 'literal', ...span, value: false };
    if (word === 'null') return { kind: 'literal', ...span, value: null };
    const meant = {
      True: true,
      TRUE: true,
      False: false,
      FALSE: false,
      None: null,
      NULL: null,
      nil: null,
      undefined: null,
    };
    if (Object.hasOwn(meant, word)) {
      const value = meant[word as keyof typeof meant];
      report(offset, `JSON has no ${word}`, `write ${value}`);
      return { kind: 'literal', ...span, value };
    }
    report(offset, `${quote(word)} must stand in double quotes`, `write "${shorten(word)}"`);
    return { kind: 'string', ...span, value: word };
  }

  function takeWord(): string {
    const start = pos;
    while (pos < text.length && (isWordPart(text.charCodeAt(pos)) || text[pos] === '-' || text[pos] === '/')) pos += 1;
    return text.slice(start, pos);
  }

  /** Two or more bare words in a row: a remark, not a value. */
  function isProse(): boolean {
    if (!isWordStart(text.charCodeAt(pos))) return false;
    let at = pos;
    while (at < text.length && isWordPart(text.charCodeAt(at))) at += 1;
    if (text[at] === '.') return true;
    if (text[at] !== ' ') return false;
    while (text[at] === ' ') at += 1;
    return isWordStart(text.charCodeAt(at));
  }

  function isValueStart(): boolean {
    const c = text[pos] ?? '';
    return (
      c === '{' ||
      c === '[' ||
      c === '"' ||
      c === "'" ||
      isDigit(text.charCodeAt(pos)) ||
      (c === '-' && isDigit(text.charCodeAt(pos + 1))) ||
      isWordStart(text.charCodeAt(pos))
    );
  }

  /** Reports text that is no JSON, up to the end of the line or to what may be JSON again, as one problem. */
  function skipStray(): void {
    const start = pos;
    pos += 1;
    while (pos < text.length && !'\n\r"{}[],;'.includes(text[pos] ?? '')) {
      if (text[pos] === '<' || (text[pos] === '/' && '/*'.includes(text[pos + 1] ?? ' '))) break;
      pos += 1;
    }
    const stray = text.slice(start, pos).trim();
    report(
      start,
      `${quote(stray)} is not JSON`,
      stray.startsWith('...') || stray.startsWith('\u2026')
        ? 'this stands for something left out: write what belongs here, or remove it'
        : 'remove it; JSON has no place for remarks',
    );
  }

  function skipTooDeep(start: number): DocumentNode {
    if (!tooDeep)
      report(start, `values are nested more than ${MAX_DEPTH} deep`, 'a profile needs no more than five levels');
    tooDeep = true;
    let level = 0;
    do {
      const c = text[pos];
      if (c === '{' || c === '[') level += 1;
      else if (c === '}' || c === ']') level -= 1;
      else if (c === '"') {
        pos += 1;
        while (pos < text.length && text[pos] !== '"' && text[pos] !== '\n') pos += text[pos] === '\\' ? 2 : 1;
      }
      pos += 1;
    } while (pos < text.length && level > 0);
    pos = Math.min(pos, text.length);
    return { kind: 'literal', offset: start, end: pos, value: null };
  }

  function skipSpaces(): void {
    while (pos < text.length && isBlank(text.charCodeAt(pos))) pos += 1;
  }

  /** Skips white space, and reports comments and remarks while skipping them. */
  function skipBlank(): void {
    for (;;) {
      skipSpaces();
      const start = pos;
      const c = text[pos];
      if (c === undefined) return;
      if (c === '/' && text[pos + 1] === '*') {
        const end = text.indexOf('*/', pos + 2);
        pos = end < 0 ? text.length : end + 2;
        report(start, `a comment is not JSON: ${quote(text.slice(start, pos))}`, 'remove it');
      } else if ((c === '/' && text[pos + 1] === '/') || c === '#') {
        pos = endOfLine(pos);
        report(
          start,
          `a comment is not JSON: ${quote(text.slice(start, pos))}`,
          'remove it, from here to the end of the line',
        );
      } else if (c === '<' || c === '\u2190' || (c === '-' && '->'.includes(text[pos + 1] ?? '\n'))) {
        const lineEnd = endOfLine(pos);
        const closed = text.slice(pos + 1, lineEnd).indexOf('-->');
        pos = closed < 0 ? lineEnd : pos + 1 + closed + 3;
        report(
          start,
          `a remark is not JSON: ${quote(text.slice(start, pos))}`,
          'remove it, from here to the end of the line',
        );
      } else if (isOddBlank(text.charCodeAt(pos))) {
        pos += 1;
        report(start, 'an invisible character that is not a plain space', 'replace it with a space');
      } else return;
    }
  }

  /** Where the next thing stands that is neither white space nor a remark. */
  function significant(from: number): number {
    let at = from;
    for (;;) {
      while (at < text.length && isBlank(text.charCodeAt(at))) at += 1;
      if (text[at] !== '<' && text[at] !== '#' && !(text[at] === '/' && text[at + 1] === '/')) return at;
      at = endOfLine(at);
    }
  }

  function endOfLine(from: number): number {
    let end = from;
    while (end < text.length && text[end] !== '\n' && text[end] !== '\r') end += 1;
    return end;
  }

  function lineAt(from: number): string {
    return text.slice(from, Math.min(endOfLine(from), from + 200));
  }

  function lineNumber(offset: number): number {
    return source.position(offset).line;
  }
}

/** A piece of the text for a message: one line, cut when long. */
function quote(piece: string): string {
  return `\`${shorten(piece.replace(/\s+/g, ' ').trim())}\``;
}

function shorten(piece: string): string {
  return piece.length > 60 ? `${piece.slice(0, 59)}…` : piece;
}

function isBlank(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9;
}

/** White space that editors show like a space and JSON does not know: no-break space, zero-width space, BOM, form feed … */
function isOddBlank(code: number): boolean {
  return (
    code === 0xa0 ||
    code === 11 ||
    code === 12 ||
    code === 0 ||
    (code >= 0x2000 && code <= 0x200f) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000 ||
    code === 0xfeff
  );
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isWordStart(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95 || code === 36;
}

function isWordPart(code: number): boolean {
  return isWordStart(code) || isDigit(code);
}
