import { randomBytes } from 'node:crypto';

const poolBytes = 2_048;

/** Random hexadecimal digits from the system, asked for many at a time: asking costs the same for ten as for thousands. */
export class RandomPool {
  #digits = '';
  #used = 0;

  /** Each digit is handed out once. `count` is small. */
  take(count: number): string {
    if (this.#digits.length - this.#used < count) {
      this.#digits = randomBytes(poolBytes).toString('hex');
      this.#used = 0;
    }
    this.#used += count;
    return this.#digits.slice(this.#used - count, this.#used);
  }
}
