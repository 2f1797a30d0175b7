import type { Place } from '../problem/problem.js';

/** A stretch of a file, and where it starts. Lines and columns count from 1. */
export interface TextSpan {
  readonly file: string | undefined;
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
}

/** Where something starts and ends, counted from the start of the whole text. */
export interface Offsets {
  readonly start: number;
  readonly end: number;
}

/** Line and column of an offset that is not before the start of the span. */
export function placeAt(span: TextSpan, offset: number, path?: string): Place {
  return placeCursor(span)(offset, path);
}

/** The same for many offsets that only grow, with one look at the text for all of them. */
export function placeCursor(span: TextSpan): (offset: number, path?: string) => Place {
  const positionAt = lineCursor(span);
  return (offset, path) => ({
    ...(span.file === undefined ? {} : { file: span.file }),
    ...positionAt(offset),
    ...(path === undefined || path === '' ? {} : { path: path.length > 300 ? `${path.slice(0, 299)}…` : path }),
  });
}

/** Lines and columns of offsets that only grow. Looks at each character once, and at none behind the offset: files may be one long line. */
export function lineCursor(span: TextSpan): (offset: number) => { readonly line: number; readonly column: number } {
  let line = span.line;
  let lineStart = span.start - span.column + 1;
  let seen = span.start;
  return (offset) => {
    const next = span.text.slice(seen, offset);
    for (let at = next.indexOf('\n'); at >= 0; at = next.indexOf('\n', at + 1)) {
      line += 1;
      lineStart = seen + at + 1;
    }
    seen += next.length;
    return { line, column: offset - lineStart + 1 };
  };
}
