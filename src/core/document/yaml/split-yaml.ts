/** Where one document of a YAML stream stands, with its `---` and the comments and directives before it. */
export interface DocumentSpan {
  readonly start: number;
  readonly end: number;
  /** Line of `start`, from 1. */
  readonly line: number;
}

/**
 * Cuts a YAML stream at its document markers. `---` and `...` at the start of a line end a document wherever they stand,
 * also inside quotes and block scalars (YAML 1.2.2, 9.1.2), so this needs no parser, and a mistake in one document cannot
 * reach the next. Stretches of nothing but comments and white space are left out.
 */
export function* splitYaml(text: string): Generator<DocumentSpan> {
  let start = 0;
  let startLine = 1;
  let line = 1;
  let hasBody = false;
  for (let at = 0; at < text.length; line += 1) {
    const newline = text.indexOf('\n', at);
    const next = newline < 0 ? text.length : newline + 1;
    if (isMarker(text, at, '---')) {
      if (hasBody) {
        yield { start, end: at, line: startLine };
        start = at;
        startLine = line;
      }
      hasBody = true;
    } else if (isMarker(text, at, '...')) {
      if (hasBody) yield { start, end: next, line: startLine };
      start = next;
      startLine = line + 1;
      hasBody = false;
    } else hasBody ||= isContent(text, at, next);
    at = next;
  }
  if (hasBody) yield { start, end: text.length, line: startLine };
}

function isMarker(text: string, at: number, marker: string): boolean {
  if (!text.startsWith(marker, at)) return false;
  const after = text[at + 3];
  return after === undefined || after === ' ' || after === '\t' || after === '\n' || after === '\r';
}

/** Whether a line before any other content starts a document: not blank, not a comment, not a directive. */
function isContent(text: string, from: number, to: number): boolean {
  if (text[from] === '%') return false;
  for (let at = from; at < to; at += 1) {
    const c = text[at];
    if (c === '#') return false;
    if (c !== ' ' && c !== '\t' && c !== '\r' && c !== '\n') return true;
  }
  return false;
}
