import type { Problem } from '../../core/problem/problem.js';

/** One thing that was looked at. `problems` empty: it is as it should be, and `summary` says how. */
export interface Examination {
  readonly title: string;
  readonly summary: string;
  readonly problems: readonly Problem[];
}

/** What one look found, without its title. */
export type Found = Omit<Examination, 'title'>;

export interface DoctorOptions {
  readonly namespace: string;
  /** An enforced namespace in which a probe is refused; nothing is made in it. */
  readonly probeNamespace: string;
  readonly now: number;
}

export function problem(code: string, severity: Problem['severity'], message: string, advice?: string): Problem {
  return { code, severity, message, ...(advice === undefined ? {} : { advice }) };
}
