/** Turns of the event loop that a batch waits at most. A sync costs as much as sealing ten records, whether it is for one or for fifty. */
const mostTurns = 4;

/**
 * Commits what was added in batches, one after another: what comes while a batch is on its way to the disk, and as long as each turn of
 * the event loop brings more, for a few of them, shares the next sync.
 */
export class GroupCommit<T> {
  readonly #commit: (batch: readonly T[]) => Promise<void>;
  readonly #limit: number;
  readonly #queue: T[] = [];
  #due = false;
  #working: Promise<void> | undefined;

  /** `commit` must not reject; `limit` is the size of the largest batch. */
  constructor(commit: (batch: readonly T[]) => Promise<void>, limit: number) {
    this.#commit = commit;
    this.#limit = limit;
  }

  add(one: T): void {
    this.#queue.push(one);
    void this.flush();
  }

  /** Commits once more, an empty batch if nothing was added. Resolves when nothing is left. */
  flush(): Promise<void> {
    this.#due = true;
    this.#working ??= this.#work();
    return this.#working;
  }

  /** Takes back what waits, and is not being committed. */
  takeBack(): readonly T[] {
    return this.#queue.splice(0);
  }

  /** Waits until a turn has brought nothing. */
  async #gather(): Promise<void> {
    for (let turn = 0, before = -1; turn < mostTurns && this.#queue.length > before; turn += 1) {
      before = this.#queue.length;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  async #work(): Promise<void> {
    try {
      while (this.#due || this.#queue.length > 0) {
        await this.#gather();
        this.#due = false;
        await this.#commit(this.#queue.splice(0, this.#limit));
      }
    } finally {
      // In the same step as the last look at the queue: what is added after it starts the work anew.
      this.#working = undefined;
    }
  }
}
