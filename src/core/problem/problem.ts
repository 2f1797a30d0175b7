/** Where a problem is. Lines and columns count from 1; `path` is the way through the document, e.g. `spec.assign[0].images[1]`. */
export interface Place {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly path?: string;
}

export type Severity = 'error' | 'warning' | 'info';

/** Something a person should know about a document: what is wrong, where, and what to do. `code` is stable and documented. */
export interface Problem {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly advice?: string;
  readonly place?: Place;
}

/** `policies/web.yaml:9:15`, as much of it as is known; empty when nothing is. */
export function formatPlace(place: Place | undefined): string {
  if (place === undefined) return '';
  const position =
    place.line === undefined ? '' : `:${place.line}${place.column === undefined ? '' : `:${place.column}`}`;
  return `${place.file ?? ''}${position}`;
}

/** One problem as a line for a person (`file:line:col: error: message [CODE]`), with the advice indented below it. */
export function formatProblem(problem: Problem): string {
  const place = formatPlace(problem.place);
  const path = problem.place?.path === undefined ? '' : ` (${problem.place.path})`;
  const head = `${place === '' ? '' : `${place}: `}${problem.severity}: ${problem.message}${path} [${problem.code}]`;
  return problem.advice === undefined ? head : `${head}\n    ${problem.advice}`;
}
