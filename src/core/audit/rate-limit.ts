import type { OverQuotaEntry } from './log-entries.js';
import { formatMicroseconds } from './record-time.js';

export interface RateLimitOptions {
  /** Records a namespace may leave at once. */
  readonly burst: number;
  /** Records a second that come back to it. */
  readonly perSecond: number;
  /** Microseconds between the counts of a namespace that is past its share. */
  readonly window: number;
}

interface Share {
  left: number;
  at: number;
  over?: { readonly opened: number; count: number; first: number; last: number };
}

/** Namespaces remembered at a time; those with a full share are forgotten first. */
const namespaceLimit = 10_000;

/** Each namespace's share of the record store, so that none can fill it for the others. Times are microseconds, handed in. */
export class RateLimit {
  readonly #options: RateLimitOptions;
  readonly #shares = new Map<string, Share>();

  constructor(options: RateLimitOptions) {
    this.#options = options;
  }

  /**
   * `within`: record it. `reached`: the first past the share, so that a record has to say so. `over`: counted here; `due`
   * hands out the count.
   */
  take(namespace: string, now: number): 'within' | 'reached' | 'over' {
    const share = this.#shareOf(namespace, now);
    if (share.over !== undefined && now < share.over.opened + this.#options.window) {
      share.over.count += 1;
      if (share.over.count === 1) share.over.first = now;
      share.over.last = now;
      return 'over';
    }
    if (share.left >= 1) {
      share.left -= 1;
      return 'within';
    }
    share.over = { opened: now, count: 0, first: now, last: now };
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
    const share = this.#shares.get(namespace);
    if (share !== undefined) delete share.over;
  }

  /** Counts of the windows that are over. */
  due(now: number): readonly OverQuotaEntry[] {
    return this.#close((share) => share.over !== undefined && now >= share.over.opened + this.#options.window);
  }

  closeAll(): readonly OverQuotaEntry[] {
    return this.#close(() => true);
  }

  #close(ends: (share: Share) => boolean): readonly OverQuotaEntry[] {
    const counts: OverQuotaEntry[] = [];
    for (const [namespace, share] of this.#shares) {
      const over = share.over;
      if (over === undefined || !ends(share)) continue;
      delete share.over;
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

  #shareOf(namespace: string, now: number): Share {
    const { burst, perSecond } = this.#options;
    let share = this.#shares.get(namespace);
    if (share === undefined) {
      if (this.#shares.size >= namespaceLimit) this.#forgetFull(now);
      share = { left: burst, at: now };
      this.#shares.set(namespace, share);
    }
    share.left = Math.min(burst, share.left + (Math.max(0, now - share.at) / 1_000_000) * perSecond);
    share.at = now;
    return share;
  }

  #forgetFull(now: number): void {
    const { burst, perSecond } = this.#options;
    for (const [namespace, share] of this.#shares) {
      const full = share.left + ((now - share.at) / 1_000_000) * perSecond >= burst;
      if (full && share.over === undefined) this.#shares.delete(namespace);
    }
  }
}
