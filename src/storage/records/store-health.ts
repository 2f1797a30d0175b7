import type { Problem } from '../../core/problem/problem.js';

const retryMicroseconds = 5_000_000;

/** Whether records can be written, how many could not be, and when it is tried again. `now` are microseconds of a clock that only goes forward. */
export class StoreHealth {
  readonly #listeners = new Set<() => void>();
  #problem: Problem | undefined;
  #retryAt = 0;
  #unrecorded = 0;
  #reported = 0;

  /** Undefined while all is well. */
  get problem(): Problem | undefined {
    return this.#problem;
  }

  /** Records that could not be written since the start. */
  get unrecorded(): number {
    return this.#unrecorded;
  }

  /** Of these, the ones that no record of a recovery counts yet. */
  get unreported(): number {
    return this.#unrecorded - this.#reported;
  }

  /** Called when the store fails and when it recovers. Returns the call that ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  countUnrecorded(records = 1): void {
    this.#unrecorded += records;
  }

  /** Puts the next try off; returns whether all was well until now. */
  fail(problem: Problem, now: number): boolean {
    const wasWell = this.#problem === undefined;
    this.#problem = problem;
    this.#retryAt = now + retryMicroseconds;
    if (wasWell) this.#notify();
    return wasWell;
  }

  recover(): void {
    this.#problem = undefined;
    this.#notify();
  }

  /** A record on disk says that so many could not be written. */
  report(records: number): void {
    this.#reported += records;
  }

  /** Whether to try again now; the try after it is put off. */
  takeRetry(now: number): boolean {
    if (this.#problem === undefined || now < this.#retryAt) return false;
    this.#retryAt = now + retryMicroseconds;
    return true;
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}
