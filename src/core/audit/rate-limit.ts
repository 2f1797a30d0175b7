import type { OverQuotaEntry } from './log-entries.js';
import { formatMicroseconds } from './record-time.js';

interface RateLimitOptions {
  /** Records a namespace may leave at once. */
  readonly burst: number;
  /** Records a second that come back to it. */
  readonly perSecond: number;
  /** Microseconds between the counts of a namespace that is past its share. */
  readonly window: number;
}

interface Bucket {
  tokens: number;
  /** When they were counted. */
  at: number;
  /** The window of a namespace that is past its share. */
  over?: { readonly opened: number; count: number; first: number; last: number };
}

/** Namespaces remembered at a time; those with a full bucket are forgotten first. */
const namespaceLimit = 10_000;

/**
 * Each namespace's share of the record store (a token bucket), so that none can fill it for the others. Times are microseconds,
 * handed in.
 */
export class RateLimit {
  readonly #options: RateLimitOptions;
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: RateLimitOptions) {
    this.#options = options;
  }

  /**
   * `within`: record it. `reached`: the first past the share, so that a record has to say so. `over`: counted here; `due`
   * hands out the count.
   */
  take(namespace: string, now: number): 'within' | 'reached' | 'over' {
    const bucket = this.#bucketOf(namespace, now);
    if (bucket.over !== undefined && now < bucket.over.opened + this.#options.window) {
      bucket.over.count += 1;
      if (bucket.over.count === 1) bucket.over.first = now;
      bucket.over.last = now;
      return 'over';
    }
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      return 'within';
    }
    bucket.over = { opened: now, count: 0, first: now, last: now };
    return 'reached';
  }

  /** The record for a namespace that just reached its share. */
  reached(namespace: string, now: number): OverQuotaEntry {
    const time = formatMicroseconds(now);
    return {
      recordType: 'over-quota',
      overQuota: { namespace, state: 'reached', count: 1, firstTime: time, lastTime: time },
    };
  }

  /** Ends a window whose `reached` record never reached the disk: the next one says it again. */
  forget(namespace: string): void {
    const bucket = this.#buckets.get(namespace);
    if (bucket !== undefined) delete bucket.over;
  }

  /** Counts of the windows that are over. */
  due(now: number): readonly OverQuotaEntry[] {
    return this.#close((bucket) => bucket.over !== undefined && now >= bucket.over.opened + this.#options.window);
  }

  closeAll(): readonly OverQuotaEntry[] {
    return this.#close(() => true);
  }

  #close(ends: (bucket: Bucket) => boolean): readonly OverQuotaEntry[] {
    const counts: OverQuotaEntry[] = [];
    for (const [namespace, bucket] of this.#buckets) {
      const over = bucket.over;
      if (over === undefined || !ends(bucket)) continue;
      delete bucket.over;
      if (over.count > 0)
        counts.push({
          recordType: 'over-quota',
          overQuota: {
            namespace,
            state: 'count',
            count: over.count,
            firstTime: formatMicroseconds(over.first),
            lastTime: formatMicroseconds(over.last),
          },
        });
    }
    return counts;
  }

  #bucketOf(namespace: string, now: number): Bucket {
    const { burst, perSecond } = this.#options;
    let bucket = this.#buckets.get(namespace);
    if (bucket === undefined) {
      if (this.#buckets.size >= namespaceLimit) this.#forgetFull(now);
      bucket = { tokens: burst, at: now };
      this.#buckets.set(namespace, bucket);
    }
    bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) / 1_000_000) * perSecond);
    bucket.at = now;
    return bucket;
  }

  #forgetFull(now: number): void {
    const { burst, perSecond } = this.#options;
    for (const [namespace, bucket] of this.#buckets) {
      const full = bucket.tokens + ((now - bucket.at) / 1_000_000) * perSecond >= burst;
      if (full && bucket.over === undefined) this.#buckets.delete(namespace);
    }
  }
}
