import { type Indexed, SwapRemoveList } from '../../system/swap-remove-list.js';

const sweepEvery = 50;

/** Watches what is open with one timer for all, which rests while nothing is. */
export class Deadlines<T extends Indexed> {
  readonly #open = new SwapRemoveList<T>();
  readonly #look: (one: T) => void;
  #timer: NodeJS.Timeout | undefined;

  /** `look` is called for everything open about every 50 ms; it removes what is done with. */
  constructor(look: (one: T) => void) {
    this.#look = look;
  }

  get size(): number {
    return this.#open.size;
  }

  add(one: T): void {
    this.#open.add(one);
    this.#timer ??= setInterval(() => this.#sweep(), sweepEvery).unref();
  }

  remove(one: T): void {
    this.#open.remove(one);
  }

  #sweep(): void {
    if (this.#open.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    this.#open.forEach(this.#look);
  }
}
