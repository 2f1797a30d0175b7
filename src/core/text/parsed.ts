import { quoted } from './quoted.js';

/** What reading a small text (a pattern, a reference, a date) gives: its value, or what is wrong with it and what to write instead. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string; readonly advice: string };

export function good<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

export function bad(message: string, advice: string): Parsed<never> {
  return { ok: false, message, advice };
}

/** A text as it is shown inside a message: in double quotes, one line, cut when long. */
export function shown(text: string): string {
  return quoted(text, 80);
}
