import type { AdmissionEntry } from './admission-entry.js';
import type { OverQuotaEntry } from './log-entries.js';
import { recordBytesLimit } from './record.js';
import { formatMicroseconds } from './record-time.js';

/** Bytes of the record store; both infinite where nobody knows. */
export interface StoreRoom {
  readonly total: number;
  readonly left: number;
}

interface RateLimitOptions {
  /** Records a namespace may leave at once. */
  readonly burst: number;
  /** Records a second that come back to it. */
  readonly perSecond: number;
  readonly room: () => StoreRoom;
  /** Microseconds between the counts of a namespace that is past its share. */
  readonly window: number;
  /** Namespaces told apart at a time. */
  readonly limit: number;
}

/** A namespace's share at once is a sixteenth of the store, or what is little on any disk; it comes back within a day. */
const shareOfStore = 1 / 16;
const leastShare = 256 * 1024;
const shareSeconds = 86_400;
/**
 * The last quarter of the store belongs to namespaces that have written little since the start: a 64th of what is left, or two records. Where
 * there are callers that authenticate it is theirs alone: others make up as many namespaces as it takes.
 */
const lastPart = 1 / 4;
const shareOfRest = 1 / 64;
const leastOfRest = 2 * recordBytesLimit;
/** Of a share this much is kept for uses of exemptions, which are refused without a record; denials are denials all the same. */
const keptForExemptions = 1 / 8;
/** A namespace that has been quiet for so long, and has little on disk, gives way to a new one. */
const quietMicroseconds = 3_600_000_000;
/** Longest name that a namespace can have (RFC 1123 label). */
const longestName = 63;

/** What one namespace has taken of the store. */
export interface Share {
  readonly namespace: string;
  readonly isAuthenticated: boolean;
  /** Records and bytes written, less what came back since. */
  records: number;
  bytes: number;
  /** Bytes since the start. */
  written: number;
  /** When they were counted. */
  at: number;
  /** What was taken for records on their way, that may have taken more than it has to. */
  readonly loose: Set<Claim>;
  over?: OverQuota | undefined;
}

/** What came while a namespace was past its share. */
interface OverQuota {
  /** By the clock that only goes forward; `first` and `last` are what the wall clock said. */
  readonly opened: number;
  /** Whether the record that says so is on its way. */
  isBeingSaid: boolean;
  answered: number;
  refused: number;
  first: number;
  last: number;
}

/** What is asked of a share. */
export interface Claim {
  /** Most bytes that the record, and what may follow it, can have; once they are taken, what was taken. */
  bytes: number;
  /** A closer bound, which takes longer to get: asked for once, where a share has no room without it, until the claim is settled. */
  readonly closer?: () => number;
  /** Whether it may use what is kept for uses of exemptions. */
  readonly isExemption: boolean;
}

/** Time as it passes, whatever is done to the clock, and what the clock says; microseconds both. */
export interface Moment {
  readonly now: number;
  readonly wall: number;
}

/** Shares that are told apart, and the one of all others. */
class Shares {
  readonly others: Share;
  readonly #isAuthenticated: boolean;
  readonly #shares = new Map<string, Share>();
  /** The same in a ring, with the place that is looked at next for one to forget. */
  readonly #ring: Share[] = [];
  #hand = 0;

  constructor(isAuthenticated: boolean) {
    this.#isAuthenticated = isAuthenticated;
    this.others = newShare('*', isAuthenticated, 0);
  }

  /** Whether nobody was ever told apart. */
  get isEmpty(): boolean {
    return this.#ring.length === 0;
  }

  of(namespace: string, now: number, limit: number, mayForget: (share: Share) => boolean): Share {
    const known = this.#shares.get(namespace);
    if (known !== undefined) return known;
    const share = newShare(namespace, this.#isAuthenticated, now);
    if (this.#ring.length < limit) this.#ring.push(share);
    else {
      const place = this.#hand;
      this.#hand = (place + 1) % this.#ring.length;
      const quiet = this.#ring[place];
      if (quiet === undefined || !mayForget(quiet)) return this.others;
      this.#shares.delete(quiet.namespace);
      this.#ring[place] = share;
    }
    this.#shares.set(namespace, share);
    return share;
  }
}

/**
 * Each namespace's share of the record store, in records and bytes (token buckets), so that none can fill it for the others. `now` are
 * microseconds of a clock that only goes forward. Every call takes the same short time; `due` as long as there are namespaces past their share.
 */
export class RateLimit {
  readonly #options: RateLimitOptions;
  /** Strangers make up as many namespaces as they like: those take no room of callers that authenticated. */
  readonly #authenticated = new Shares(true);
  readonly #strangers = new Shares(false);
  readonly #over = new Set<Share>();

  constructor(options: RateLimitOptions) {
    this.#options = options;
  }

  /** The share that an admission counts on. Whoever did not authenticate counts on another one than whoever did. */
  of(entry: AdmissionEntry, now: number): Share {
    const namespace = entry.request.namespace ?? '';
    const shares = entry.caller.authenticated ? this.#authenticated : this.#strangers;
    if (namespace.length > longestName) return shares.others;
    return shares.of(namespace, now, this.#options.limit, (share) => this.#mayForget(share, now));
  }

  /** Takes a record out of a share; returns whether there was enough in it. While it is said to be used up only uses of exemptions get more. */
  take(share: Share, claim: Claim, now: number): boolean {
    this.#comeBack(share, now);
    if (!claim.isExemption && share.over !== undefined && this.#lasts(share.over, now)) return false;
    if (this.#fits(share, claim)) {
      if (claim.closer !== undefined) share.loose.add(claim);
    } else if (!this.#fitsCloser(share, claim)) return false;
    this.charge(share, 1, claim.bytes);
    return true;
  }

  /** What was taken for is on disk with so many bytes, or undefined: it never will be. */
  settle(share: Share, claim: Claim, bytes: number | undefined): void {
    share.loose.delete(claim);
    this.charge(share, bytes === undefined ? -1 : 0, (bytes ?? 0) - claim.bytes);
  }

  /** Counts more, or with less than nothing gives back. */
  charge(share: Share, records: number, bytes: number): void {
    share.records = Math.max(0, share.records + records);
    share.bytes = Math.max(0, share.bytes + bytes);
    share.written = Math.max(0, share.written + bytes);
  }

  /**
   * Counts what had no place in a share. Where nothing says yet that it is used up, `reached` does, this one included: it is to be written, and
   * `said` to be called then. `ended` is the count of a window that was over.
   */
  count(
    share: Share,
    what: 'answered' | 'refused',
    times: number,
    { now, wall }: Moment,
  ): { readonly reached?: OverQuotaEntry; readonly ended: readonly OverQuotaEntry[] } {
    const { over } = share;
    if (over !== undefined && this.#lasts(over, now)) {
      if (over.answered + over.refused === 0) over.first = wall;
      over[what] += times;
      over.last = wall;
      return { ended: [] };
    }
    const ended = this.#close(share);
    share.over = { opened: now, isBeingSaid: true, answered: 0, refused: 0, first: wall, last: wall };
    this.#over.add(share);
    const counted = { answered: 0, refused: 0, first: wall, last: wall, [what]: times };
    return { reached: overQuotaEntry(share, 'reached', counted), ended };
  }

  /** The `reached` record is on disk, or never will be: then the next one says it again. */
  said(share: Share, isOnDisk: boolean): void {
    if (share.over === undefined) return;
    share.over.isBeingSaid = false;
    if (!isOnDisk) this.#end(share);
  }

  /** Counts of the windows that are over. */
  due(now: number): readonly OverQuotaEntry[] {
    return [...this.#over].flatMap((share) =>
      share.over !== undefined && this.#lasts(share.over, now) ? [] : this.#close(share),
    );
  }

  closeAll(): readonly OverQuotaEntry[] {
    return [...this.#over].flatMap((share) => this.#close(share));
  }

  #lasts({ isBeingSaid, opened }: OverQuota, now: number): boolean {
    return isBeingSaid || now < opened + this.#options.window;
  }

  #close(share: Share): readonly OverQuotaEntry[] {
    const over = this.#end(share);
    return over === undefined || over.answered + over.refused === 0 ? [] : [overQuotaEntry(share, 'count', over)];
  }

  #end(share: Share): OverQuota | undefined {
    const { over } = share;
    share.over = undefined;
    this.#over.delete(share);
    return over;
  }

  #fits({ isAuthenticated, records, bytes, written }: Share, { bytes: more, isExemption }: Claim): boolean {
    const { total, left } = this.#options.room();
    const { burst } = this.#options;
    const part = isExemption ? 1 : 1 - keptForExemptions;
    if (records + 1 > burst - (isExemption ? 0 : Math.floor(burst * keptForExemptions))) return false;
    if (bytes + more > atOnce(total) * part) return false;
    if (left >= total * lastPart) return true;
    return (
      (isAuthenticated || this.#authenticated.isEmpty) &&
      written + more <= Math.max(leastOfRest, left * shareOfRest) * part
    );
  }

  /** Whether it fits once nothing takes more than it has to: a record has a tenth of what it may have, as a rule. */
  #fitsCloser(share: Share, claim: Claim): boolean {
    for (const other of share.loose) this.charge(share, 0, closeIn(other));
    share.loose.clear();
    closeIn(claim);
    return this.#fits(share, claim);
  }

  #comeBack(share: Share, now: number): void {
    const { records, bytes } = this.#cameBack(share, now);
    share.records = Math.max(0, share.records - records);
    share.bytes = Math.max(0, share.bytes - bytes);
    share.at = now;
  }

  #cameBack({ at }: Share, now: number): { readonly records: number; readonly bytes: number } {
    const seconds = Math.max(0, now - at) / 1_000_000;
    const share = atOnce(this.#options.room().total);
    return {
      records: seconds * this.#options.perSecond,
      bytes: Number.isFinite(share) ? (seconds * share) / shareSeconds : share,
    };
  }

  #mayForget(share: Share, now: number): boolean {
    if (share.over !== undefined || share.written > leastOfRest || now - share.at < quietMicroseconds) return false;
    const { records, bytes } = this.#cameBack(share, now);
    return share.records <= records && share.bytes <= bytes;
  }
}

function atOnce(total: number): number {
  return Math.max(leastShare, total * shareOfStore);
}

/** Returns by how many bytes the claim grew: less than nothing, as a rule. */
function closeIn(claim: Claim): number {
  const before = claim.bytes;
  if (claim.closer !== undefined) claim.bytes = Math.min(before, claim.closer());
  return claim.bytes - before;
}

function newShare(namespace: string, isAuthenticated: boolean, at: number): Share {
  return { namespace, isAuthenticated, records: 0, bytes: 0, written: 0, at, loose: new Set() };
}

function overQuotaEntry(
  { namespace, isAuthenticated }: Share,
  state: OverQuotaEntry['overQuota']['state'],
  { answered, refused, first, last }: Omit<OverQuota, 'opened' | 'isBeingSaid'>,
): OverQuotaEntry {
  return {
    recordType: 'over-quota',
    overQuota: {
      namespace,
      ...(isAuthenticated ? {} : { unauthenticated: true }),
      state,
      count: answered,
      ...(refused === 0 ? {} : { refused }),
      firstTime: formatMicroseconds(first),
      lastTime: formatMicroseconds(last),
    },
  };
}
