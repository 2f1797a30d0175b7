import { randomFillSync } from 'node:crypto';

const poolBytes = 4_096;

/** Random bytes from the system, asked for many at a time: asking costs the same for ten as for thousands. */
export class RandomPool {
  readonly #pool = new Uint8Array(poolBytes);
  #left = 0;

  /** Valid until the next call; each byte is handed out once. `count` is small. */
  take(count: number): Uint8Array {
    if (this.#left < count) {
      randomFillSync(this.#pool);
      this.#left = poolBytes;
    }
    this.#left -= count;
    return this.#pool.subarray(this.#left, this.#left + count);
  }
}
