import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { isAdmissionEntry } from '../../core/audit/admission-entry.js';
import { jsonBytes, withinLimit } from '../../core/audit/entries/within-limit.js';
import type { StoreRoom } from '../../core/audit/rate-limit.js';
import { type AuditEntry, type ClusterIdentity, type RecordSource, recordBytesLimit } from '../../core/audit/record.js';
import { canonicalJson } from '../../core/document/canonical-json.js';
import type { Problem } from '../../core/problem/problem.js';
import type { Clock } from '../../system/clock.js';
import { DiskSpace } from '../disk/disk-space.js';
import { type DurableFolder, diskFolder } from '../disk/durable-folder.js';
import { GroupCommit } from '../disk/group-commit.js';
import type { AuditLogOptions } from './audit-log-options.js';
import { reserveFile } from './crash-recovery.js';
import { HeadFile } from './head-file.js';
import { ownerFile, takeInstance } from './instance-lock.js';
import type { Receipt } from './receipt.js';
import { RecordChain } from './record-chain.js';
import { RecordStamps, type StampedEntry } from './record-stamps.js';
import { type NewSegment, SegmentWriter } from './segment-writer.js';
import { instanceName } from './segments.js';
import { StoreHealth } from './store-health.js';
import { storeClosed, storeProblem } from './store-problem.js';

const batchLimit = 1_000;
const heldLimit = 1_000;
/** Room that has to be there before records are taken again. */
const recoveryBytes = 4_096;
const measureMicroseconds = 60_000_000;

interface PendingEntry extends StampedEntry {
  readonly settle: (receipt: Receipt) => void;
}

/**
 * Writes entries as records of one chain, in the order in which they come. When the disk fails, admissions are refused until it
 * is back; entries about the log itself may use the space kept back, and are held for later when even that is gone.
 */
export class RecordStore {
  readonly instance: string;
  readonly chain: RecordChain;
  readonly health = new StoreHealth();
  /** Bytes that a record takes besides its entry, at most. */
  readonly sealBytes: number;
  readonly #folder: string;
  readonly #inside: string;
  readonly #options: AuditLogOptions;
  readonly #source: RecordSource;
  readonly #clock: Clock;
  readonly #disk: DurableFolder;
  readonly #space: DiskSpace;
  readonly #segments: SegmentWriter;
  readonly #head: HeadFile;
  readonly #stamps: RecordStamps;
  readonly #queue = new GroupCommit<PendingEntry>((batch) => this.#commit(batch), batchLimit);
  /** Entries about the log itself that wait for the disk to come back. */
  readonly #held: PendingEntry[] = [];
  /** The record that says that the disk is failing, on its way. */
  #reporting: Promise<unknown> | undefined;
  #inspection: Promise<void> | undefined;
  /** The file that is written to was changed by somebody else. */
  #isFileChanged = false;
  #measureAt = 0;
  #prepared = false;
  #closed = false;

  constructor(folder: string, options: AuditLogOptions, clock: Clock) {
    this.#folder = folder;
    this.#options = options;
    this.#clock = clock;
    this.#disk = options.disk ?? diskFolder;
    this.instance = instanceName(clock.microseconds() / 1000, randomBytes(4));
    this.#inside = join(folder, this.instance);
    // In the order of canonical JSON, as everything that each record has.
    this.#source = JSON.parse(canonicalJson({ ...options.source, instance: this.instance })) as RecordSource;
    this.sealBytes = sealBytesOf(this.#source, options.cluster);
    this.#stamps = new RecordStamps(clock);
    this.chain = new RecordChain({
      source: this.#source,
      cluster: options.cluster,
      privateKey: generateKeyPairSync('ed25519').privateKey,
      checkpoint: options.checkpoint ?? { records: 100, seconds: 1 },
      clock,
      stamps: this.#stamps,
    });
    this.#segments = new SegmentWriter(this.#disk, this.#inside, options.segmentBytes ?? 64 * 1024 * 1024);
    this.#head = new HeadFile(this.#disk, this.#inside, this.instance);
    this.#space = new DiskSpace({
      disk: this.#disk,
      folder,
      reserveFile: join(this.#inside, reserveFile),
      reserveBytes: options.reserveBytes ?? 256 * 1024,
      maxBytes: options.maxBytes,
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Makes the folder ready to be written to, at the start and after trouble. Returns whether it is. */
  async prepare(): Promise<boolean> {
    try {
      // Again after trouble, too: somebody may have taken the folder away.
      await this.#disk.make(this.#inside);
      await takeInstance(this.#inside);
      await this.#space.reserve();
      if (this.#prepared) this.#space.requireRoom(recoveryBytes, 'kept');
    } catch (error) {
      await this.#space.giveUpReserve();
      this.#fail(error);
      return false;
    }
    this.#prepared = true;
    return true;
  }

  newRecordId(microseconds?: number): string {
    return this.#stamps.newRecordId(microseconds);
  }

  /** Bytes that the folder may take, and that are left of them for admissions. */
  room(): StoreRoom {
    return this.#space.room();
  }

  /** Resolves when everything that was appended before has settled. */
  idle(): Promise<void> {
    return this.#queue.flush();
  }

  /** Resolves once the record is synced, or with the reason why it could not be. Never rejects. */
  append(entry: AuditEntry, recordId = this.newRecordId()): Promise<Receipt> {
    if (this.#closed) return Promise.resolve(this.#lost(entry, storeClosed, recordId));
    return new Promise((settle) => {
      this.#queue.add({ entry, recordId, time: this.#stamps.now(), settle });
    });
  }

  /** Counts a record that could not be written, and leaves what there is of it on the stream. */
  refuse(entry: AuditEntry, problem: Problem, recordId?: string): Receipt {
    this.health.countUnrecorded(admissionsIn(entry));
    this.#options.hooks?.failed?.(problem.code, 1);
    const line = canonicalJson({
      ...withinLimit(entry),
      recordId,
      stream: 'audit-unrecorded',
      time: this.#stamps.now(),
      source: this.#source,
      problem: problem.code,
    });
    this.#options.stream?.(Buffer.from(`${line}\n`));
    return { recorded: false, ...(recordId === undefined ? {} : { recordId }), problem };
  }

  /** Looks after the file that is written to and the room that is left, and signs what has been unsigned for too long. */
  lookAfter(now: number): void {
    this.#inspection ??= this.#inspect().finally(() => {
      this.#inspection = undefined;
    });
    if (this.chain.checkpointDue(now)) this.chain.requestCheckpoint();
    void this.#queue.flush();
    void this.#head.flush(now);
    this.#measureWhenDue(now);
  }

  /** Says that records are written again, which is the proof of it, and then writes what was held. */
  async recover(): Promise<void> {
    const receipt = await this.append({
      recordType: 'store',
      store: {
        state: 'recovered',
        code: this.health.problem?.code ?? '',
        message: 'audit records are written again',
        unrecorded: this.health.unreported,
      },
    });
    if (!receipt.recorded) return;
    this.health.recover();
    for (const pending of this.#held.splice(0)) this.#queue.add(pending);
  }

  /** Writes the last entries and a signed checkpoint over them. Later ones are refused. */
  async close(last: () => readonly AuditEntry[]): Promise<void> {
    await this.#inspection;
    await this.#inspect();
    await this.#reporting;
    const written = last().map((entry) => this.append(entry));
    this.#closed = true;
    await Promise.all(written);
    // What is left unsigned, since the stop record, which is signed in its batch, could not be written.
    if (!this.chain.isSigned) this.chain.requestCheckpoint();
    await this.#queue.flush();
    await this.#head.flush(this.#clock.microseconds());
    await this.#segments.close();
    await this.#space.giveUpReserve();
    await this.#disk.remove(join(this.#inside, ownerFile)).catch(() => undefined);
  }

  async #commit(batch: readonly PendingEntry[]): Promise<void> {
    const writable = batch.filter((pending) => {
      if (this.#prepared && (this.health.problem === undefined || mayUseReserve(pending.entry))) return true;
      this.#drop(pending, this.health.problem ?? storeClosed);
      return false;
    });
    const mayWrite = this.#prepared && this.health.problem === undefined;
    try {
      if (mayWrite && this.#isFileChanged) {
        this.#isFileChanged = false;
        await this.#segments.leaveAsItIs();
      }
      if (writable.length === 0 && !(this.chain.checkpointRequested && mayWrite)) return;
      await this.#write(writable);
    } catch (error) {
      await this.#segments.abandon();
      const problem = this.#fail(error);
      for (const pending of writable) this.#drop(pending, problem);
    }
  }

  /** Looks again what the folder takes, where little is left: somebody may have made room, or taken it. */
  #measureWhenDue(now: number): void {
    const { total, left } = this.room();
    if (this.health.problem !== undefined || now < this.#measureAt || left > total / 2) return;
    this.#measureAt = now + measureMicroseconds;
    void this.#space.measure().catch(() => undefined);
  }

  /** Whoever moved, cut, replaced or added to the file: it is on record, in the next one. */
  async #inspect(): Promise<void> {
    if (await this.#segments.isInPlace().catch(() => true)) return;
    this.#isFileChanged = true;
    void this.append({
      recordType: 'store',
      store: {
        state: 'changed',
        code: 'record-file-changed',
        message: `the file of records was moved, cut, replaced or added to by somebody else, behind record ${this.chain.end.seq}`,
        unrecorded: 0,
      },
    });
  }

  async #write(batch: readonly PendingEntry[]): Promise<void> {
    const began = performance.now();
    const newSegment = await this.#segments.begin();
    const sealed = this.#seal(batch, newSegment);
    const { bytes, lengths } = sealed;
    this.#space.requireRoom(bytes.length, batch.every(({ entry }) => mayUseReserve(entry)) ? 'usable' : 'kept');
    await this.#segments.write(bytes);
    this.#space.written(bytes.length);
    this.chain.commit(sealed);
    if (sealed.checkpoint !== undefined) this.#head.put(sealed.checkpoint, this.#clock.microseconds());
    const { stream, hooks } = this.#options;
    if (stream?.(bytes) === true) this.chain.letGoOfBytes();
    hooks?.written?.(lengths.length, (performance.now() - began) / 1000);
    const first = newSegment === undefined ? 0 : 1;
    for (const [index, { recordId, settle }] of batch.entries())
      settle({ recorded: true, recordId, as: 'record', bytes: lengths[first + index] as number });
  }

  /** Records of a batch, none larger than the limit: how large one is shows when it is sealed. */
  #seal(batch: readonly PendingEntry[], newSegment: NewSegment | undefined): ReturnType<RecordChain['seal']> {
    const sealed = this.chain.seal(batch, newSegment);
    if (sealed.lengths.every((bytes) => bytes <= recordBytesLimit)) return sealed;
    return this.chain.seal(
      batch.map((pending) => ({ ...pending, entry: withinLimit(pending.entry) })),
      newSegment,
    );
  }

  /** Enters or stays in the failing state; the first time, says so in a record that may use the space kept back. */
  #fail(error: unknown): Problem {
    const problem = storeProblem(error, this.#folder);
    const { code, message } = problem;
    const wasWell = this.health.fail(problem, this.#clock.microseconds());
    if (!wasWell || !this.#prepared || this.#closed) return problem;
    const { unrecorded } = this.health;
    this.#reporting = this.#space
      .giveUpReserve()
      .then(() => this.append({ recordType: 'store', store: { state: 'failing', code, message, unrecorded } }));
    return problem;
  }

  /** Answers for an entry that could not be written, and holds it where it is about the log itself. */
  #drop(pending: PendingEntry, problem: Problem): void {
    const { entry, recordId } = pending;
    if (!isAnsweredFor(entry) && this.#held.length < heldLimit && !this.#closed) {
      this.#held.push({ ...pending, settle: () => undefined });
      pending.settle({ recorded: false, recordId, problem });
    } else pending.settle(this.#lost(entry, problem, recordId));
  }

  #lost(entry: AuditEntry, problem: Problem, recordId: string): Receipt {
    if (isAdmissionEntry(entry) || !isAnsweredFor(entry)) return this.refuse(entry, problem, recordId);
    // Whoever appended it has refused what it stands for, one by one.
    return { recorded: false, recordId, problem };
  }
}

/** How many admissions are not on record without an entry. */
function admissionsIn(entry: AuditEntry): number {
  if (entry.recordType === 'folded') return entry.folded.count;
  return entry.recordType === 'over-quota' ? entry.overQuota.count : 1;
}

function sealBytesOf(source: RecordSource, cluster: ClusterIdentity | undefined): number {
  const digest = '0'.repeat(64);
  const time = '2026-11-24T10:00:00.000000Z';
  const recordId = '0'.repeat(36);
  const seal = { hash: digest, prevHash: digest, recordId, seq: Number.MAX_SAFE_INTEGER, time, source, cluster };
  return jsonBytes({ ...seal, stream: 'audit', version: 1 }) + 1;
}

/** Whether somebody waits for an entry and answers otherwise without it: then it must not be written later. */
function isAnsweredFor(entry: AuditEntry): boolean {
  return (
    isAdmissionEntry(entry) ||
    (entry.recordType === 'folded' && entry.folded.foldedType === 'exemption') ||
    (entry.recordType === 'over-quota' && entry.overQuota.state === 'reached')
  );
}

/** What any request can leave many of has to stay within the room for all. */
function mayUseReserve(entry: AuditEntry): boolean {
  return !isAdmissionEntry(entry) && entry.recordType !== 'folded';
}
