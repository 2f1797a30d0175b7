import { shown } from '../text/parsed.js';
import { type PolicyTextProblem, tooManyProblems } from './document-problem.js';
import { isWhitespace } from './json-characters.js';
import { MAX_LEVELS } from './limits.js';
import { pathText } from './path-text.js';
import type { Offsets } from './text-span.js';

export interface JsonValue {
  readonly value: unknown;
  /** Where the elements of the top-level `items` stand; undefined when there is no such list. */
  readonly items: readonly Offsets[] | undefined;
  readonly problems: readonly PolicyTextProblem[];
  /** This is not JSON: there is no value. */
  readonly broken: boolean;
}

const REMARK = { message: 'a remark stands here', advice: 'remove it: JSON has none; in a YAML file they are welcome' };
/** What people put into JSON that other languages have. */
const FOREIGN: Readonly<Record<string, { readonly message: string; readonly advice: string }>> = {
  '/': REMARK,
  '#': REMARK,
  '<': REMARK,
  ';': { message: 'a ";" stands here', advice: 'remove it: members and entries are separated by ","' },
};

/** With more errors than this the document is refused as a whole. */
const MAX_PROBLEMS = 100;
const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_LIST = 91;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/**
 * Reads JSON with the platform's parser, and looks once over the text for what that parser does not tell: where a mistake
 * is, which key stands twice, and where the elements of a list begin. Never throws; takes time in proportion to the text.
 */
export function readJsonValue(text: string): JsonValue {
  const { problems, items, broken } = scan(text);
  if (broken) return { value: undefined, items, problems, broken };
  try {
    return { value: JSON.parse(text) as unknown, items, problems, broken: false };
  } catch (error) {
    const message = `this is not JSON: ${String(error)}`;
    const problem: PolicyTextProblem = {
      code: 'PD001',
      severity: 'error',
      offset: 0,
      message,
      advice: 'correct the file',
    };
    return { value: undefined, items, problems: [...problems, problem], broken: true };
  }
}

interface Scan {
  readonly problems: readonly PolicyTextProblem[];
  readonly items: readonly Offsets[] | undefined;
  readonly broken: boolean;
}

function scan(text: string): Scan {
  const problems: PolicyTextProblem[] = [];
  const path: (string | number)[] = [];
  let items: Offsets[] | undefined;
  let pos = 0;

  skipWhitespace();
  const broken = !readValue() || !isAtEnd() || problems.length > MAX_PROBLEMS;
  return { problems, items, broken };

  function isAtEnd(): boolean {
    skipWhitespace();
    if (pos >= text.length) return true;
    return fail(
      'there is text after the end of the document',
      'remove it; several documents go into one object of kind List, or into a YAML file with --- between them',
    );
  }

  function readValue(): boolean {
    const c = text.charCodeAt(pos);
    if (c === OPEN_OBJECT) return readObject();
    if (c === OPEN_LIST) return readList();
    if (c === QUOTE) return readString();
    if (readToken(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y)) return true;
    return fail(
      pos >= text.length ? 'the text ends before the document does' : 'this is not a value as JSON has it',
      valueAdvice(),
    );
  }

  function readObject(): boolean {
    if (path.length >= MAX_LEVELS) return failTooDeep();
    pos += 1;
    skipWhitespace();
    if (take(CLOSE_OBJECT)) return true;
    const keys = new Set<string>();
    for (;;) {
      const start = pos;
      if (text.charCodeAt(pos) !== QUOTE)
        return fail('a key in double quotes is missing here', 'write "key": value, with no comma behind the last one');
      if (!readString()) return false;
      const key = keyAt(start);
      path.push(key);
      if (keys.has(key))
        report('PD002', start, `the key ${shown(key)} stands here for the second time`, 'keep one of the two');
      if (key === '__proto__') report('PD001', start, 'a key cannot be called "__proto__"', 'remove it');
      keys.add(key);
      skipWhitespace();
      if (!take(COLON)) return fail('a ":" is missing behind the key', 'write "key": value');
      skipWhitespace();
      if (!readValue()) return false;
      path.pop();
      skipWhitespace();
      if (take(CLOSE_OBJECT)) return true;
      if (!take(COMMA))
        return fail('a "," or "}" is missing here', 'put "," between members, and "}" behind the last one');
      skipWhitespace();
    }
  }

  function readList(): boolean {
    if (path.length >= MAX_LEVELS) return failTooDeep();
    const isItems = path.length === 1 && path[0] === 'items';
    const spans: Offsets[] = [];
    if (isItems) items = spans;
    pos += 1;
    skipWhitespace();
    if (take(CLOSE_LIST)) return true;
    for (let index = 0; ; index += 1) {
      const start = pos;
      path.push(index);
      if (!readValue()) return false;
      path.pop();
      if (isItems) spans.push({ start, end: pos });
      skipWhitespace();
      if (take(CLOSE_LIST)) return true;
      if (!take(COMMA))
        return fail('a "," or "]" is missing here', 'put "," between entries, and "]" behind the last one');
      skipWhitespace();
    }
  }

  function readString(): boolean {
    const start = pos;
    pos += 1;
    for (;;) {
      const c = text.charCodeAt(pos);
      if (c === QUOTE) {
        pos += 1;
        return true;
      }
      if (c === 92) {
        if (!readToken(/\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y))
          return fail('this is not an escape that JSON knows', 'write \\\\ for a backslash');
      } else if (c < 32 || Number.isNaN(c)) {
        pos = start;
        return fail('the text that starts here has no closing quote in its line', 'close it with a double quote');
      } else pos += 1;
    }
  }

  function readToken(pattern: RegExp): boolean {
    pattern.lastIndex = pos;
    if (!pattern.test(text)) return false;
    pos = pattern.lastIndex;
    return true;
  }

  function keyAt(start: number): string {
    const raw = text.slice(start, pos);
    return raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1);
  }

  function failTooDeep(): false {
    return fail(`values are nested more than ${MAX_LEVELS} deep`, 'a policy needs no more than eight levels', 'PD004');
  }

  function valueAdvice(): string {
    const c = text[pos];
    if (c === "'") return 'JSON text stands in double quotes';
    if (c === '}' || c === ']') return 'remove the comma before it, or write the value that is missing';
    return 'write a text in double quotes, a number, true, false, null, { or [';
  }

  function fail(message: string, advice: string, code: PolicyTextProblem['code'] = 'PD001'): false {
    const c = text[pos];
    const told = (c === undefined ? undefined : FOREIGN[c]) ?? { message, advice };
    const problem: PolicyTextProblem = { code, severity: 'error', offset: pos, ...told };
    problems.push(path.length === 0 ? problem : { ...problem, path: pathText(path) });
    return false;
  }

  function report(code: PolicyTextProblem['code'], offset: number, message: string, advice: string): void {
    if (problems.length < MAX_PROBLEMS)
      problems.push({ code, severity: 'error', offset, path: pathText(path), message, advice });
    else if (problems.length === MAX_PROBLEMS) problems.push(tooManyProblems(MAX_PROBLEMS, offset));
  }

  function take(code: number): boolean {
    if (text.charCodeAt(pos) !== code) return false;
    pos += 1;
    return true;
  }

  function skipWhitespace(): void {
    while (isWhitespace(text.charCodeAt(pos))) pos += 1;
  }
}
