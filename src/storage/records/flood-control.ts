import type { AdmissionEntry } from '../../core/audit/admission-entry.js';
import { countedRecord, Dedup, Repeats, type Window } from '../../core/audit/dedup.js';
import { dedupKeyOf } from '../../core/audit/dedup-key.js';
import { jsonBytes, mostJsonBytes } from '../../core/audit/entries/within-limit.js';
import { type Claim, type Moment, RateLimit, type Share } from '../../core/audit/rate-limit.js';
import type { AuditEntry } from '../../core/audit/record.js';
import { recordBytesLimit } from '../../core/audit/record.js';
import type { Problem } from '../../core/problem/problem.js';
import type { Clock } from '../../system/clock.js';
import type { AuditLogOptions } from './audit-log-options.js';
import { LateRefusals } from './late-refusals.js';
import type { Receipt } from './receipt.js';
import type { RecordStore } from './record-store.js';
import { recordLateCode, shareUsedUp, shareUsedUpCode } from './store-problem.js';

/** Admissions that a record stands for, and the share that it was taken from. */
interface Standing {
  readonly share: Share;
  /** Bytes taken for the count, should there be one. */
  readonly forCount: number;
  /** Until the first record is on disk, or lost. */
  first: Promise<Receipt> | undefined;
  /** The last of the counts of uses, which are written one after another. */
  lastUses: Promise<Receipt> | undefined;
  /** Uses that wait for it. */
  nextUses: { readonly repeats: Repeats; readonly receipt: Promise<Receipt> } | undefined;
}

/** What a flood of admissions asks of the store behind it. */
type FloodedStore = Pick<
  RecordStore,
  'append' | 'countWaiting' | 'health' | 'idle' | 'newRecordId' | 'refuse' | 'room' | 'sealBytes'
>;

/** Of the count of a record: its keys, number and times, and the id and type of the record. */
const countBytes = 320;
/** What a repeat holds of memory while it waits, roughly. */
const waitingBytes = 2_048;

/**
 * Keeps a flood of admissions from the disk: one record stands for its repeats, and each namespace has its share of the store. What is
 * appended is a record, counted in a record, or refused.
 */
export class FloodControl {
  readonly #store: FloodedStore;
  readonly #clock: Clock;
  readonly #hooks: AuditLogOptions['hooks'];
  readonly #windows: Dedup<Standing>;
  /** Of callers that did not authenticate: what they make up closes no window of others early. */
  readonly #strangersWindows: Dedup<Standing>;
  readonly #rateLimit: RateLimit;
  /** Over-quota records that are not on disk yet. */
  readonly #reached = new Map<Share, Promise<Receipt>>();
  readonly #late: LateRefusals;

  constructor(
    store: FloodedStore,
    clock: Clock,
    { dedupSeconds = 60, rateLimit, hooks }: Pick<AuditLogOptions, 'dedupSeconds' | 'rateLimit' | 'hooks'>,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#hooks = hooks;
    const windows = { window: dedupSeconds * 1_000_000, limit: 10_000 };
    this.#windows = new Dedup(windows);
    this.#strangersWindows = new Dedup(windows);
    this.#rateLimit = new RateLimit({
      burst: 50_000,
      perSecond: 5,
      ...rateLimit,
      room: () => store.room(),
      window: 60_000_000,
      limit: 10_000,
    });
    this.#late = new LateRefusals((entry, share) => this.#writeLate(entry, share));
  }

  /** Resolves once a record that tells or counts the admission is synced, or with the reason why there is none. */
  append(entry: AdmissionEntry): Promise<Receipt> {
    const moment = this.#moment();
    const { now, wall } = moment;
    const key = dedupKeyOf(entry);
    const isExemption = entry.recordType === 'exemption';
    const dedup = this.#windowsOf(entry.caller.authenticated);
    const window = dedup.find(key, now);
    if (window !== undefined) return isExemption ? this.#use(window, entry, wall) : this.#repeat(window, entry, wall);
    const { problem } = this.#store.health;
    if (problem !== undefined) return Promise.resolve(this.#refuse(entry, problem));
    const recordId = this.#store.newRecordId(wall);
    const of = countedRecord(entry, recordId);
    // Uses of exemptions take their counts out of the share as they come.
    const forCount = isExemption ? 0 : this.#store.sealBytes + mostCountBytes(of);
    const claim: Claim = {
      bytes: recordBytesLimit + forCount,
      closer: () => Math.min(recordBytesLimit, this.#bytesOf(entry)) + forCount,
      isExemption,
    };
    const share = this.#rateLimit.of(entry, now);
    if (!this.#rateLimit.take(share, claim, now))
      return isExemption ? Promise.resolve(this.#refuseUses(share, 1, moment)) : this.#count(share, entry, moment);
    const receipt = this.#store.append(entry, recordId);
    const standing = { share, forCount, first: receipt, lastUses: undefined, nextUses: undefined };
    const { window: opened, closed } = dedup.open(key, of, standing, now);
    for (const one of closed) this.#writeCount(one);
    void receipt.then((got) => this.#onFirst(opened, got, claim));
    return receipt;
  }

  /** A use of an exemption that `append` said is on record was refused all the same: its caller could not wait for that. */
  refusedLate(entry: AdmissionEntry, recordId: string): void {
    this.#hooks?.refused?.(recordLateCode, 1);
    this.#late.add(this.#rateLimit.of(entry, this.#clock.elapsed()), recordId);
  }

  /** The counts of what is over at a moment of `elapsed`. */
  due(now: number): readonly AuditEntry[] {
    const over = [...this.#windows.due(now), ...this.#strangersWindows.due(now)];
    return [...over.flatMap((window) => this.#countOf(window)), ...this.#rateLimit.due(now)];
  }

  /** Resolves when what was appended before is answered. */
  async settled(): Promise<void> {
    // A first record, the uses that wait for it, and those that wait for these.
    for (let round = 0; round < 4; round += 1) await this.#store.idle();
  }

  /** The counts of what is open. */
  closeAll(): readonly AuditEntry[] {
    const open = [...this.#windows.closeAll(), ...this.#strangersWindows.closeAll()];
    const counts = open.flatMap((window) => this.#countOf(window));
    return [...counts, ...this.#late.takeAll(), ...this.#rateLimit.closeAll()];
  }

  /** `claim`: what was taken for the record and its count. */
  #onFirst(window: Window<Standing>, receipt: Receipt, claim: Claim): void {
    const { owned } = window;
    owned.first = undefined;
    if (receipt.recorded) {
      this.#rateLimit.settle(owned.share, claim, (receipt.bytes ?? recordBytesLimit) + owned.forCount);
      if (!window.isOpen) this.#writeCount(window);
    } else {
      this.#windowsOf(owned.share.isAuthenticated).close(window);
      this.#rateLimit.settle(owned.share, claim, undefined);
    }
  }

  async #repeat(window: Window<Standing>, entry: AdmissionEntry, wall: number): Promise<Receipt> {
    const { first: onItsWay } = window.owned;
    if (onItsWay !== undefined && this.#store.health.problem !== undefined)
      return this.#refuse(entry, this.#store.health.problem);
    window.repeats.add(wall);
    const first = onItsWay === undefined ? undefined : await this.#waitFor(onItsWay);
    if (first?.recorded === false) return this.#refuse(entry, first.problem);
    this.#hooks?.folded?.(1);
    return { recorded: true, recordId: window.of.recordId, as: 'folded' };
  }

  #writeCount(window: Window<Standing>): void {
    for (const count of this.#countOf(window)) void this.#store.append(count);
  }

  /** The count of a window that is closed. While its first record is on its way it is not known whether there is anything to count. */
  #countOf(window: Window<Standing>): readonly AuditEntry[] {
    const { repeats, owned } = window;
    if (owned.first !== undefined) return [];
    const count = repeats.count === 0 ? [] : [repeats.entryOf(window)];
    const bytes = count.reduce((sum, entry) => sum + this.#bytesOf(entry), 0);
    this.#rateLimit.charge(owned.share, 0, bytes - owned.forCount);
    return count;
  }

  /** A use is counted on disk before it is answered: with all others that come while the count before is on its way. */
  async #use(window: Window<Standing>, entry: AdmissionEntry, wall: number): Promise<Receipt> {
    const { problem } = this.#store.health;
    if (problem !== undefined) return this.#refuse(entry, problem);
    window.owned.nextUses ??= this.#nextUses(window);
    const { repeats, receipt } = window.owned.nextUses;
    repeats.add(wall);
    const counted = await this.#waitFor(receipt);
    if (counted.recorded) {
      this.#hooks?.folded?.(1);
      return { recorded: true, recordId: window.of.recordId, as: 'folded' };
    }
    return counted.problem.code === shareUsedUpCode ? counted : this.#refuse(entry, counted.problem);
  }

  #nextUses(window: Window<Standing>): NonNullable<Standing['nextUses']> {
    const { owned } = window;
    const repeats = new Repeats();
    const write = (): Receipt | Promise<Receipt> => {
      owned.nextUses = undefined;
      return this.#writeUses(window, repeats);
    };
    const lost = (first: Receipt): Receipt => {
      owned.nextUses = undefined;
      return first;
    };
    const receipt =
      owned.lastUses?.then(write) ??
      owned.first?.then((first) => (first.recorded ? write() : lost(first))) ??
      Promise.resolve().then(write);
    owned.lastUses = receipt;
    return { repeats, receipt };
  }

  async #writeUses(window: Window<Standing>, repeats: Repeats): Promise<Receipt> {
    const { share } = window.owned;
    const moment = this.#moment();
    const entry = repeats.entryOf(window);
    const claim: Claim = { bytes: this.#bytesOf(entry), isExemption: true };
    if (!this.#rateLimit.take(share, claim, moment.now)) return this.#refuseUses(share, repeats.count, moment);
    const receipt = await this.#store.append(entry);
    if (!receipt.recorded) this.#rateLimit.settle(share, claim, undefined);
    return receipt;
  }

  #refuseUses(share: Share, uses: number, moment: Moment): Receipt {
    this.#say(share, 'refused', uses, moment);
    this.#hooks?.refused?.(shareUsedUpCode, uses);
    return { recorded: false, problem: shareUsedUp(share.namespace) };
  }

  async #count(share: Share, entry: AdmissionEntry, moment: Moment): Promise<Receipt> {
    this.#say(share, 'answered', 1, moment);
    const onItsWay = this.#reached.get(share);
    const reached = onItsWay === undefined ? undefined : await this.#waitFor(onItsWay);
    if (reached?.recorded === false) return this.#refuse(entry, reached.problem);
    this.#hooks?.overQuota?.(1);
    return {
      recorded: true,
      ...(reached?.recordId === undefined ? {} : { recordId: reached.recordId }),
      as: 'counted',
    };
  }

  #say(share: Share, what: 'answered' | 'refused', times: number, moment: Moment): void {
    const { reached, ended } = this.#rateLimit.count(share, what, times, moment);
    for (const count of ended) void this.#store.append(count);
    if (reached === undefined) return;
    const receipt = this.#store.append(reached);
    this.#reached.set(share, receipt);
    void receipt.then(({ recorded }) => {
      this.#reached.delete(share);
      this.#rateLimit.said(share, recorded);
    });
  }

  async #waitFor(receipt: Promise<Receipt>): Promise<Receipt> {
    this.#store.countWaiting(waitingBytes);
    const got = await receipt;
    this.#store.countWaiting(-waitingBytes);
    return got;
  }

  async #writeLate(entry: AuditEntry, share: Share): Promise<Receipt> {
    this.#rateLimit.charge(share, 1, this.#bytesOf(entry));
    return this.#store.append(entry);
  }

  #refuse(entry: AdmissionEntry, problem: Problem): Receipt {
    if (entry.recordType === 'exemption') this.#hooks?.refused?.(problem.code, 1);
    return this.#store.refuse(entry, problem);
  }

  #windowsOf(isAuthenticated: boolean): Dedup<Standing> {
    return isAuthenticated ? this.#windows : this.#strangersWindows;
  }

  #moment(): Moment {
    return { now: this.#clock.elapsed(), wall: this.#clock.microseconds() };
  }

  #bytesOf(entry: AuditEntry): number {
    return this.#store.sealBytes + jsonBytes(entry);
  }
}

/** What the count of a record may take as JSON, without its seal. */
function mostCountBytes({
  namespace,
  workload,
  container,
  findingCode,
  policy,
  exemption,
}: Window<unknown>['of']): number {
  return (
    countBytes +
    mostJsonBytes(namespace) +
    mostJsonBytes(workload) +
    mostJsonBytes(container) +
    mostJsonBytes(findingCode) +
    mostJsonBytes(policy) +
    mostJsonBytes(exemption)
  );
}
