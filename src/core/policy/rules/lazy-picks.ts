import type { Rank } from '../match/glob-index.js';

/** What is picked from candidates: each is looked at once, and none before somebody asks for what may come behind it. */
export class LazyPicks<T> {
  readonly #candidates: readonly Rank[];
  readonly #pick: (rank: Rank) => T | undefined;
  readonly #picked: T[] = [];
  #next = 0;

  constructor(candidates: readonly Rank[], pick: (rank: Rank) => T | undefined) {
    this.#candidates = candidates;
    this.#pick = pick;
  }

  /** Undefined past the last one. */
  at(index: number): T | undefined {
    while (this.#picked.length <= index) {
      const rank = this.#candidates[this.#next];
      if (rank === undefined) return undefined;
      this.#next += 1;
      const one = this.#pick(rank);
      if (one !== undefined) this.#picked.push(one);
    }
    return this.#picked[index];
  }
}
