import type { Problem, Severity } from '../../problem/problem.js';
import type { Catalogue } from '../../profile/catalogue.js';
import type { LoadedExemption, LoadedPolicy } from '../load/loaded-document.js';

/** A container of a pod that stands in a test of the policies. */
export interface TestedContainer {
  readonly name: string;
  readonly image: string;
  readonly namespace: string;
}

export interface CheckContext {
  readonly catalogue: Catalogue;
  /** What the built-in requirement allows. */
  readonly baseline: readonly string[] | 'off';
  /** How far ahead an exemption may end, in ms. */
  readonly longestExemption: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The containers in the tests of the policies in this file; undefined when it has no tests. */
  readonly testedWith?: (file: string) => readonly TestedContainer[] | undefined;
  /** How many pairs of rules are compared at most. Default two million. */
  readonly pairBudget?: number;
}

/** One mistake can be in ten thousand policies, and to place one its document is read again; so many of a kind are told one by one. */
export const MAX_OF_A_KIND = 200;

/** What is said instead of the problems of a kind past those. */
export function notListed(code: string, count: number): Problem {
  return {
    code: 'PL020',
    severity: 'info',
    message: `${count} more problems of the kind ${code} are not listed`,
    advice: 'correct the ones that are, or check a part of the files',
  };
}

/** A problem of a loaded document, at the deepest part of `path` that is written. */
export function problemAt(
  document: LoadedPolicy | LoadedExemption,
  path: string,
  code: string,
  severity: Severity,
  message: string,
  advice: string,
): Problem {
  return { code, severity, message, advice, place: { ...document.placeOf(path), path } };
}

/** `web (policies/web.yaml:3)`: a document as messages about another one name it. */
export function documentText({ reference }: LoadedPolicy | LoadedExemption): string {
  return reference.origin === undefined ? reference.name : `${reference.name} (${reference.origin})`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listText(words: readonly string[], last = 'and'): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;
}
