/** Bodies up to this size may use the share that is kept for them. */
const smallBody = 262_144;

/**
 * The bytes of request bodies that are held at this moment. Counted as they arrive, not as they are announced, so that nobody
 * fills the room with promises; a share is kept for small bodies, so that a few large ones do not shut everyone else out.
 */
export class InFlightBytes {
  readonly #limit: number;
  readonly #limitForLarge: number;
  #held = 0;

  constructor(limit: number) {
    this.#limit = limit;
    this.#limitForLarge = limit - Math.floor(limit / 8);
  }

  get held(): number {
    return this.#held;
  }

  /** Takes room for more bytes of a body that has `soFar` already; false when there is none. */
  take(bytes: number, soFar: number): boolean {
    const limit = soFar + bytes > smallBody ? this.#limitForLarge : this.#limit;
    if (this.#held + bytes > limit) return false;
    this.#held += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#held -= bytes;
  }
}
