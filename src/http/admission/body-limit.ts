import { type ReviewHead, readReviewHead, reviewHeadBytes } from './review-head.js';

export function bodyLimitMessage(limit: number): string {
  return `the request is larger than ${limit} bytes, the limit of --body-limit, and was not read: make the object smaller, or let the operator of Seccomply raise the limit`;
}

/**
 * The head of a body over the limit, of which nothing else is kept: it says to whom a denial goes. It is read again only when it is twice
 * as long as before, so that the work is in proportion to its length, in whatever pieces it comes.
 */
export class OversizedHead {
  readonly #bytes = Buffer.allocUnsafeSlow(reviewHeadBytes);
  #length = 0;
  #lookedAt = 0;
  #found: ReviewHead = {};

  /** What it says, as soon as there is no more to be had; undefined before. */
  add(piece: Buffer): ReviewHead | undefined {
    this.#length += piece.copy(this.#bytes, this.#length);
    const isFull = this.#length === reviewHeadBytes;
    if (!isFull && this.#length < 2 * this.#lookedAt) return undefined;
    const { uid, namespace } = this.read();
    return isFull || (uid !== undefined && namespace !== undefined) ? this.#found : undefined;
  }

  /** What it says so far. */
  read(): ReviewHead {
    if (this.#lookedAt < this.#length) this.#found = readReviewHead(this.#bytes.subarray(0, this.#length));
    this.#lookedAt = this.#length;
    return this.#found;
  }
}
