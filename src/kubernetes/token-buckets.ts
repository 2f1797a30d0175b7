export interface TokenBucketOptions {
  /** Tokens of a full bucket. */
  readonly burst: number;
  /** Time for one more token, in ms. */
  readonly refill: number;
  /** Buckets that are remembered; a forgotten one is full again. */
  readonly most: number;
}

/** A rate limit for each key: `burst` at once, then one for each `refill`. */
export class TokenBuckets {
  readonly #options: TokenBucketOptions;
  /** The one that was used longest ago first. */
  readonly #buckets = new Map<string, { readonly tokens: number; readonly at: number }>();

  constructor(options: TokenBucketOptions) {
    this.#options = options;
  }

  /** Whether there was a token. @param now ms of any clock that does not go back */
  take(key: string, now: number): boolean {
    const { burst, refill, most } = this.#options;
    const bucket = this.#buckets.get(key) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, bucket.tokens + (now - bucket.at) / refill);
    if (tokens < 1) return false;
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: tokens - 1, at: now });
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size <= most) break;
      this.#buckets.delete(oldest);
    }
    return true;
  }
}
