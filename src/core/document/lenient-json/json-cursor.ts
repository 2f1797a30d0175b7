import type { ProfileTextProblem } from '../document-problem.js';
import { isForeignWhitespace, isWhitespace } from '../json-characters.js';
import { SourceText } from '../source-text.js';

const MAX_PROBLEMS = 1000;
/** White space to crun, as is the vertical tab. */
const FORM_FEED = { detail: { kind: 'form-feed' } } as const;
const C_COMMENT = { detail: { kind: 'c-comment' } } as const;

/** The text that is being read, how far it has been read, and the mistakes found so far. */
export class JsonCursor {
  readonly text: string;
  #problems: ProfileTextProblem[] = [];
  /** The offset of what comes next. */
  pos = 0;
  readonly #source: SourceText;
  /** The line that was last looked for the end of: a file may be one long line with something to say in every place. */
  #line = { start: 0, end: -1 };

  constructor(text: string) {
    this.text = text;
    this.#source = new SourceText(text);
  }

  report(offset: number, message: string, advice: string, more?: Pick<ProfileTextProblem, 'detail'>): void {
    this.add({ code: 'SP001', offset, message, advice, ...more });
  }

  add(problem: ProfileTextProblem): void {
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(problem);
  }

  /** The mistakes since it was last asked, in the order of the text. */
  takeProblems(): readonly ProfileTextProblem[] {
    const taken = this.#problems.sort((a, b) => a.offset - b.offset);
    this.#problems = [];
    return taken;
  }

  /** Skips white space, and reports comments and remarks while skipping them. */
  skipWhitespace(): void {
    const { text } = this;
    for (;;) {
      this.skipPlainWhitespace();
      const start = this.pos;
      const c = text[start];
      if (c === undefined) return;
      if (c === '/' && text[start + 1] === '*') {
        const end = text.indexOf('*/', start + 2);
        this.pos = end < 0 ? text.length : end + 2;
        this.report(start, `a comment is not JSON: ${excerpt(text.slice(start, this.pos))}`, 'remove it', C_COMMENT);
      } else if ((c === '/' && text[start + 1] === '/') || c === '#') {
        this.pos = this.#endOfLine(start);
        this.#reportRemark(start, 'a comment', c === '/' ? C_COMMENT : {});
      } else if (c === '<' || c === '\u2190' || (c === '-' && '->'.includes(text[start + 1] ?? '\n'))) {
        const lineEnd = this.#endOfLine(start);
        const closed = text.slice(start + 1, lineEnd).indexOf('-->');
        this.pos = closed < 0 ? lineEnd : start + 1 + closed + 3;
        this.#reportRemark(start, 'a remark');
      } else if (isForeignWhitespace(text.charCodeAt(start))) {
        this.pos += 1;
        this.report(
          start,
          'an invisible character that is not a plain space',
          'replace it with a space',
          c === '\f' || c === '\v' ? FORM_FEED : {},
        );
      } else return;
    }
  }

  skipPlainWhitespace(): void {
    const { text } = this;
    let { pos } = this;
    while (pos < text.length && isWhitespace(text.charCodeAt(pos))) pos += 1;
    this.pos = pos;
  }

  /** What comes next that is neither white space nor a remark. */
  peekSignificant(): string | undefined {
    const { text } = this;
    let at = this.pos;
    for (;;) {
      while (at < text.length && isWhitespace(text.charCodeAt(at))) at += 1;
      if (text[at] !== '<' && text[at] !== '#' && !(text[at] === '/' && text[at + 1] === '/')) return text[at];
      at = this.#endOfLine(at);
    }
  }

  /** The rest of the line, as far as a message has room for it. */
  restOfLine(): string {
    return this.text.slice(this.pos, Math.min(this.#endOfLine(this.pos), this.pos + 200));
  }

  lineNumber(offset: number): number {
    return this.#source.position(offset).line;
  }

  #reportRemark(start: number, what: string, more?: Pick<ProfileTextProblem, 'detail'>): void {
    this.report(
      start,
      `${what} is not JSON: ${excerpt(this.text.slice(start, this.pos))}`,
      'remove it, from here to the end of the line',
      more,
    );
  }

  #endOfLine(from: number): number {
    const { text } = this;
    if (from >= this.#line.start && from <= this.#line.end) return this.#line.end;
    let end = from;
    while (end < text.length && text[end] !== '\n' && text[end] !== '\r') end += 1;
    this.#line = { start: from, end };
    return end;
  }
}

/** A piece of the text for a message: one line, cut when long. */
export function excerpt(piece: string): string {
  return `\`${cut(piece.replace(/\s+/g, ' ').trim())}\``;
}

/** A word of the text for a message. */
export function cut(piece: string): string {
  return piece.length > 60 ? `${piece.slice(0, 59)}…` : piece;
}
