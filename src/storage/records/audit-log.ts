import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { AdmissionEntry } from '../../core/audit/admission-entry.js';
import { checkpointOf, publicKeyText } from '../../core/audit/chain/checkpoint.js';
import { firstPrevHash, SealedLines } from '../../core/audit/chain/sealed-lines.js';
import { Dedup, dedupKeyOf } from '../../core/audit/dedup.js';
import type { CheckpointEntry, Durability, SegmentEntry, StoreEntry } from '../../core/audit/log-entries.js';
import { RateLimit } from '../../core/audit/rate-limit.js';
import type { AuditEntry, ClusterIdentity, RecordSource } from '../../core/audit/record.js';
import { recordIdOf } from '../../core/audit/record-id.js';
import { formatMicroseconds } from '../../core/audit/record-time.js';
import { canonicalJson } from '../../core/document/canonical-json.js';
import type { Problem } from '../../core/problem/problem.js';
import { type Clock, systemClock } from '../../system/clock.js';
import { type Indexed, SwapRemoveList } from '../../system/swap-remove-list.js';
import { crashedInstancesIn, reserveFile } from './crash-recovery.js';
import { ownerFile, takeInstance } from './instance-lock.js';
import { RandomPool } from './random-pool.js';
import { diskFolder, type RecordFile, type RecordFolder } from './record-folder.js';
import { instanceName, segmentName } from './segments.js';
import { folderFullCode, storeClosed, storeProblem } from './store-problem.js';

const tickMilliseconds = 1_000;
const retrySeconds = 5;
const batchLimit = 1_000;
const heldLimit = 1_000;

export interface AuditLogOptions {
  readonly source: Omit<RecordSource, 'instance'>;
  readonly cluster?: ClusterIdentity;
  /** What the folder survives; `disk` by default. */
  readonly durability?: Durability;
  /** Gets the lines of records, with their ends, once they are on disk and before anyone is answered: standard output. */
  readonly stream?: (lines: Buffer) => void;
  readonly hooks?: AuditLogHooks;
  /** Bytes after which the next file begins. Default 64 MiB. */
  readonly segmentBytes?: number;
  /** Bytes the whole folder may take; no limit of ours by default. */
  readonly maxBytes?: number;
  /** Bytes of disk kept back for the records that speak of trouble. Default 256 KiB. */
  readonly reserveBytes?: number;
  /** Seconds in which a record stands for its repeats. Default 60. */
  readonly foldSeconds?: number;
  /** Records of one namespace: at once, and how many a second come back. Default 50,000 and 5. */
  readonly quota?: { readonly burst: number; readonly perSecond: number };
  /** A signed checkpoint after so many records or seconds. Default 1,000 and 300. */
  readonly checkpoint?: { readonly records: number; readonly seconds: number };
  readonly clock?: Clock;
  readonly disk?: RecordFolder;
}

/** For metrics and for publishing checkpoints elsewhere; called synchronously. */
export interface AuditLogHooks {
  /** A batch is on disk; seconds from the start of the write to the end of the sync. */
  readonly written?: (records: number, seconds: number) => void;
  /** Records that could not be written. */
  readonly failed?: (code: string, records: number) => void;
  readonly folded?: (records: number) => void;
  readonly overQuota?: (records: number) => void;
  readonly checkpoint?: (checkpoint: CheckpointEntry['checkpoint'], instance: string) => void;
}

/** What became of a record. `folded`: an earlier record stands for it; `counted`: its namespace's over-quota record does. */
export type Receipt =
  | { readonly recorded: true; readonly recordId?: string; readonly as: 'record' | 'folded' | 'counted' | 'nothing' }
  | { readonly recorded: false; readonly recordId?: string; readonly problem: Problem };

export interface AuditStatus {
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

interface Waiting {
  readonly entry: AuditEntry;
  readonly recordId: string;
  readonly time: string;
  /** May use the disk that is kept back, and is kept for later when it cannot be written. */
  readonly aboutTheLog: boolean;
  readonly settle: (receipt: Receipt) => void;
}

interface FirstRecord extends Indexed {
  readonly recordId: string;
  readonly receipt: Promise<Receipt>;
}

interface ChainEnd {
  readonly seq: number;
  readonly hash: string;
}

interface Segment {
  readonly number: number;
  readonly file: RecordFile;
  bytes: number;
}

/**
 * The audit records of one process on disk. What `append` says is recorded has been synced; many records share one sync. Each
 * start writes to a folder of its own (`<folder>/<instance>/000001.jsonl`), so that processes never share a file or a chain.
 */
export class AuditLog {
  readonly #folder: string;
  readonly #options: AuditLogOptions;
  readonly #source: RecordSource;
  readonly #clock: Clock;
  readonly #disk: RecordFolder;
  readonly #instance: string;
  readonly #key: { readonly privateKey: KeyObject; readonly publicKey: string };
  readonly #folding: Dedup;
  readonly #quota: RateLimit;
  readonly #listeners = new Set<(status: AuditStatus) => void>();
  /** First records of folding windows that are not on disk yet. */
  readonly #firsts = new SwapRemoveList<FirstRecord>();
  /** Over-quota records that are not on disk yet, by namespace. */
  readonly #overQuota = new Map<string, Promise<Receipt>>();
  readonly #random = new RandomPool();
  readonly #queue: Waiting[] = [];
  /** Records about the log itself that wait for the disk to come back. */
  readonly #held: Waiting[] = [];

  #chain: ChainEnd = { seq: 0, hash: firstPrevHash };
  #segment: Segment | undefined;
  #lastSegment: NonNullable<SegmentEntry['segment']['previous']> | undefined;
  #segments = 0;
  #usedBytes = 0;
  #signedSeq = 0;
  #signedAt: number;
  #checkpointDue = false;
  #opened = false;
  #problem: Problem | undefined;
  #retryAt = 0;
  #unrecorded = 0;
  #unrecordedSaid = 0;
  #draining: Promise<void> | undefined;
  #retrying: Promise<void> | undefined;
  /** The record that says the disk is failing, on its way. */
  #saying: Promise<unknown> | undefined;
  #closed = false;
  #stopTicking: () => void = () => undefined;

  private constructor(folder: string, options: AuditLogOptions) {
    this.#folder = folder;
    this.#options = options;
    this.#clock = options.clock ?? systemClock();
    this.#disk = options.disk ?? diskFolder;
    this.#instance = instanceName(this.#clock.microseconds() / 1000, randomBytes(4));
    // In the order of canonical JSON, as everything that each record has.
    this.#source = JSON.parse(canonicalJson({ ...options.source, instance: this.#instance })) as RecordSource;
    const { privateKey } = generateKeyPairSync('ed25519');
    this.#key = { privateKey, publicKey: publicKeyText(privateKey) };
    this.#folding = new Dedup({ window: (options.foldSeconds ?? 60) * 1_000_000, limit: 10_000 });
    this.#quota = new RateLimit({ burst: 50_000, perSecond: 5, ...options.quota, window: 60_000_000 });
    this.#signedAt = this.#clock.microseconds();
  }

  /** Begins a chain. Trouble with the disk is no error: the log starts degraded, and tries again every few seconds. */
  static async open(folder: string, options: AuditLogOptions): Promise<AuditLog> {
    const log = new AuditLog(folder, options);
    await log.#open();
    log.#stopTicking = log.#clock.every(tickMilliseconds, () => log.#tick());
    return log;
  }

  status(): AuditStatus {
    return {
      state: this.#problem === undefined ? 'ok' : 'degraded',
      ...(this.#problem === undefined ? {} : { problem: this.#problem }),
      instance: this.#instance,
      lastSeq: this.#chain.seq,
      lastHash: this.#chain.hash,
      unrecorded: this.#unrecorded,
      durability: this.#options.durability ?? 'disk',
      publicKey: this.#key.publicKey,
    };
  }

  /** Called when the state changes between `ok` and `degraded`. Returns the call that ends it. */
  onStatus(listener: (status: AuditStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves once the records are synced, or with the reason why they could not be. Never rejects. */
  async append(entries: readonly AuditEntry[]): Promise<Receipt> {
    const receipts = await Promise.all(entries.map((entry) => this.#appendOne(entry)));
    return receipts.find((receipt) => !receipt.recorded) ?? receipts[0] ?? { recorded: true, as: 'nothing' };
  }

  /** Writes the counts that are open, the stop record and a signed checkpoint over it. Later records are refused. */
  async close(reason: string): Promise<void> {
    if (this.#closed) return;
    this.#stopTicking();
    await this.#retrying;
    await this.#saying;
    const last = [
      ...this.#folding.closeAll(),
      ...this.#quota.closeAll(),
      { recordType: 'stop', stop: { reason } } as const,
    ].map((entry) => this.#enqueue(entry, 'about the log'));
    this.#closed = true;
    this.#checkpointDue = true;
    await Promise.all(last);
    await this.#drain();
    const segment = this.#segment;
    this.#segment = undefined;
    await segment?.file.close().catch(() => undefined);
    await this.#disk.remove(this.#path(reserveFile)).catch(() => undefined);
    await this.#disk.remove(this.#path(ownerFile)).catch(() => undefined);
  }

  async #open(): Promise<void> {
    try {
      await this.#disk.make(this.#path());
      await takeInstance(this.#path());
      this.#usedBytes = await this.#disk.size(this.#folder);
      await this.#disk.reserve(this.#path(reserveFile), this.#reserveBytes());
      this.#usedBytes += this.#reserveBytes();
    } catch (error) {
      this.#degrade(error);
      return;
    }
    this.#opened = true;
    const started = this.#enqueue(
      {
        recordType: 'start',
        start: {
          publicKey: this.#key.publicKey,
          durability: this.#options.durability ?? 'disk',
          pid: process.pid,
          host: hostname(),
        },
      },
      'about the log',
    );
    // What cannot be closed off (a folder that is only readable) is tried again by the next start.
    const predecessors = await crashedInstancesIn(this.#folder, this.#instance).catch(() => []);
    const ended = predecessors.map(async ({ entry, settle }) => {
      const receipt = await this.#enqueue(entry, 'about the log');
      if (receipt.recorded) await settle().catch(() => undefined);
    });
    await Promise.all([started, ...ended]);
  }

  async #appendOne(entry: AuditEntry): Promise<Receipt> {
    if (!isAdmission(entry)) return this.#enqueue(entry, 'about the log');
    const now = this.#clock.microseconds();
    const key = dedupKeyOf(entry);
    const standing = key === undefined ? undefined : this.#folding.repeat(key, now);
    if (standing !== undefined) {
      this.#options.hooks?.folded?.(1);
      const first = await this.#firsts.find(({ recordId }) => recordId === standing)?.receipt;
      if (first?.recorded === false) return this.#refuse(entry, first.problem);
      return { recorded: true, recordId: standing, as: 'folded' };
    }
    if (this.#problem !== undefined) return this.#refuse(entry, this.#problem);
    const namespace = entry.request.namespace ?? '';
    const share = this.#quota.take(namespace, now);
    if (share !== 'within') return this.#count(entry, namespace, share, now);
    const recordId = this.#newRecordId(now);
    const receipt = this.#enqueue(entry, 'an admission', recordId);
    if (key !== undefined) {
      for (const folded of this.#folding.open(key, entry, recordId, now)) void this.#enqueue(folded, 'about the log');
      const first = { recordId, receipt, slot: -1 };
      this.#firsts.add(first);
      void receipt.then(({ recorded }) => {
        this.#firsts.remove(first);
        if (!recorded) this.#folding.forget(key, recordId);
      });
    }
    return receipt;
  }

  async #count(entry: AdmissionEntry, namespace: string, share: 'reached' | 'over', now: number): Promise<Receipt> {
    this.#options.hooks?.overQuota?.(1);
    if (share === 'reached') {
      const said = this.#enqueue(this.#quota.reached(namespace, now), 'about the log');
      this.#overQuota.set(namespace, said);
      void said.then(({ recorded }) => {
        this.#overQuota.delete(namespace);
        if (!recorded) this.#quota.forget(namespace);
      });
    }
    const said = await this.#overQuota.get(namespace);
    if (said?.recorded === false) return this.#refuse(entry, said.problem);
    return { recorded: true, ...(said?.recordId === undefined ? {} : { recordId: said.recordId }), as: 'counted' };
  }

  #enqueue(
    entry: AuditEntry,
    about: 'about the log' | 'an admission',
    recordId = this.#newRecordId(this.#clock.microseconds()),
  ): Promise<Receipt> {
    if (this.#closed) return Promise.resolve(this.#refuse(entry, storeClosed));
    return new Promise((settle) => {
      this.#queue.push({
        entry,
        recordId,
        time: formatMicroseconds(this.#clock.microseconds()),
        aboutTheLog: about !== 'an admission',
        settle,
      });
      void this.#drain();
    });
  }

  #drain(): Promise<void> {
    this.#draining ??= this.#work();
    return this.#draining;
  }

  async #work(): Promise<void> {
    // Records of the same turn of the event loop go out with one sync.
    await new Promise<void>((resolve) => setImmediate(resolve));
    try {
      while (this.#queue.length > 0 || (this.#checkpointDue && this.#opened && this.#problem === undefined)) {
        const batch = this.#queue.splice(0, batchLimit).filter((waiting) => {
          if (this.#opened && (waiting.aboutTheLog || this.#problem === undefined)) return true;
          this.#fail(waiting, this.#problem ?? storeClosed);
          return false;
        });
        if (batch.length === 0 && this.#queue.length > 0) continue;
        if (batch.length === 0 && !this.#checkpointDue) return;
        try {
          await this.#write(batch);
        } catch (error) {
          await this.#abandonSegment();
          const problem = this.#degrade(error);
          for (const waiting of batch) this.#fail(waiting, problem);
        }
      }
    } finally {
      // In the same step as the last look at the queue: what is queued after it starts the work anew.
      this.#draining = undefined;
    }
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    const began = performance.now();
    const segment = await this.#roomySegment();
    let end = this.#chain;
    const lines = new SealedLines();
    const { cluster } = this.#options;
    const seal = (entry: AuditEntry, recordId: string, time: string): void => {
      const seq = end.seq + 1;
      const input = { recordId, seq, time, source: this.#source, prevHash: end.hash };
      end = { seq, hash: lines.add(entry, cluster === undefined ? input : { ...input, cluster }) };
    };
    const sealOwn = (entry: AuditEntry): void => {
      const now = this.#clock.microseconds();
      seal(entry, this.#newRecordId(now), formatMicroseconds(now));
    };
    if (segment.bytes === 0)
      sealOwn({
        recordType: 'segment',
        segment: { number: segment.number, previous: this.#lastSegment ?? null },
      });
    for (const { entry, recordId, time } of batch) seal(entry, recordId, time);
    const every = this.#options.checkpoint?.records ?? 1_000;
    let checkpoint: CheckpointEntry | undefined;
    if (this.#checkpointDue || end.seq - this.#signedSeq >= every) {
      checkpoint = checkpointOf(this.#instance, end.seq, end.hash, this.#key);
      sealOwn(checkpoint);
    }
    const { bytes } = lines;
    this.#requireRoom(
      bytes.length,
      batch.every((waiting) => waiting.aboutTheLog),
    );
    await segment.file.write(bytes, segment.bytes);
    segment.bytes += bytes.length;
    this.#usedBytes += bytes.length;
    this.#chain = end;
    if (checkpoint !== undefined) {
      this.#checkpointDue = false;
      this.#signedSeq = end.seq;
      this.#signedAt = this.#clock.microseconds();
    }
    this.#options.stream?.(bytes);
    this.#options.hooks?.written?.(lines.count, (performance.now() - began) / 1000);
    if (checkpoint !== undefined) this.#options.hooks?.checkpoint?.(checkpoint.checkpoint, this.#instance);
    for (const { recordId, settle } of batch) settle({ recorded: true, recordId, as: 'record' });
  }

  async #roomySegment(): Promise<Segment> {
    const now = this.#segment;
    if (now !== undefined && now.bytes < (this.#options.segmentBytes ?? 64 * 1024 * 1024)) return now;
    if (now !== undefined) {
      this.#leaveSegment(now);
      await now.file.close();
    }
    this.#segments += 1;
    const file = await this.#disk.create(this.#path(segmentName(this.#segments)));
    this.#segment = { number: this.#segments, file, bytes: 0 };
    return this.#segment;
  }

  #leaveSegment({ number, bytes }: Segment): void {
    this.#segment = undefined;
    if (bytes > 0) this.#lastSegment = { number, lastSeq: this.#chain.seq, lastHash: this.#chain.hash, bytes };
  }

  /** After a failed write or sync nothing is known of the file but what was synced before: it is cut back and left. */
  async #abandonSegment(): Promise<void> {
    const segment = this.#segment;
    if (segment === undefined) return;
    this.#leaveSegment(segment);
    try {
      await segment.file.truncate(segment.bytes);
    } catch {
      // The next segment says how many bytes of this one count.
    }
    await segment.file.close().catch(() => undefined);
  }

  #requireRoom(bytes: number, mayUseReserve: boolean): void {
    const { maxBytes } = this.#options;
    if (maxBytes === undefined) return;
    // What is used includes the reserve, whether it is given up just now or not.
    const room = maxBytes - this.#usedBytes + (mayUseReserve ? this.#reserveBytes() : 0);
    if (bytes > room) throw Object.assign(new Error('the folder has reached its size'), { code: folderFullCode });
  }

  /** Enters or stays in the degraded state; the first time, says so in a record that may use the disk kept back. */
  #degrade(error: unknown): Problem {
    const problem = storeProblem(error, this.#folder);
    this.#retryAt = this.#clock.microseconds() + retrySeconds * 1_000_000;
    const before = this.#problem;
    this.#problem = problem;
    if (before !== undefined) return problem;
    for (const listener of this.#listeners) listener(this.status());
    if (!this.#opened || this.#closed) return problem;
    const { code, message } = problem;
    const entry: StoreEntry = {
      recordType: 'store',
      store: { state: 'failing', code, message, unrecorded: this.#unrecorded },
    };
    const roomMade = this.#disk.remove(this.#path(reserveFile)).catch(() => undefined);
    this.#saying = roomMade.then(() => this.#enqueue(entry, 'about the log'));
    return problem;
  }

  #fail(waiting: Waiting, problem: Problem): void {
    const { entry, recordId } = waiting;
    if (waiting.aboutTheLog && this.#held.length < heldLimit && !this.#closed) {
      this.#held.push({ ...waiting, settle: () => undefined });
      waiting.settle({ recorded: false, recordId, problem });
    } else waiting.settle(this.#refuse(entry, problem, recordId));
  }

  /** Counts a record that could not be written, and leaves what there is of it on the stream. */
  #refuse(entry: AuditEntry, problem: Problem, recordId?: string): Receipt {
    this.#unrecorded += 1;
    this.#options.hooks?.failed?.(problem.code, 1);
    const line = canonicalJson({
      ...entry,
      recordId,
      stream: 'audit-unrecorded',
      time: formatMicroseconds(this.#clock.microseconds()),
      source: this.#source,
      problem: problem.code,
    });
    this.#options.stream?.(Buffer.from(`${line}\n`));
    return { recorded: false, ...(recordId === undefined ? {} : { recordId }), problem };
  }

  #tick(): void {
    const now = this.#clock.microseconds();
    for (const entry of [...this.#folding.due(now), ...this.#quota.due(now)])
      void this.#enqueue(entry, 'about the log');
    const seconds = this.#options.checkpoint?.seconds ?? 300;
    if (this.#chain.seq > this.#signedSeq && now - this.#signedAt >= seconds * 1_000_000) {
      this.#checkpointDue = true;
      void this.#drain();
    }
    if (this.#problem !== undefined && now >= this.#retryAt && this.#retrying === undefined) {
      this.#retryAt = now + retrySeconds * 1_000_000;
      this.#retrying = this.#retry().finally(() => {
        this.#retrying = undefined;
      });
    }
  }

  /** Tries the disk again: the reserve first, then a record that says so. */
  async #retry(): Promise<void> {
    if (this.#opened) {
      try {
        await this.#disk.reserve(this.#path(reserveFile), this.#reserveBytes());
        this.#usedBytes = await this.#disk.size(this.#folder);
        this.#requireRoom(4_096, false);
      } catch (error) {
        await this.#disk.remove(this.#path(reserveFile)).catch(() => undefined);
        this.#degrade(error);
        return;
      }
    } else {
      await this.#open();
      if (!this.#opened) return;
    }
    const code = this.#problem?.code ?? '';
    const receipt = await this.#enqueue(
      {
        recordType: 'store',
        store: {
          state: 'recovered',
          code,
          message: 'audit records are written again',
          unrecorded: this.#unrecorded - this.#unrecordedSaid,
        },
      },
      'about the log',
    );
    if (!receipt.recorded) return;
    this.#unrecordedSaid = this.#unrecorded;
    this.#problem = undefined;
    for (const listener of this.#listeners) listener(this.status());
    this.#queue.push(...this.#held.splice(0));
    void this.#drain();
  }

  #reserveBytes(): number {
    return this.#options.reserveBytes ?? 256 * 1024;
  }

  #newRecordId(microseconds: number): string {
    return recordIdOf(microseconds / 1000, this.#random.take(10));
  }

  #path(name = ''): string {
    return join(this.#folder, this.#instance, name);
  }
}

function isAdmission(entry: AuditEntry): entry is AdmissionEntry {
  return 'decision' in entry;
}
