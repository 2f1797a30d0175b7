import { hostname } from 'node:os';
import { type AdmissionEntry, isAdmissionEntry } from '../../core/audit/admission-entry.js';
import type { ClientCertificateMode, Durability } from '../../core/audit/log-entries.js';
import type { AuditEntry } from '../../core/audit/record.js';
import type { Problem } from '../../core/problem/problem.js';
import { type Clock, systemClock } from '../../system/clock.js';
import type { AuditLogOptions } from './audit-log-options.js';
import { endedInstancesIn, unlisted } from './crash-recovery.js';
import { FloodControl } from './flood-control.js';
import type { Receipt } from './receipt.js';
import { RecordStore } from './record-store.js';

const tickMilliseconds = 1_000;

interface AuditStatus {
  readonly state: 'ok' | 'degraded';
  readonly problem?: Problem;
  readonly instance: string;
  readonly lastSeq: number;
  readonly lastHash: string;
  /** Records that could not be written since the start. */
  readonly unrecorded: number;
  readonly durability: Durability;
  readonly publicKey: string;
}

/**
 * The audit records of one process on disk. What `append` says is recorded has been synced; many records share one sync. Each
 * start writes to a folder of its own (`<folder>/<instance>/000001.jsonl`), so that processes never share a file or a chain.
 */
export class AuditLog {
  readonly #folder: string;
  readonly #durability: Durability;
  readonly #clientCertificates: ClientCertificateMode | undefined;
  readonly #clock: Clock;
  readonly #store: RecordStore;
  readonly #flood: FloodControl;
  #started = false;
  #retrying: Promise<void> | undefined;
  #stopTicking: () => void = () => undefined;

  private constructor(folder: string, options: AuditLogOptions) {
    this.#folder = folder;
    this.#durability = options.durability ?? 'disk';
    this.#clientCertificates = options.clientCertificates;
    this.#clock = options.clock ?? systemClock();
    this.#store = new RecordStore(folder, options, this.#clock);
    this.#flood = new FloodControl(this.#store, this.#clock, options);
  }

  /** Begins a chain. Trouble with the disk is no error: the log starts degraded, and tries again every few seconds. */
  static async open(folder: string, options: AuditLogOptions): Promise<AuditLog> {
    const log = new AuditLog(folder, options);
    await log.#open();
    log.#stopTicking = log.#clock.every(tickMilliseconds, () => log.#tick());
    return log;
  }

  status(): AuditStatus {
    const { instance, chain, health } = this.#store;
    const { problem, unrecorded } = health;
    return {
      state: problem === undefined ? 'ok' : 'degraded',
      ...(problem === undefined ? {} : { problem }),
      instance,
      lastSeq: chain.end.seq,
      lastHash: chain.end.hash,
      unrecorded,
      durability: this.#durability,
      publicKey: chain.publicKey,
    };
  }

  /** Called when the state changes between `ok` and `degraded`. Returns the call that ends it. */
  onStatus(listener: (status: AuditStatus) => void): () => void {
    return this.#store.health.onChange(() => listener(this.status()));
  }

  /** Resolves once the records are synced, or with the reason why they could not be. Never rejects. */
  async append(entries: readonly AuditEntry[]): Promise<Receipt> {
    const [only] = entries;
    if (only !== undefined && entries.length === 1) return this.#append(only);
    const receipts = await Promise.all(entries.map((entry) => this.#append(entry)));
    return receipts.find((receipt) => !receipt.recorded) ?? receipts[0] ?? { recorded: true, as: 'nothing' };
  }

  /** A use of an exemption that `append` said is on record was refused all the same: its caller could not wait for that. */
  refusedLate(entry: AdmissionEntry, recordId: string): void {
    this.#flood.refusedLate(entry, recordId);
  }

  #append(entry: AuditEntry): Promise<Receipt> {
    return isAdmissionEntry(entry) ? this.#flood.append(entry) : this.#store.append(entry);
  }

  /**
   * Writes the counts that are open, the stop record and a signed checkpoint over it. Later records are refused. What cannot be written goes
   * to the stream, also where the disk does not come back.
   */
  async close(reason: string): Promise<void> {
    if (this.#store.closed) return;
    this.#stopTicking();
    await new Promise<void>((resolve) => {
      const stopLooking = this.#clock.every(tickMilliseconds, () => {
        if (!this.#store.isStuck(this.#clock.elapsed())) return;
        stopLooking();
        this.#store.abandon(this.#store.closed ? [] : this.#last(reason));
        resolve();
      });
      void this.#closeInOrder(reason).then(() => {
        stopLooking();
        resolve();
      });
    });
  }

  async #closeInOrder(reason: string): Promise<void> {
    await this.#retrying;
    // The last chance for what is held.
    if (this.#store.canRetry) await this.#retry();
    await this.#flood.settled();
    // It was given up meanwhile.
    if (this.#store.closed) return;
    await this.#store.close(() => this.#last(reason));
  }

  #last(reason: string): readonly AuditEntry[] {
    return [...this.#flood.closeAll(), { recordType: 'stop', stop: { reason } }];
  }

  /** Makes the store ready, the first time with the records of a start. Returns whether it is. */
  async #open(): Promise<boolean> {
    if (!(await this.#store.prepare())) return false;
    if (this.#started) return true;
    this.#started = true;
    const { instance, chain } = this.#store;
    const clientCertificates = this.#clientCertificates;
    const start = this.#store.append({
      recordType: 'start',
      start: {
        publicKey: chain.publicKey,
        durability: this.#durability,
        pid: process.pid,
        host: hostname(),
        ...(clientCertificates === undefined ? {} : { clientCertificates }),
      },
    });
    // What cannot be closed off (a folder that is only readable) is tried again by the next start.
    const endedInstances = await endedInstancesIn(this.#folder, instance).catch((error) => [unlisted(error)]);
    const ended = endedInstances.map(async ({ entry, settle }) => {
      const receipt = await this.#store.append(entry);
      if (receipt.recorded) await settle().catch(() => undefined);
    });
    await Promise.all([start, ...ended]);
    return true;
  }

  #tick(): void {
    const now = this.#clock.elapsed();
    for (const entry of this.#flood.due(now)) void this.#store.append(entry);
    this.#store.lookAfter(now);
    if (this.#retrying === undefined && this.#store.takeRetry(now))
      this.#retrying = this.#retry().finally(() => {
        this.#retrying = undefined;
      });
  }

  async #retry(): Promise<void> {
    if (await this.#open()) await this.#store.recover();
  }
}
