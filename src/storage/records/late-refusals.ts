import type { RefusedLateEntry } from '../../core/audit/log-entries.js';
import type { Share } from '../../core/audit/rate-limit.js';
import type { Receipt } from './receipt.js';

/** Record ids that one record names: about 10 KiB. */
const namedAtOnce = 150;

/**
 * Says which of the uses on record were refused, since the record came too late for their answers. Of each namespace one such record is on its
 * way at a time: what comes meanwhile shares the next ones.
 */
export class LateRefusals {
  readonly #append: (entry: RefusedLateEntry, share: Share) => Promise<Receipt>;
  /** How often each record id waits to be named. */
  readonly #waiting = new Map<Share, Map<string, number>>();
  readonly #writing = new Set<Share>();

  constructor(append: (entry: RefusedLateEntry, share: Share) => Promise<Receipt>) {
    this.#append = append;
  }

  add(share: Share, recordId: string): void {
    const waiting = this.#waiting.get(share) ?? new Map<string, number>();
    waiting.set(recordId, (waiting.get(recordId) ?? 0) + 1);
    this.#waiting.set(share, waiting);
    void this.#write(share);
  }

  /** What waits, as records. */
  takeAll(): readonly RefusedLateEntry[] {
    const entries: RefusedLateEntry[] = [];
    for (const share of [...this.#waiting.keys()])
      for (let entry = this.#take(share); entry !== undefined; entry = this.#take(share)) entries.push(entry);
    return entries;
  }

  async #write(share: Share): Promise<void> {
    if (this.#writing.has(share)) return;
    this.#writing.add(share);
    for (let entry = this.#take(share); entry !== undefined; entry = this.#take(share))
      await this.#append(entry, share);
    this.#writing.delete(share);
  }

  #take(share: Share): RefusedLateEntry | undefined {
    const waiting = this.#waiting.get(share);
    if (waiting === undefined) return undefined;
    const uses: { readonly recordId: string; readonly count: number }[] = [];
    let sum = 0;
    for (const [recordId, count] of waiting) {
      if (uses.length === namedAtOnce) break;
      uses.push({ recordId, count });
      waiting.delete(recordId);
      sum += count;
    }
    if (waiting.size === 0) this.#waiting.delete(share);
    const { namespace, isAuthenticated } = share;
    const refusedLate = { namespace, ...(isAuthenticated ? {} : { unauthenticated: true as const }), count: sum, uses };
    return { recordType: 'refused-late', refusedLate };
  }
}
