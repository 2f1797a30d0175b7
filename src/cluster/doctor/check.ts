import type { Problem } from '../../core/problem/problem.js';

/** One thing that was checked. `problems` empty: it is as it should be, and `summary` says how. */
export interface CheckResult {
  readonly title: string;
  readonly summary: string;
  readonly problems: readonly Problem[];
}

/** A result without its title. */
export type CheckFindings = Omit<CheckResult, 'title'>;

export interface DoctorOptions {
  readonly namespace: string;
  /** An enforced namespace in which a probe is refused; nothing is made in it. */
  readonly probeNamespace: string;
  readonly now: number;
}

export function problem(code: string, severity: Problem['severity'], message: string, advice?: string): Problem {
  return { code, severity, message, ...(advice === undefined ? {} : { advice }) };
}
