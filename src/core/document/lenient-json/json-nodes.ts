import type { ArrayNode, DocumentNode, Member, ObjectNode, StringNode } from '../document-node.js';
import { isDigit, isWordStart } from '../json-characters.js';
import { MAX_PROFILE_LEVELS } from '../limits.js';
import type { NodeDocument } from '../node-document.js';
import { memberPath } from '../path-text.js';
import { cut, excerpt, JsonCursor } from './json-cursor.js';
import { readNumber } from './json-number.js';
import { JsonSeparators } from './json-separators.js';
import { readString } from './json-string.js';
import { isProse, readWord, skipStray, takeWord } from './json-word.js';

/**
 * Reads JSON as RFC 8259 has it, keeps numbers exact and every value's place, and carries on behind a mistake, so that
 * a person sees all of them at once. Never throws; takes time in proportion to the text.
 */
export function readJsonNodes(text: string): NodeDocument {
  const cursor = new JsonCursor(text);
  const reader = new Reader(cursor);
  const root = reader.document();
  if (root !== undefined) reader.end();
  return { root, problems: cursor.takeProblems() };
}

/** The same of a text with several documents one behind the other, as long as `mayGoOn` says so of the one before. */
export function readJsonStream(text: string, mayGoOn: (root: DocumentNode) => boolean): readonly NodeDocument[] {
  const cursor = new JsonCursor(text);
  const reader = new Reader(cursor);
  const documents: NodeDocument[] = [];
  for (;;) {
    const root = reader.document();
    cursor.skipWhitespace();
    const isLast = root === undefined || text[cursor.pos] !== '{' || !mayGoOn(root);
    if (isLast && root !== undefined) reader.end();
    documents.push({ root, problems: cursor.takeProblems() });
    if (isLast) return documents;
  }
}

class Reader {
  readonly #cursor: JsonCursor;
  /** The brackets that are open. */
  readonly #open: ('{' | '[')[] = [];
  #isTooDeepReported = false;

  constructor(cursor: JsonCursor) {
    this.#cursor = cursor;
  }

  document(): DocumentNode | undefined {
    return this.#findStart() ? this.#value('') : undefined;
  }

  /** Reports what stands behind the document. */
  end(): void {
    const cursor = this.#cursor;
    cursor.skipWhitespace();
    const c = cursor.text[cursor.pos];
    if (c !== undefined)
      cursor.report(
        cursor.pos,
        c === '}' || c === ']'
          ? `this "${c}" closes nothing: the document has already ended`
          : `there is text after the end of the document: ${excerpt(cursor.restOfLine())}`,
        c === '{' ? 'a file holds one profile; put the second one into a file of its own' : 'remove it',
      );
  }

  /** Goes to the first bracket or quote; false when there is none. */
  #findStart(): boolean {
    const cursor = this.#cursor;
    const { text } = cursor;
    if (cursor.pos === 0 && text.charCodeAt(0) === 0xfeff) {
      cursor.report(
        0,
        'the file starts with an invisible byte order mark, which container runtimes refuse',
        'save the file as "UTF-8" without BOM',
      );
      cursor.pos = 1;
    }
    cursor.skipWhitespace();
    const start = cursor.pos;
    const c = text[start];
    if (c === undefined) {
      cursor.report(
        0,
        'there is no profile in this file: it is empty',
        'start with { "defaultAction": "SCMP_ACT_ERRNO" }',
      );
      return false;
    }
    if (c === '{' || c === '[' || c === '"' || BARE_VALUE.test(text.slice(start, start + 100))) return true;
    const brace = text.indexOf('{', start);
    if (brace < 0) {
      cursor.report(
        start,
        `this is not JSON: it starts with ${excerpt(cursor.restOfLine())}`,
        'a profile is a JSON object: { … }',
      );
      return false;
    }
    cursor.report(
      start,
      `there is text before the opening "{": ${excerpt(text.slice(start, brace))}`,
      'remove everything before the first "{"',
    );
    cursor.pos = brace;
    return true;
  }

  #value(path: string): DocumentNode | undefined {
    const c = this.#cursor.text[this.#cursor.pos];
    if (c !== '{' && c !== '[') return readString(this.#cursor) ?? readNumber(this.#cursor) ?? readWord(this.#cursor);
    if (this.#open.length >= MAX_PROFILE_LEVELS) return this.#tooDeep();
    this.#open.push(c);
    const node = c === '{' ? this.#object(path) : this.#array(path);
    this.#open.pop();
    return node;
  }

  #object(path: string): ObjectNode {
    const cursor = this.#cursor;
    const offset = cursor.pos;
    const members: Member[] = [];
    const separators = new JsonSeparators(cursor, '}');
    cursor.pos += 1;
    for (;;) {
      cursor.skipWhitespace();
      if (this.#isCutShort(']', '[')) {
        this.#reportUnclosed('{', '}', offset);
        break;
      }
      if (separators.readClosing()) break;
      if (separators.readSeparator()) continue;
      const key = this.#key(path);
      if (key === undefined) continue;
      separators.beginValue();
      separators.endValue(this.#member(key, path, members));
    }
    this.#reportDuplicates(members, path);
    return { kind: 'object', offset, end: cursor.pos, members };
  }

  #key(path: string): StringNode | undefined {
    const cursor = this.#cursor;
    const { text, pos: start } = cursor;
    const quoted = readString(cursor);
    if (quoted !== undefined) return quoted;
    const code = text.charCodeAt(start);
    if (isWordStart(code) || isDigit(code)) {
      const value = takeWord(cursor);
      const end = cursor.pos;
      cursor.skipPlainWhitespace();
      if (text[cursor.pos] === ':' || (text[cursor.pos] === '=' && text[cursor.pos + 1] !== '=')) {
        cursor.report(start, `the key ${value} must stand in double quotes`, `write "${cut(value)}"`);
        return { kind: 'string', offset: start, end, value };
      }
      cursor.pos = start;
    }
    const c = text[start];
    if (c === '{' || c === '[') {
      cursor.report(start, `a "${c}" cannot stand here: a key is missing before it`, `write "key": before the "${c}"`);
      this.#value(path);
    } else skipStray(cursor);
    return undefined;
  }

  /** Reads what follows a key; gives the offset behind the value. */
  #member(first: StringNode, path: string, members: Member[]): number {
    const cursor = this.#cursor;
    let key = first;
    for (;;) {
      if (!this.#colon(key)) return key.end;
      cursor.skipWhitespace();
      const value = this.#value(memberPath(path, key.value));
      const end = cursor.pos;
      if (value !== undefined) {
        cursor.skipWhitespace();
        if (value.kind !== 'string' || cursor.text[cursor.pos] !== ':') {
          members.push({ key: key.value, keyOffset: key.offset, value });
          return end;
        }
      }
      cursor.report(key.offset, `the value of "${cut(key.value)}" is missing`, 'write a value after the ":"');
      if (value === undefined) return end;
      key = value;
    }
  }

  /** Reads what separates a key from its value; false where there is no value. */
  #colon(key: StringNode): boolean {
    const cursor = this.#cursor;
    cursor.skipWhitespace();
    const { text, pos } = cursor;
    if (text[pos] === ':') cursor.pos += 1;
    else if (text[pos] === '=') {
      cursor.report(pos, `a key and its value are separated by ":", not by "="`, 'write ":" here');
      cursor.pos += text[pos + 1] === '>' ? 2 : 1;
    } else if (isValueStart(text, pos))
      cursor.report(key.end, `":" is missing after the key "${cut(key.value)}"`, 'write ":" between key and value');
    else {
      cursor.report(key.offset, `the key "${cut(key.value)}" has no value`, `write "${cut(key.value)}": and a value`);
      return false;
    }
    return true;
  }

  #array(path: string): ArrayNode {
    const cursor = this.#cursor;
    const offset = cursor.pos;
    const items: DocumentNode[] = [];
    const separators = new JsonSeparators(cursor, ']');
    cursor.pos += 1;
    for (;;) {
      cursor.skipWhitespace();
      if (this.#isCutShort('}', '{')) {
        this.#reportUnclosed('[', ']', offset);
        break;
      }
      if (separators.readClosing()) break;
      if (separators.readSeparator()) continue;
      const start = cursor.pos;
      if (cursor.text[start] === ':') {
        cursor.report(start, 'a ":" cannot stand in a list', 'put the key and its value into braces: { "key": … }');
        cursor.pos += 1;
        separators.forgetValue();
        continue;
      }
      const value = isProse(cursor) ? undefined : this.#value(`${path}[${items.length}]`);
      if (value === undefined) {
        if (cursor.pos === start) skipStray(cursor);
        continue;
      }
      separators.beginValue();
      separators.endValue(cursor.pos);
      items.push(value);
    }
    return { kind: 'array', offset, end: cursor.pos, items };
  }

  /** Whether the text ends here, or a bracket closes something further out. */
  #isCutShort(foreignClosing: '}' | ']', foreignOpening: '{' | '['): boolean {
    const c = this.#cursor.text[this.#cursor.pos];
    return c === undefined || (c === foreignClosing && this.#open.includes(foreignOpening));
  }

  #reportUnclosed(opening: string, closing: string, offset: number): void {
    const cursor = this.#cursor;
    const c = cursor.text[cursor.pos];
    cursor.report(
      offset,
      `this "${opening}" is never closed`,
      c === undefined
        ? `write "${closing}" where it ends, at the latest at the end of the file`
        : `write "${closing}" before the "${c}" in line ${cursor.lineNumber(cursor.pos)}`,
    );
  }

  #reportDuplicates(members: readonly Member[], path: string): void {
    if (members.length < 2) return;
    const cursor = this.#cursor;
    const seen = new Map<string, Member>();
    for (const member of members) {
      const folded = member.key.toLowerCase();
      const earlier = seen.get(folded);
      if (earlier === undefined) {
        seen.set(folded, member);
        continue;
      }
      const line = cursor.lineNumber(earlier.keyOffset);
      cursor.add({
        code: 'SP002',
        offset: member.keyOffset,
        path: memberPath(path, member.key),
        message:
          earlier.key === member.key
            ? `the key "${cut(member.key)}" stands here for the second time (first in line ${line}); runtimes differ in which one they take`
            : `the key "${cut(member.key)}" differs from "${cut(earlier.key)}" (line ${line}) only in case; runc takes them for the same key, crun does not`,
        advice: 'keep one of the two',
      });
    }
  }

  /** Skips to the end of the value that begins at the cursor. */
  #tooDeep(): DocumentNode {
    const cursor = this.#cursor;
    const { text, pos: offset } = cursor;
    if (!this.#isTooDeepReported)
      cursor.report(
        offset,
        `values are nested more than ${MAX_PROFILE_LEVELS} deep`,
        'a profile needs no more than five levels',
        { detail: { kind: 'beyond-limits' } },
      );
    this.#isTooDeepReported = true;
    let pos = offset;
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
    cursor.pos = Math.min(pos, text.length);
    return { kind: 'literal', offset, end: cursor.pos, value: null };
  }
}

/** A document of one word or number. */
const BARE_VALUE = /^(?:null|true|false|-?\d+)\s*$/;

function isValueStart(text: string, at: number): boolean {
  const c = text[at] ?? '';
  return (
    c === '{' ||
    c === '[' ||
    c === '"' ||
    c === "'" ||
    isDigit(text.charCodeAt(at)) ||
    (c === '-' && isDigit(text.charCodeAt(at + 1))) ||
    isWordStart(text.charCodeAt(at))
  );
}
