/** How long to wait before the next attempt: full jitter, so that many clients of one server that came back do not come at once. */
export class BackOff {
  readonly #least: number;
  readonly #most: number;
  readonly #random: () => number;
  #failures = 0;

  /** In ms. */
  constructor(least: number, most: number, random: () => number = Math.random) {
    this.#least = least;
    this.#most = most;
    this.#random = random;
  }

  /** Between the least and twice as much with each failure in a row, up to the most. `ceiling` lowers that for this once. */
  next(ceiling = this.#most): number {
    this.#failures += 1;
    const most = Math.min(this.#most, ceiling, this.#least * 2 ** Math.min(this.#failures, 30));
    return this.#least + this.#random() * Math.max(0, most - this.#least);
  }

  succeeded(): void {
    this.#failures = 0;
  }

  get failures(): number {
    return this.#failures;
  }
}
