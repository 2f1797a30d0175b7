import type { ServerResponse } from 'node:http';

/** What is smaller is not counted: the system takes it at once as a rule. */
const smallest = 16_384;

/**
 * Answers that were given and are not with the system yet, since their callers do not read. Past the limit, in bytes, the oldest of them is
 * given up with its connection: whoever reads is never that late.
 */
export class UnsentAnswers {
  readonly #limit: number;
  readonly #unsent = new Map<ServerResponse, number>();
  #held = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get held(): number {
    return this.#held;
  }

  /** Counts an answer of so many bytes until its `close`. */
  add(response: ServerResponse, bytes: number): void {
    if (bytes < smallest) return;
    this.#unsent.set(response, bytes);
    this.#held += bytes;
    response.once('close', () => this.#remove(response));
    while (this.#held > this.#limit) {
      const [oldest] = this.#unsent.keys();
      if (oldest === undefined) break;
      this.#remove(oldest);
      // One that waits behind another answer has no socket of its own yet.
      oldest.req.socket.destroy();
    }
  }

  #remove(response: ServerResponse): void {
    this.#held -= this.#unsent.get(response) ?? 0;
    this.#unsent.delete(response);
  }
}
