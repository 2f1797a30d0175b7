import type { KeyObject } from 'node:crypto';
import { checkpointOf, publicKeyText } from '../../core/audit/chain/checkpoint.js';
import { firstPrevHash, SealedLines, type SealInput } from '../../core/audit/chain/sealed-lines.js';
import type { CheckpointEntry } from '../../core/audit/log-entries.js';
import type { AuditEntry, ClusterIdentity, RecordSource } from '../../core/audit/record.js';
import type { Clock } from '../../system/clock.js';
import type { RecordStamps, Stamp, StampedEntry } from './record-stamps.js';
import type { NewSegment } from './segment-writer.js';

interface RecordChainOptions {
  readonly source: RecordSource;
  readonly cluster: ClusterIdentity | undefined;
  readonly privateKey: KeyObject;
  /** A signed checkpoint after so many records or seconds. */
  readonly checkpoint: { readonly records: number; readonly seconds: number };
  readonly clock: Clock;
  readonly stamps: RecordStamps;
}

/** The last record of a chain. */
interface ChainEnd {
  readonly seq: number;
  readonly hash: string;
}

interface SealedBatch {
  /** Whole lines with their ends. */
  readonly bytes: Buffer;
  /** Bytes of each line; the first is that of the segment where one begins. */
  readonly lengths: readonly number[];
  readonly end: ChainEnd;
  /** The checkpoint that is its last record, if it has one. */
  readonly checkpoint: CheckpointEntry['checkpoint'] | undefined;
}

/** Signed with the batch they are in: what a start says of itself and of those before it, and the end. */
const signedAtOnce: ReadonlySet<string> = new Set(['start', 'instance-ended', 'stop']);

/** The chain of one instance, and when it is signed. */
export class RecordChain {
  readonly publicKey: string;
  readonly #options: RecordChainOptions;
  #end: ChainEnd = { seq: 0, hash: firstPrevHash };
  #signedSeq = 0;
  #signedAt: number;
  #checkpointRequested = false;
  readonly #lines = new SealedLines();

  constructor(options: RecordChainOptions) {
    this.#options = options;
    this.publicKey = publicKeyText(options.privateKey);
    this.#signedAt = options.clock.elapsed();
  }

  get end(): ChainEnd {
    return this.#end;
  }

  get checkpointRequested(): boolean {
    return this.#checkpointRequested;
  }

  /** The next batch carries a checkpoint. */
  requestCheckpoint(): void {
    this.#checkpointRequested = true;
  }

  get isSigned(): boolean {
    return this.#end.seq === this.#signedSeq;
  }

  /** Whether records have been unsigned for too long. */
  checkpointDue(now: number): boolean {
    return !this.isSigned && now - this.#signedAt >= this.#options.checkpoint.seconds * 1_000_000;
  }

  /**
   * Seals entries as the next records, behind the record that begins a new segment, and before a checkpoint where one is due. The chain
   * stays where it is until `commit`; the bytes are good until the next call.
   */
  seal(entries: readonly StampedEntry[], newSegment: NewSegment | undefined): SealedBatch {
    const { source, cluster, privateKey, stamps, checkpoint } = this.#options;
    const lines = this.#lines;
    lines.clear();
    let end = this.#end;
    const next = ({ recordId, time }: Stamp): SealInput => {
      const input = { recordId, seq: end.seq + 1, time, source, prevHash: end.hash };
      return cluster === undefined ? input : { ...input, cluster };
    };
    const add = (entry: AuditEntry, input: SealInput): void => {
      end = { seq: input.seq, hash: lines.add(entry, input) };
    };
    if (newSegment !== undefined) {
      const { number, previous } = newSegment;
      const left = previous === undefined ? null : { ...previous, lastSeq: end.seq, lastHash: end.hash };
      add({ recordType: 'segment', segment: { number, previous: left } }, next(stamps.next()));
    }
    let isDue = this.#checkpointRequested;
    for (const one of entries) {
      add(one.entry, next(one));
      isDue ||= signedAtOnce.has(one.entry.recordType);
    }
    isDue ||= end.seq - this.#signedSeq >= checkpoint.records;
    let signed: CheckpointEntry | undefined;
    if (isDue) {
      const input = next(stamps.next());
      signed = checkpointOf(input, { privateKey, publicKey: this.publicKey });
      add(signed, input);
    }
    return { bytes: lines.bytes, lengths: lines.lengths, end, checkpoint: signed?.checkpoint };
  }

  /** Somebody still has the bytes of the last batch: the next one needs others. */
  letGoOfBytes(): void {
    this.#lines.letGo();
  }

  /** The batch is on disk: the chain goes on behind it. */
  commit({ end, checkpoint }: SealedBatch): void {
    this.#end = end;
    if (checkpoint === undefined) return;
    this.#checkpointRequested = false;
    this.#signedSeq = end.seq;
    this.#signedAt = this.#options.clock.elapsed();
  }
}
