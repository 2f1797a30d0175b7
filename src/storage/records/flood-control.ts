import type { AdmissionEntry } from '../../core/audit/admission-entry.js';
import { Dedup, dedupKeyOf } from '../../core/audit/dedup.js';
import { RateLimit } from '../../core/audit/rate-limit.js';
import type { AuditEntry } from '../../core/audit/record.js';
import type { Clock } from '../../system/clock.js';
import { type Indexed, SwapRemoveList } from '../../system/swap-remove-list.js';
import type { AuditLogOptions } from './audit-log-options.js';
import type { Receipt } from './receipt.js';
import type { RecordStore } from './record-store.js';

interface FirstRecord extends Indexed {
  readonly recordId: string;
  readonly receipt: Promise<Receipt>;
}

/** What a flood of admissions asks of the store behind it. */
type FloodedStore = Pick<RecordStore, 'append' | 'health' | 'newRecordId' | 'refuse'>;

/** Keeps a flood of admissions from the disk: one record stands for its repeats, and each namespace has its share of records. */
export class FloodControl {
  readonly #store: FloodedStore;
  readonly #clock: Clock;
  readonly #hooks: AuditLogOptions['hooks'];
  readonly #dedup: Dedup;
  readonly #rateLimit: RateLimit;
  /** First records of dedup windows that are not on disk yet. */
  readonly #firsts = new SwapRemoveList<FirstRecord>();
  /** Over-quota records that are not on disk yet, by namespace. */
  readonly #overQuota = new Map<string, Promise<Receipt>>();

  constructor(
    store: FloodedStore,
    clock: Clock,
    { dedupSeconds = 60, rateLimit, hooks }: Pick<AuditLogOptions, 'dedupSeconds' | 'rateLimit' | 'hooks'>,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#hooks = hooks;
    this.#dedup = new Dedup({ window: dedupSeconds * 1_000_000, limit: 10_000 });
    this.#rateLimit = new RateLimit({ burst: 50_000, perSecond: 5, ...rateLimit, window: 60_000_000 });
  }

  /** Resolves once the record that stands for the admission is synced, or with the reason why it could not be. */
  async append(entry: AdmissionEntry): Promise<Receipt> {
    const now = this.#clock.microseconds();
    const key = dedupKeyOf(entry);
    const standing = key === undefined ? undefined : this.#dedup.repeat(key, now);
    if (standing !== undefined) return this.#repeat(entry, standing);
    const { problem } = this.#store.health;
    if (problem !== undefined) return this.#store.refuse(entry, problem);
    const namespace = entry.request.namespace ?? '';
    const share = this.#rateLimit.take(namespace, now);
    if (share !== 'within') return this.#count(entry, namespace, share, now);
    const recordId = this.#store.newRecordId(now);
    const receipt = this.#store.append(entry, recordId);
    if (key !== undefined) {
      for (const count of this.#dedup.open(key, entry, recordId, now)) void this.#store.append(count);
      const first = { recordId, receipt, slot: -1 };
      this.#firsts.add(first);
      void receipt.then(({ recorded }) => {
        this.#firsts.remove(first);
        if (!recorded) this.#dedup.forget(key, recordId);
      });
    }
    return receipt;
  }

  /** The counts of what is over. */
  due(now: number): readonly AuditEntry[] {
    return [...this.#dedup.due(now), ...this.#rateLimit.due(now)];
  }

  closeAll(): readonly AuditEntry[] {
    return [...this.#dedup.closeAll(), ...this.#rateLimit.closeAll()];
  }

  async #repeat(entry: AdmissionEntry, recordId: string): Promise<Receipt> {
    this.#hooks?.folded?.(1);
    const first = await this.#firsts.find((one) => one.recordId === recordId)?.receipt;
    if (first?.recorded === false) return this.#store.refuse(entry, first.problem);
    return { recorded: true, recordId, as: 'folded' };
  }

  async #count(entry: AdmissionEntry, namespace: string, share: 'reached' | 'over', now: number): Promise<Receipt> {
    this.#hooks?.overQuota?.(1);
    if (share === 'reached') {
      const reached = this.#store.append(this.#rateLimit.reached(namespace, now));
      this.#overQuota.set(namespace, reached);
      void reached.then(({ recorded }) => {
        this.#overQuota.delete(namespace);
        if (!recorded) this.#rateLimit.forget(namespace);
      });
    }
    const reached = await this.#overQuota.get(namespace);
    if (reached?.recorded === false) return this.#store.refuse(entry, reached.problem);
    return {
      recorded: true,
      ...(reached?.recordId === undefined ? {} : { recordId: reached.recordId }),
      as: 'counted',
    };
  }
}
