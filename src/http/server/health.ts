import { formatProblem, type Problem } from '../../core/problem/problem.js';
import type { AdmissionMetrics } from '../../system/metrics/admission-metrics.js';

/** What can be wrong while the server still answers; each is a label of `seccomply_degraded`. */
const degradedReasons = ['policies', 'profiles', 'certificate', 'client-ca', 'records'] as const;

/** Of one reason `readyz?verbose` shows so many: anyone may ask for it, and there can be one for each of ten thousand documents. */
const mostProblems = 20;

export type DegradedReason = (typeof degradedReasons)[number];

/**
 * Ready means: answers admission. A bad document or a failing disk never takes that away, since it would take all replicas away
 * at once; it shows as degraded, here and in a metric.
 */
export class Health {
  readonly #metrics: AdmissionMetrics;
  readonly #degraded = new Map<DegradedReason, readonly Problem[]>();
  readonly #listeners = new Set<() => void>();
  #state: 'starting' | 'ready' | 'draining' = 'starting';
  #waitingFor = 'policies to come into force';

  constructor(metrics: AdmissionMetrics) {
    this.#metrics = metrics;
    this.#publish();
    for (const reason of degradedReasons) metrics.family('seccomply_degraded').set(0, reason);
  }

  get state(): 'starting' | 'ready' | 'draining' {
    return this.#state;
  }

  ready(): void {
    if (this.#state === 'starting') this.#state = 'ready';
    this.#publish();
  }

  drain(): void {
    this.#state = 'draining';
    this.#publish();
  }

  /** Why it is not ready yet, while it is not. */
  waitFor(what: string): void {
    this.#waitingFor = what;
    this.#publish();
  }

  /** The errors of one kind as they are now; none when the list has none. */
  degrade(reason: DegradedReason, problems: readonly Problem[]): void {
    const errors = problems.filter((problem) => problem.severity === 'error');
    if (errors.length === 0) this.#degraded.delete(reason);
    else this.#degraded.set(reason, errors);
    this.#publish();
  }

  problems(): ReadonlyMap<DegradedReason, readonly Problem[]> {
    return this.#degraded;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** `ok` or why not in one line; with `verbose` what is degraded, as lines. */
  readyText(verbose: boolean): string {
    const lines: string[] = [];
    if (this.#state === 'starting') lines.push(`not ready: waiting for ${this.#waitingFor}`);
    else if (this.#state === 'draining') lines.push('not ready: stopping');
    else lines.push(this.#degraded.size === 0 ? 'ok' : `ok, degraded: ${[...this.#degraded.keys()].join(', ')}`);
    if (verbose)
      for (const [reason, problems] of this.#degraded) {
        lines.push(`[-] ${reason}`);
        for (const problem of problems.slice(0, mostProblems))
          lines.push(
            ...formatProblem(problem)
              .split('\n')
              .map((line) => `    ${line}`),
          );
        if (problems.length > mostProblems) lines.push(`    and ${problems.length - mostProblems} more`);
      }
    if (verbose) for (const reason of degradedReasons) if (!this.#degraded.has(reason)) lines.push(`[+] ${reason} ok`);
    return `${lines.join('\n')}\n`;
  }

  #publish(): void {
    this.#metrics.family('seccomply_ready').set(this.#state === 'ready' ? 1 : 0);
    for (const reason of degradedReasons)
      this.#metrics.family('seccomply_degraded').set(this.#degraded.has(reason) ? 1 : 0, reason);
    for (const listener of this.#listeners) listener();
  }
}
