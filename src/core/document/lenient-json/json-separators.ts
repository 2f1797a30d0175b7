import type { JsonCursor } from './json-cursor.js';

type Closing = '}' | ']';

/** Follows the separators between the members of an object or the items of a list, and reports those that are wrong or missing. */
export class JsonSeparators {
  readonly #cursor: JsonCursor;
  readonly #closing: Closing;
  /** The comma after the last value, while nothing follows it. */
  #comma: number | undefined;
  /** The end of the last value, while no separator follows it. */
  #valueEnd: number | undefined;

  constructor(cursor: JsonCursor, closing: Closing) {
    this.#cursor = cursor;
    this.#closing = closing;
  }

  /** A value, or the key of one, begins: something must separate it from the value before. */
  beginValue(): void {
    if (this.#valueEnd !== undefined)
      this.#cursor.report(this.#valueEnd, 'a "," is missing here', 'write "," between one value and the next');
    this.#comma = undefined;
  }

  endValue(end: number): void {
    this.#valueEnd = end;
  }

  /** Whatever stands before the next value has been reported already. */
  forgetValue(): void {
    this.#valueEnd = undefined;
  }

  /** Reads a "," or ";" at the cursor; false where there is none. */
  readSeparator(): boolean {
    const cursor = this.#cursor;
    const { pos } = cursor;
    const c = cursor.text[pos];
    if (c !== ',' && c !== ';') return false;
    cursor.pos += 1;
    const isExpected = this.#valueEnd !== undefined;
    if (c === ';')
      cursor.report(
        pos,
        'a ";" cannot stand here: JSON separates values with ","',
        !isExpected || cursor.peekSignificant() === this.#closing ? 'remove the ";"' : 'write "," instead of ";"',
      );
    else if (!isExpected) cursor.report(pos, 'this "," has no value before it', 'remove it');
    if (isExpected) this.#comma = c === ',' ? pos : undefined;
    this.#valueEnd = undefined;
    return true;
  }

  /** Reads the closing bracket at the cursor; false where there is none. */
  readClosing(): boolean {
    const cursor = this.#cursor;
    if (cursor.text[cursor.pos] !== this.#closing) return false;
    if (this.#comma !== undefined)
      cursor.report(this.#comma, 'this "," is one too many: nothing follows it', 'remove the last ","');
    cursor.pos += 1;
    return true;
  }
}
