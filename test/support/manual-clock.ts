import { Changes } from './changes.js';

/** Time that goes on only when a test says so. */
export class ManualClock {
  readonly #sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();
  readonly #changes = new Changes();
  #now = 1_000_000;

  now(): number {
    return this.#now;
  }

  /** Resolves after so many ms of this clock, or when `signal` is aborted. */
  pause(length: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#sleepers.delete(sleeper);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper = { until: this.#now + length, wake };
      this.#sleepers.add(sleeper);
      if (signal.aborted) wake();
      else signal.addEventListener('abort', wake, { once: true });
      this.#changes.tell();
    });
  }

  advance(length: number): void {
    this.#now += length;
    for (const { until, wake } of [...this.#sleepers]) if (until <= this.#now) wake();
  }

  /** Resolves when so many are asleep: until time goes on, nothing more happens. */
  asleep(count: number): Promise<void> {
    return this.#changes.until(() => this.#sleepers.size === count);
  }
}
