import { isIntact, readRecord } from '../intact-record.js';
import type { CheckpointEntry } from '../log-entries.js';
import type { AuditRecord } from '../record.js';
import type { ChainFindings } from './chain-findings.js';
import type { ChainState } from './chain-state.js';
import { checkpointHolds, signedRecord } from './checkpoint.js';
import { hasItsPart } from './proof-parts.js';
import { lastRecordIn, parseReadLine, readSealedLine, recordIn, restoreReadLine } from './read-sealed-line.js';
import { recordStart } from './sealed-lines.js';
import { SeqHashes } from './seq-hashes.js';
import { tailCut } from './tail-cut.js';

type Checkpoint = CheckpointEntry['checkpoint'];

interface KeptCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly holds: boolean;
}

interface ChainEnd {
  readonly lastSeq: number;
  readonly lastHash: string;
}

interface KeptOfInstance {
  /** Hashes of records, from their own lines. */
  readonly records: SeqHashes;
  /** By the record they sign; all that differ. */
  readonly checkpoints: Map<number, KeptCheckpoint[]>;
  /** Where later instances found the end of this one. */
  readonly ends: ChainEnd[];
}

/** A line that was a record and no longer is; `instance` and `seq` are what it says of itself. */
interface ChangedLine {
  readonly place: LinePlace | undefined;
  readonly instance?: string;
  readonly seq?: number;
}

interface LinePlace {
  readonly file: string;
  readonly line: number;
}

/** What a line says that it is a record, whatever else is wrong with it. */
const marks = ['"stream":"audit"', '"prevHash"'];
const changedLimit = 100;

/**
 * What somebody has kept of chains in another place: lines of records from a log collector, checkpoints from anywhere. Each proves
 * its chain up to the record that it names, and it alone can tell that a tail was cut or a chain made anew. Nothing that lies with the
 * records themselves belongs here.
 */
export class KeptElsewhere {
  readonly #instances = new Map<string, KeptOfInstance>();
  readonly #changed: ChangedLine[] = [];
  #changedCount = 0;
  /** Of these, the ones that say whose they are. */
  #namedCount = 0;
  #unfinished = 0;
  /** Records taken, among them the checkpoints. */
  records = 0;

  /** Lines that were records, say of which instance, and are not intact. */
  get changed(): number {
    return this.#namedCount;
  }

  /** One line of a log, with whatever a collector put around it. Lines that are no records are passed over. Changes the bytes. */
  addLine(bytes: Buffer, place?: LinePlace): void {
    const whole = recordIn(bytes);
    if (this.#addSealed(whole)) return;
    const own = lastRecordIn(bytes);
    if (own.length !== whole.length && this.#addSealed(own)) return;
    this.#addOtherLine(bytes, place);
  }

  addCheckpoint(instance: string, checkpoint: Checkpoint, holds = checkpointHolds(instance, checkpoint)): void {
    const { checkpoints } = this.#of(instance);
    const same = checkpoints.get(checkpoint.lastSeq);
    if (same === undefined) checkpoints.set(checkpoint.lastSeq, [{ checkpoint, holds }]);
    else if (!same.some((one) => one.holds === holds && isSame(one.checkpoint, checkpoint)))
      same.push({ checkpoint, holds });
  }

  /** Whether a record is the one that was kept, another one, or none was kept: by its own line and by every signature over it. */
  compare(instance: string, seq: number, actual: string): 'same' | 'other-record' | 'other-signed' | 'not-kept' {
    const kept = this.#instances.get(instance);
    if (kept === undefined) return 'not-kept';
    // One whose signature does not hold says nothing about the record; it is a finding of its own at the end.
    const signed = kept.checkpoints.get(seq)?.filter(({ holds }) => holds) ?? [];
    if (signed.some(({ checkpoint }) => checkpoint.lastHash !== actual)) return 'other-signed';
    const record = kept.records.get(seq);
    if (record !== undefined && record !== actual) return 'other-record';
    return record === undefined && signed.length === 0 ? 'not-kept' : 'same';
  }

  /**
   * Whether the lines tell that nothing came after the last record of a chain: its own line is among them, and that of a later instance
   * which found the end there.
   */
  showsEnd({ instance, seq, hash }: ChainState): boolean {
    const kept = this.#instances.get(instance);
    return (
      kept !== undefined &&
      kept.records.get(seq) === hash &&
      kept.ends.some(({ lastSeq, lastHash }) => lastSeq === seq && lastHash === hash)
    );
  }

  /** Once all chains were read: what the signatures, the keys and the ends show. */
  check(chains: ReadonlyMap<string, ChainState>, findings: ChainFindings): void {
    for (const { place, instance, seq } of this.#changed)
      findings.add({
        code: 'kept-changed',
        message: `a line of what was kept elsewhere was changed: ${
          instance === undefined
            ? 'it cannot be read as the record that it was'
            : `it says that it is record ${seq} of instance ${instance}, and its hash does not fit its content`
        }`,
        ...place,
        ...(seq === undefined ? {} : { seq }),
        ...(instance === undefined ? {} : { instance }),
      });
    findings.omitted += this.#changedCount - this.#changed.length;
    if (this.#unfinished > 0)
      findings.note(
        `${this.#unfinished === 1 ? 'one line' : `${this.#unfinished} lines`} of what was kept elsewhere ${this.#unfinished === 1 ? 'is' : 'are'} not finished and did not count`,
      );
    for (const [instance, kept] of this.#instances) checkInstance(instance, kept, chains.get(instance), findings);
    if (this.#instances.size === 0) return;
    for (const instance of chains.keys())
      if (!this.#instances.has(instance))
        findings.leaveOpen({
          code: 'not-collected',
          message: `nothing of instance ${instance} is among what was kept elsewhere: that it was not made anew as a whole is not shown`,
          instance,
        });
  }

  /** Whether it is an intact record. */
  #addSealed(bytes: Buffer): boolean {
    const line = readSealedLine(bytes);
    if (line === undefined) return false;
    if (line.actual !== line.claimed) {
      restoreReadLine(bytes);
      return false;
    }
    const { recordType } = line;
    const isRead = recordType === 'checkpoint' || recordType === 'instance-ended';
    this.#addRecord(line.instance, line.seq, line.actual, isRead ? parseReadLine(bytes, line) : undefined);
    return true;
  }

  /** A line that is no record byte for byte as we write them. */
  #addOtherLine(bytes: Buffer, place: LinePlace | undefined): void {
    const record = readRecord(bytes.subarray(Math.max(0, bytes.indexOf('{')))) ?? readRecord(lastRecordIn(bytes));
    // Intact, but printed again by another program.
    if (record !== undefined && isIntact(record)) {
      this.#addRecord(record.source.instance, record.seq, record.hash, record);
      return;
    }
    const said = record === undefined ? sealedOf(bytes) : { instance: record.source.instance, seq: record.seq };
    // A copy that was interrupted shows no more than a line that is not there.
    const isFinished = bytes
      .toString('latin1', Math.max(0, bytes.length - 8))
      .trimEnd()
      .endsWith('}');
    if (said !== undefined || marks.every((mark) => bytes.includes(mark))) {
      // A log that was cut at its start, or rotated, begins within a line.
      const isBegun = place?.line !== 1 || bytes.includes(recordStart);
      if (record !== undefined || (isFinished && isBegun)) this.#addChanged({ place, ...said });
      else this.#unfinished += 1;
    } else if (bytes.includes(recordStart)) this.#unfinished += 1;
  }

  #addChanged(line: ChangedLine): void {
    this.#changedCount += 1;
    if (line.instance !== undefined) this.#namedCount += 1;
    if (this.#changed.length < changedLimit) this.#changed.push(line);
  }

  #addRecord(instance: string, seq: number, actual: string, record: AuditRecord | undefined): void {
    this.records += 1;
    this.#of(instance).records.set(seq, actual);
    if (record === undefined || !hasItsPart(record)) return;
    if (record.recordType === 'checkpoint') {
      const { checkpoint } = record;
      const holds = checkpointHolds(instance, checkpoint) && signedRecord(record) !== 'another';
      this.addCheckpoint(instance, checkpoint, holds);
    } else if (record.recordType === 'instance-ended') {
      const { endedInstance, lastSeq, lastHash } = record.ended;
      this.#of(endedInstance).ends.push({ lastSeq, lastHash });
    }
  }

  #of(instance: string): KeptOfInstance {
    let kept = this.#instances.get(instance);
    if (kept === undefined) {
      kept = { records: new SeqHashes(), checkpoints: new Map(), ends: [] };
      this.#instances.set(instance, kept);
    }
    return kept;
  }
}

/** What a line says of itself that is not intact, where it can be read at all. */
function sealedOf(bytes: Buffer): { readonly instance: string; readonly seq: number } | undefined {
  const line = readSealedLine(lastRecordIn(bytes));
  return line === undefined ? undefined : { instance: line.instance, seq: line.seq };
}

function isSame(one: Checkpoint, other: Checkpoint): boolean {
  return (
    one.lastHash === other.lastHash && one.publicKey === other.publicKey && one.recordSha256 === other.recordSha256
  );
}

function checkInstance(
  instance: string,
  { records, checkpoints }: KeptOfInstance,
  chain: ChainState | undefined,
  findings: ChainFindings,
): void {
  if (records.contradictory.length > 0)
    findings.add({
      code: 'kept-twice',
      message: `two different records ${records.contradictory[0]} of this instance were kept elsewhere: one of them was made up`,
      instance,
    });
  let signed = 0;
  for (const [seq, alike] of checkpoints) {
    for (const { checkpoint, holds } of alike) {
      if (!holds) {
        findings.add({
          code: 'bad-checkpoint',
          message: 'a checkpoint kept elsewhere has a signature that does not hold',
          seq,
          instance,
        });
        continue;
      }
      signed = Math.max(signed, seq);
      if (chain?.publicKey !== undefined && chain.publicKey !== checkpoint.publicKey)
        findings.add({
          code: 'other-key',
          message: 'the chain names another key than the one that signed a checkpoint kept elsewhere: it was made anew',
          seq,
          instance,
        });
    }
  }
  const last = Math.max(signed, records.last);
  const how = signed === last ? 'signed' : 'kept elsewhere';
  if (last === 0) return;
  if (chain === undefined)
    findings.add({
      code: 'chain-missing',
      message: `the chain of instance ${instance} is missing: ${last} records of it were ${how}`,
      seq: last,
      instance,
    });
  else if (last > chain.seq + chain.unread) findings.add(tailCut(chain, last, how));
}
