import { isIntact, readRecord } from '../intact-record.js';
import type { CheckpointEntry } from '../log-entries.js';
import type { AuditRecord } from '../record.js';
import type { ChainFindings } from './chain-findings.js';
import type { ChainState } from './chain-state.js';
import { checkpointHolds } from './checkpoint.js';
import { hasItsPart } from './proof-parts.js';
import { parseReadLine, readSealedLine, recordIn } from './read-sealed-line.js';
import { SeqHashes } from './seq-hashes.js';

type Checkpoint = CheckpointEntry['checkpoint'];

interface KeptOfInstance {
  /** Hashes of records, from their own lines. */
  readonly records: SeqHashes;
  /** By the record they sign, with whether the signature holds. */
  readonly checkpoints: Map<number, { readonly checkpoint: Checkpoint; readonly holds: boolean }>;
}

/**
 * What somebody has kept of chains in another place: lines of records from a log collector, checkpoints from anywhere. Each proves
 * its chain up to the record that it names, and it alone can tell that a tail was cut or a chain made anew.
 */
export class KeptElsewhere {
  readonly #instances = new Map<string, KeptOfInstance>();
  /** Records taken, among them the checkpoints. */
  records = 0;
  /** Lines that were records and are not intact; they say nothing. */
  damaged = 0;

  /** One line of a log, with whatever a collector put before it. Lines that are no records are passed over. Changes the bytes. */
  addLine(bytes: Buffer): void {
    const line = recordIn(bytes);
    const sealed = readSealedLine(line);
    if (sealed === undefined) {
      this.#addOtherLine(line);
      return;
    }
    const { actual, claimed, instance, seq, recordType } = sealed;
    if (actual !== claimed) {
      this.damaged += 1;
      return;
    }
    this.#addRecord(instance, seq, actual, recordType === 'checkpoint' ? parseReadLine(line) : undefined);
  }

  addCheckpoint(instance: string, checkpoint: Checkpoint): void {
    const holds = checkpointHolds(instance, checkpoint);
    this.#of(instance).checkpoints.set(checkpoint.lastSeq, { checkpoint, holds });
  }

  /** Whether a record is the one that was kept, another one, or none was kept. */
  compare(instance: string, seq: number, actual: string): 'same' | 'other-record' | 'other-signed' | 'not-kept' {
    const kept = this.#instances.get(instance);
    if (kept === undefined) return 'not-kept';
    const signed = kept.checkpoints.get(seq);
    // One whose signature does not hold says nothing about the record; it is a finding of its own at the end.
    if (signed?.holds === true) return signed.checkpoint.lastHash === actual ? 'same' : 'other-signed';
    const record = kept.records.get(seq);
    if (record === undefined) return 'not-kept';
    return record === actual ? 'same' : 'other-record';
  }

  /** Once all chains were read: what the signatures, the keys and the ends show. */
  check(chains: ReadonlyMap<string, ChainState>, findings: ChainFindings): void {
    if (this.damaged > 0)
      findings.note(
        `${this.damaged === 1 ? 'one line' : `${this.damaged} lines`} of what was kept elsewhere ${this.damaged === 1 ? 'is' : 'are'} not intact and did not count`,
      );
    for (const [instance, kept] of this.#instances) checkInstance(instance, kept, chains.get(instance), findings);
  }

  #addOtherLine(line: Buffer): void {
    const record = readRecord(line);
    if (record === undefined) return;
    // Intact, but printed again by another program.
    if (isIntact(record)) this.#addRecord(record.source.instance, record.seq, record.hash, record);
    else this.damaged += 1;
  }

  #addRecord(instance: string, seq: number, actual: string, record: AuditRecord | undefined): void {
    this.records += 1;
    this.#of(instance).records.set(seq, actual);
    if (record?.recordType === 'checkpoint' && hasItsPart(record)) this.addCheckpoint(instance, record.checkpoint);
  }

  #of(instance: string): KeptOfInstance {
    let kept = this.#instances.get(instance);
    if (kept === undefined) {
      kept = { records: new SeqHashes(), checkpoints: new Map() };
      this.#instances.set(instance, kept);
    }
    return kept;
  }
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
  for (const [seq, { checkpoint, holds }] of checkpoints) {
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
  else if (last > chain.seq + chain.unread) {
    const end = chain.seq + chain.unread;
    const cut = end + 1 === last ? `record ${last} was` : `records ${end + 1} to ${last} were`;
    findings.add({
      code: 'tail-cut',
      message: `the chain ends with record ${end}, but record ${last} was ${how}: ${cut} cut off`,
      seq: end,
      instance,
    });
  }
}
