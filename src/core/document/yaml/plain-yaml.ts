import type { Offsets } from '../text-span.js';

/** What a document in plain YAML says. */
export interface PlainYaml {
  /** As JSON would have it. */
  readonly value: Readonly<Record<string, unknown>>;
  /** Offset of the first key. */
  readonly start: number;
  /** Where the elements of a top-level block list `items` stand, each up to what comes next. */
  readonly items: readonly Offsets[] | undefined;
}

/**
 * Reads a document that keeps to the plain part of YAML, which nearly all policies are written in: block maps and lists, strings in
 * one line, simple block scalars, flow collections in one line, comments. This is ten times as fast as a whole parser of YAML and leaves no tree behind.
 * Undefined: there is something else in it (anchors, tags, escapes, odd numbers, a mistake), and `readYamlValue`
 * has to read it. What is read here has no problems, and the same value as there; a property of random texts holds that.
 */
export function readPlainYaml(text: string): PlainYaml | undefined {
  if (ODD_CHARACTER.test(text)) return undefined;
  return new PlainReader(text.endsWith('\n') ? text : `${text}\n`).document();
}

const MAX_DEPTH = 20;

/** Tabs, carriage returns, control characters and all that some reader could take for a line break or a byte order mark. */
const ODD_CHARACTER = /[^\n -~\u00a0-\u2027\u2030-\ufefe]/;
const SPACES = / */y;
const END_OF_LINE = /(?: +(?:#[^\n]*)?)?\n/y;
const BLANK_LINE = / *(?:#[^\n]*)?\n/y;
const DOCUMENT_START = /(?<![^\n])---(?= *\n)/y;
const KEY = /(?:"([^"\\\n]*)"|([A-Za-z_][\w./-]*)):(?=[ \n])/y;
const FLOW_KEY = /"([^"\\\n]*)": *|([A-Za-z_][\w./-]*): +/y;
const ENTRY = /- +/y;
const COMMA = /, */y;
const DOUBLE_QUOTED = /"([^"\\\n]*)"/y;
const SINGLE_QUOTED = /'([^'\n]*)'/y;
const BLOCK_SCALAR = /([|>])(-?) *\n/y;
const PLAIN = /-?[\w./][^\n#]*/y;
const FLOW_PLAIN = /-?[\w./][^\n#,[\]{}]*/y;
const COLON = /:(?: |$)/;

/** Words that are no strings, here or for readers of YAML 1.1. */
const WORD = /^(?:y|yes|on|n|no|off|true|false|null)$/i;
const INTEGER = /^(?:0|-?[1-9]\d{0,14})$/;
/** What no number has, in no version of YAML: dates, versions, uids. */
const NO_NUMBER = /[^e]-|\..*\.|[^-+.\w]|[ghj-mp-wyz]/i;

/**
 * Every method gives undefined where the text leaves the plain part; nothing is read after that. A map or list goes on only at
 * exactly its indentation: a line that stands anywhere else is left over at the end, and then the document is not plain.
 */
class PlainReader {
  readonly #text: string;
  #at = 0;
  /** Spaces before what comes next, when a line has just begun; -1 at the end of the text. */
  #indent = 0;
  #items: Offsets[] | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  document(): PlainYaml | undefined {
    this.#startLine();
    if (this.#take(DOCUMENT_START) !== undefined && !this.#endLine()) return undefined;
    if (this.#indent !== 0) return undefined;
    const start = this.#at;
    const value = this.#blockMap(0, 0);
    return value === undefined || this.#at < this.#text.length ? undefined : { value, start, items: this.#items };
  }

  #blockMap(indent: number, depth: number): Record<string, unknown> | undefined {
    if (depth > MAX_DEPTH) return undefined;
    const object: Record<string, unknown> = {};
    do {
      const match = this.#take(KEY);
      const key = match?.[1] ?? match?.[2];
      if (key === undefined || isTaken(object, key) || (match?.[2] !== undefined && WORD.test(key))) return undefined;
      const value = this.#blockValue(indent, depth + 1, depth === 0 && key === 'items');
      if (value === undefined) return undefined;
      object[key] = value;
    } while (this.#indent === indent);
    return object;
  }

  /** What stands behind a colon, with its line end: something in the same line, or a map or list below. */
  #blockValue(indent: number, depth: number, isItems: boolean): unknown {
    if (!this.#endLine()) return this.#lineValue(indent, depth);
    const below = this.#indent;
    if (this.#text[this.#at] !== '-') return below > indent ? this.#blockMap(below, depth) : undefined;
    if (isItems) this.#items = [];
    return below >= indent ? this.#blockList(below, depth, isItems ? this.#items : undefined) : undefined;
  }

  #blockList(indent: number, depth: number, offsets: Offsets[] | undefined): unknown[] | undefined {
    if (depth > MAX_DEPTH) return undefined;
    const list: unknown[] = [];
    for (;;) {
      const dash = this.#take(ENTRY)?.[0];
      if (dash === undefined) return undefined;
      const start = this.#at;
      const isMap = matches(KEY, this.#text, start);
      const item = isMap ? this.#blockMap(indent + dash.length, depth + 1) : this.#lineValue(indent, depth + 1);
      if (item === undefined) return undefined;
      list.push(item);
      offsets?.push({ start, end: this.#at });
      if (this.#indent !== indent || this.#text[this.#at] !== '-') return list;
    }
  }

  /** The rest of a line, or a block scalar that begins behind it. */
  #lineValue(indent: number, depth: number): unknown {
    this.#take(SPACES);
    const block = this.#take(BLOCK_SCALAR);
    const value = block === undefined ? this.#flowValue(PLAIN, depth) : this.#blockScalar(indent, block[1], block[2]);
    return block !== undefined || this.#endLine() ? value : undefined;
  }

  /** Lines of one indentation; in a literal scalar some may be indented further, or empty. */
  #blockScalar(indent: number, style: string | undefined, chomping: string | undefined): string | undefined {
    const inner = this.#spaces();
    if (inner <= indent) return undefined;
    const lines: string[] = [];
    for (;;) {
      const spaces = this.#spaces();
      const end = this.#text.indexOf('\n', this.#at);
      const isEmpty = end === this.#at + spaces;
      if (end < 0 || (spaces < inner && !isEmpty)) break;
      if (isEmpty ? spaces > 0 || style === '>' : style === '>' && spaces > inner) return undefined;
      lines.push(this.#text.slice(this.#at + inner, end));
      this.#at = end + 1;
    }
    while (lines[lines.length - 1] === '') lines.pop();
    this.#startLine();
    return lines.join(style === '|' ? '\n' : ' ') + (chomping === '-' ? '' : '\n');
  }

  #flowValue(plain: RegExp, depth: number): unknown {
    switch (this.#text[this.#at]) {
      case '"':
        return this.#take(DOUBLE_QUOTED)?.[1];
      case "'":
        return this.#take(SINGLE_QUOTED)?.[1];
      case '[':
        return this.#flowList(depth);
      case '{':
        return this.#flowMap(depth);
      default: {
        const text = this.#take(plain)?.[0];
        if (text === undefined || COLON.test(text)) return undefined;
        const trimmed = text.trimEnd();
        this.#at -= text.length - trimmed.length;
        return plainValue(trimmed);
      }
    }
  }

  #flowList(depth: number): unknown[] | undefined {
    if (depth > MAX_DEPTH) return undefined;
    const list: unknown[] = [];
    if (this.#opens(']')) return list;
    do {
      const value = this.#flowValue(FLOW_PLAIN, depth + 1);
      if (value === undefined) return undefined;
      list.push(value);
      this.#take(SPACES);
    } while (this.#take(COMMA) !== undefined);
    return this.#closes(']') ? list : undefined;
  }

  #flowMap(depth: number): Record<string, unknown> | undefined {
    if (depth > MAX_DEPTH) return undefined;
    const object: Record<string, unknown> = {};
    if (this.#opens('}')) return object;
    do {
      const match = this.#take(FLOW_KEY);
      const key = match?.[1] ?? match?.[2];
      if (key === undefined || isTaken(object, key) || (match?.[2] !== undefined && WORD.test(key))) return undefined;
      const value = this.#flowValue(FLOW_PLAIN, depth + 1);
      if (value === undefined) return undefined;
      object[key] = value;
      this.#take(SPACES);
    } while (this.#take(COMMA) !== undefined);
    return this.#closes('}') ? object : undefined;
  }

  /** Reads past the opening bracket; true when the collection is empty. */
  #opens(close: string): boolean {
    this.#at += 1;
    this.#take(SPACES);
    return this.#closes(close);
  }

  #closes(close: string): boolean {
    if (this.#text[this.#at] !== close) return false;
    this.#at += 1;
    return true;
  }

  #endLine(): boolean {
    if (this.#take(END_OF_LINE) === undefined) return false;
    this.#startLine();
    return true;
  }

  #startLine(): void {
    while (matches(BLANK_LINE, this.#text, this.#at)) this.#at = BLANK_LINE.lastIndex;
    const spaces = this.#spaces();
    this.#at += spaces;
    this.#indent = this.#at === this.#text.length ? -1 : spaces;
  }

  #spaces(): number {
    matches(SPACES, this.#text, this.#at);
    return SPACES.lastIndex - this.#at;
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#at = pattern.lastIndex;
    return match;
  }
}

function matches(pattern: RegExp, text: string, at: number): boolean {
  pattern.lastIndex = at;
  return pattern.test(text);
}

function isTaken(object: object, key: string): boolean {
  return key === '__proto__' || Object.hasOwn(object, key);
}

function plainValue(text: string): unknown {
  if (/^[-.\d]/.test(text)) return INTEGER.test(text) ? Number(text) : NO_NUMBER.test(text) ? text : undefined;
  if (!WORD.test(text)) return text;
  return text === 'true' ? true : text === 'false' ? false : undefined;
}
