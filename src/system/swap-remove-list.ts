/** What a `SwapRemoveList` holds. `slot` is the list's own. */
export interface Indexed {
  slot: number;
}

/**
 * What is open at the moment, in no order, for things that come and go thousands of times a second. A Set or Map would do, but each
 * time it grows out of its table that table points to the next one: once one of them is in the old generation, everything that was
 * ever in the Set stays in memory until a full collection.
 */
export class SwapRemoveList<T extends Indexed> {
  readonly #members: T[] = [];

  get size(): number {
    return this.#members.length;
  }

  add(one: T): void {
    one.slot = this.#members.length;
    this.#members.push(one);
  }

  /** Does nothing when it is not in the list. */
  remove(one: T): void {
    const members = this.#members;
    if (members[one.slot] !== one) return;
    const last = members.pop() as T;
    if (last === one) return;
    members[one.slot] = last;
    last.slot = one.slot;
  }

  find(isMeant: (one: T) => boolean): T | undefined {
    return this.#members.find(isMeant);
  }

  /** Calls `look` with each, which may remove it. */
  forEach(look: (one: T) => void): void {
    for (let slot = this.#members.length - 1; slot >= 0; slot -= 1) {
      const one = this.#members[slot];
      if (one !== undefined) look(one);
    }
  }
}
