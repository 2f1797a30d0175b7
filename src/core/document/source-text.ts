import type { Place } from '../problem/problem.js';

/** Finds the line and column (both from 1, columns in UTF-16 units as editors count them) of an offset in a text. */
export class SourceText {
  readonly #text: string;
  readonly #file: string | undefined;
  #starts: readonly number[] | undefined;
  #mayBeNotUtf8: boolean | undefined;

  constructor(text: string, file?: string) {
    this.#text = text;
    this.#file = file;
  }

  /** Whether it has U+FFFD in it, which stands for bytes that were no UTF-8. */
  get mayBeNotUtf8(): boolean {
    this.#mayBeNotUtf8 ??= this.#text.includes('\ufffd');
    return this.#mayBeNotUtf8;
  }

  placeAt(offset: number, path = ''): Place {
    return {
      ...(this.#file === undefined ? {} : { file: this.#file }),
      ...this.position(offset),
      ...(path === '' ? {} : { path }),
    };
  }

  position(offset: number): { readonly line: number; readonly column: number } {
    this.#starts ??= lineStarts(this.#text);
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.#starts[low] ?? 0) + 1 };
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === 10 || (code === 13 && text.charCodeAt(i + 1) !== 10)) starts.push(i + 1);
  }
  return starts;
}
