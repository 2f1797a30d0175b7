import type { Problem } from '../problem/problem.js';
import { placeCursor, type TextSpan } from './text-span.js';

/** A mistake in the text itself, before anything is known of its meaning, at an offset of the text that was read. */
interface TextProblem {
  readonly offset: number;
  readonly path?: string;
  readonly message: string;
  readonly advice: string;
}

export interface ProfileTextProblem extends TextProblem {
  readonly code: 'SP001' | 'SP002';
  /** What it is, for programs, where a runtime may take it nevertheless. */
  readonly detail?: { readonly kind: 'c-comment' | 'form-feed' | 'beyond-limits' };
}

export interface PolicyTextProblem extends TextProblem {
  readonly code: 'PD001' | 'PD002' | 'PD003' | 'PD004' | 'PD017';
  readonly severity: 'error' | 'warning';
}

/** The same as problems of a document, in the order of the text. `base` is where in the span's text their offsets count from. */
export function placedProblems(span: TextSpan, found: readonly PolicyTextProblem[], base = 0): readonly Problem[] {
  const place = placeCursor(span);
  return [...found]
    .sort((one, other) => one.offset - other.offset)
    .map(({ code, severity, offset, path, message, advice }) => ({
      ...{ code, severity, message, advice },
      place: place(base + offset, path),
    }));
}

/** Past this many errors the others are not looked for, so that no part of the document can be taken for sound. */
export function tooManyProblems(most: number, offset: number): PolicyTextProblem {
  const message = `there are more than ${most} mistakes in this document`;
  return { code: 'PD004', severity: 'error', offset, message, advice: 'correct the ones before first' };
}
