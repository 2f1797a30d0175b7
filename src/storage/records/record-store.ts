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
import { InstanceLock } from './instance-lock.js';
import type { Receipt } from './receipt.js';
import { RecordChain } from './record-chain.js';
import { RecordStamps, type StampedEntry } from './record-stamps.js';
import { type NewSegment, SegmentWriter } from './segment-writer.js';
import { instanceName } from './segments.js';
import { StoreHealth } from './store-health.js';
import { storeBehind, storeClosed, storeProblem, storeStalled } from './store-problem.js';

const batchLimit = 1_000;
const heldLimit = 1_000;
/** Room that has to be there before records are taken again. */
const recoveryBytes = 4_096;
const measureMicroseconds = 60_000_000;
/** A write that takes longer has to do with a disk that does not answer. */
const stallMicroseconds = 5_000_000;
/** While a write takes longer than that, nothing else is asked of the disk: each call could keep one of the few threads for all files. */
const slowMicroseconds = 1_000_000;
/** What may wait to be written, as `roughBytes` counts it. */
const waitingLimit = 16 * 1024 * 1024;

interface PendingEntry extends StampedEntry {
  readonly settle: (receipt: Receipt) => void;
  /** Of memory, roughly. */
  readonly bytes: number;
}

/**
 * Writes entries as records of one chain, in the order in which they come. When the disk fails, admissions are refused until it
 * is back; entries about the log itself may use the space kept back, and are held for later when even that is gone. When the disk does
 * not answer, or does not keep up, admissions are refused too, until it does: what waits for it is written then.
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
  readonly #lock: InstanceLock;
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
  /** What is being written, and since when. */
  #writing: { readonly batch: readonly PendingEntry[]; readonly since: number } | undefined;
  #waitingBytes = 0;
  /** The problem is only that the disk is slow. */
  #isStalled = false;

  constructor(folder: string, options: AuditLogOptions, clock: Clock) {
    this.#folder = folder;
    this.#options = options;
    this.#clock = clock;
    this.#disk = options.disk ?? diskFolder;
    this.instance = instanceName(clock.microseconds() / 1000, randomBytes(4));
    this.#inside = join(folder, this.instance);
    this.#lock = new InstanceLock(this.#inside);
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
      await this.#lock.take();
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
    const bytes = roughBytes(entry);
    this.countWaiting(bytes);
    return new Promise((settle) => {
      this.#queue.add({ entry, recordId, time: this.#stamps.now(), settle, bytes });
    });
  }

  /** Counts memory that is held until something is on disk; past the limit admissions are refused until half of it is free. */
  countWaiting(bytes: number): void {
    this.#waitingBytes += bytes;
    if (this.#waitingBytes > waitingLimit) this.#stall(storeBehind(this.#folder));
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
    if (this.isStuck(now)) this.#stall(storeStalled(this.#folder));
    if (this.chain.checkpointDue(now)) this.chain.requestCheckpoint();
    void this.#queue.flush();
    if (this.#writesFor(now) >= slowMicroseconds) return;
    this.#inspection ??= this.#inspect().finally(() => {
      this.#inspection = undefined;
    });
    void this.#head.flush(now);
    this.#measureWhenDue(now);
  }

  /** Whether a write does not come back. */
  isStuck(now: number): boolean {
    return this.#writesFor(now) >= stallMicroseconds;
  }

  #writesFor(now: number): number {
    return this.#writing === undefined ? 0 : now - this.#writing.since;
  }

  /** Whether there is something to try again. What only takes long is not tried again: it is under way. */
  get canRetry(): boolean {
    return this.health.problem !== undefined && !this.#isStalled;
  }

  /** The same, and it is time to. */
  takeRetry(now: number): boolean {
    return this.canRetry && this.health.takeRetry(now);
  }

  /** Says that records are written again, which is the proof of it, and then writes what was held. */
  async recover(): Promise<void> {
    const code = this.health.problem?.code ?? '';
    if (!(await this.#sayRecovered(code))) return;
    this.health.recover();
    for (const pending of this.#held.splice(0)) this.#queue.add(pending);
    // Those that came while it was being said.
    if (this.health.unreported > 0) await this.#sayRecovered(code);
  }

  async #sayRecovered(code: string): Promise<boolean> {
    const unrecorded = this.health.unreported;
    const { recorded } = await this.append({
      recordType: 'store',
      store: { state: 'recovered', code, message: 'audit records are written again', unrecorded },
    });
    if (recorded) this.health.report(unrecorded);
    return recorded;
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
    await this.#head.flush(this.#clock.elapsed());
    await this.#segments.close();
    for (const { entry, recordId } of this.#held.splice(0))
      this.refuse(entry, this.health.problem ?? storeClosed, recordId);
    await this.#space.giveUpReserve();
    await this.#lock.release();
  }

  /** For when the disk does not come back and nobody can wait for it: what is not written, or may not be, goes to the stream. */
  abandon(last: readonly AuditEntry[]): void {
    this.#closed = true;
    const problem = storeStalled(this.#folder);
    for (const { entry, recordId, settle } of [...(this.#writing?.batch ?? []), ...this.#queue.takeBack()])
      settle(this.#lost(entry, problem, recordId));
    for (const { entry, recordId } of this.#held.splice(0)) this.refuse(entry, problem, recordId);
    for (const entry of last) this.refuse(entry, problem);
  }

  async #commit(batch: readonly PendingEntry[]): Promise<void> {
    this.#writing = { batch, since: this.#clock.elapsed() };
    await this.#commitNow(batch);
    this.#writing = undefined;
    for (const { bytes } of batch) this.#waitingBytes -= bytes;
    if (this.#isStalled && this.#waitingBytes <= waitingLimit / 2) this.#endStall();
  }

  async #commitNow(batch: readonly PendingEntry[]): Promise<void> {
    const mayWrite = this.#prepared && (this.health.problem === undefined || this.#isStalled);
    const writable = batch.filter((pending) => {
      if (mayWrite || (this.#prepared && mayUseReserve(pending.entry))) return true;
      this.#drop(pending, this.health.problem ?? storeClosed);
      return false;
    });
    if (writable.length === 0 && !(this.chain.checkpointRequested && mayWrite)) return;
    try {
      if (this.#isFileChanged) {
        this.#isFileChanged = false;
        await this.#segments.leaveAsItIs();
      }
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
    // It was noticed before, and nothing has been written since.
    if (this.#isFileChanged) return;
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
    if (sealed.checkpoint !== undefined) this.#head.put(sealed.checkpoint, this.#clock.elapsed());
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
    const isNews = this.health.fail(problem, this.#clock.elapsed()) || this.#isStalled;
    this.#isStalled = false;
    if (!isNews || !this.#prepared || this.#closed) return problem;
    this.#reporting = this.#space.giveUpReserve().then(() => this.#sayFailing(problem));
    return problem;
  }

  #sayFailing({ code, message }: Problem): Promise<Receipt> {
    const { unreported } = this.health;
    return this.append({ recordType: 'store', store: { state: 'failing', code, message, unrecorded: unreported } });
  }

  /** The disk is slow, which it says when it is quicker again. */
  #stall(problem: Problem): void {
    if (this.health.problem !== undefined || !this.#prepared || this.#closed) return;
    this.#isStalled = true;
    this.health.fail(problem, this.#clock.elapsed());
    void this.#sayFailing(problem);
  }

  #endStall(): void {
    const code = this.health.problem?.code ?? '';
    this.#isStalled = false;
    this.health.recover();
    void this.#sayRecovered(code);
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
  if (entry.recordType === 'refused-late') return entry.refusedLate.count;
  return entry.recordType === 'over-quota' ? entry.overQuota.count : 1;
}

/** What an entry holds of memory: lists are what makes one larger than others. */
function roughBytes(entry: AuditEntry): number {
  if (!isAdmissionEntry(entry)) return 1_024;
  const { actor, decision, otherFindings } = entry;
  const texts =
    (decision.message?.length ?? 0) + 256 * ((actor.groups?.length ?? 0) + (decision.warnings?.length ?? 0));
  return 2_048 + texts + 1_024 * (otherFindings?.length ?? 0);
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
    (entry.recordType === 'over-quota' && entry.overQuota.state === 'reached') ||
    (entry.recordType === 'store' && entry.store.state === 'recovered')
  );
}

/** What any request can leave many of has to stay within the room for all. */
function mayUseReserve(entry: AuditEntry): boolean {
  return !isAdmissionEntry(entry) && entry.recordType !== 'folded' && entry.recordType !== 'refused-late';
}
