import { isIntact, readRecord } from '../intact-record.js';
import type { SegmentEntry, StoreEntry } from '../log-entries.js';
import type { AuditRecord } from '../record.js';
import { ChainFindings } from './chain-findings.js';
import type { ChainFinding, ChainReport } from './chain-report.js';
import { type ChainState, newChainState, provenUpTo } from './chain-state.js';
import { EndedInstances, type FoundEndedFile } from './ended-instances.js';
import { type FoundHead, InstanceHeads } from './instance-heads.js';
import { type InstanceSummary, summaryOf } from './instance-summary.js';
import type { KeptElsewhere } from './kept-elsewhere.js';
import { LeftOvers } from './left-overs.js';
import { sayOpenEnds } from './open-ends.js';
import { ownCheckpoint } from './own-checkpoint.js';
import { hasItsPart, isPartOfProof } from './proof-parts.js';
import { parseReadLine, readSealedLine, timeOfReadLine } from './read-sealed-line.js';
import { firstPrevHash, recordStart } from './sealed-lines.js';

/** Where a record says that it stands. `hash` is undefined for one that is not intact. */
interface Link {
  readonly instance: string;
  readonly seq: number;
  readonly prevHash: string;
  readonly recordType: string;
  readonly hash: string | undefined;
}

interface ChainVerifierInput {
  /** The input is a whole folder of records, so chains begin at 1, and those that others speak of are there. */
  readonly complete: boolean;
  readonly kept?: KeptElsewhere;
}

/**
 * Checks chains of records line by line, over any number of files and instances. Lines are compared as bytes, the way
 * `SealedLines` writes them.
 */
export class ChainVerifier {
  readonly #chains = new Map<string, ChainState>();
  readonly #findings = new ChainFindings();
  readonly #complete: boolean;
  readonly #kept: KeptElsewhere | undefined;
  readonly #ended: EndedInstances;
  readonly #heads = new InstanceHeads();
  readonly #leftOvers = new LeftOvers(this.#findings);
  readonly #running = new Set<string>();
  /** Whose folder the file that is read lies in, where its name says so. */
  #folderOf: string | undefined;
  /** The last one whose records were found in the folder of another. */
  #foreign: string | undefined;
  #records = 0;
  /** The chain of the line before. */
  #last: ChainState | undefined;

  constructor({ complete, kept }: ChainVerifierInput) {
    this.#complete = complete;
    this.#kept = kept;
    this.#ended = new EndedInstances(complete);
  }

  /** `folderOf`: whose records alone belong into the file. */
  beginFile(name: string, folderOf?: string): void {
    this.#findings.beginFile(name);
    this.#folderOf = folderOf;
    this.#foreign = undefined;
  }

  /** What lies beside the segments of an instance. All heads come before the first line. */
  addHead(head: FoundHead): void {
    this.#heads.add(head);
  }

  addEndedFile(found: FoundEndedFile): void {
    this.#ended.addFile(found);
  }

  /** The process of an instance is there. Before `finish`. */
  isRunning(instance: string): void {
    this.#running.add(instance);
  }

  /** Something wrong with the files themselves. */
  addFinding(finding: ChainFinding): void {
    this.#findings.add(finding);
  }

  /** One line without its end. The bytes are changed: hand in a buffer that nobody needs afterwards. */
  line(bytes: Buffer): void {
    this.#findings.beginLine();
    const line = readSealedLine(bytes);
    if (line === undefined) {
      this.#otherLine(bytes);
      return;
    }
    this.#records += 1;
    const { seq, instance, recordType, claimed, actual, prevHash } = line;
    const intact = actual === claimed;
    if (!intact) this.#changed(bytes, seq, instance);
    const chain = this.#follow({ instance, seq, prevHash, recordType, hash: intact ? actual : undefined });
    if (chain === undefined) return;
    if (isPartOfProof(recordType)) this.#proof(parseReadLine(bytes, line), recordType, chain);
    if (chain.unprovenSince === '' && provenUpTo(chain) < seq) chain.unprovenSince = timeOfReadLine(bytes);
  }

  /** A line of another program, in a log that carries several. */
  skip(): void {
    this.#findings.beginLine();
  }

  /** The file ends inside a line. */
  torn(bytes: Buffer, length: number): void {
    this.#findings.beginLine();
    if (bytes.includes(0)) this.#hole();
    else if (this.#last !== undefined && this.#last.stopSeq === 0 && bytes.toString('latin1').startsWith(recordStart))
      this.#findings.leaveOpen({
        code: 'unfinished',
        message: `instance ${this.#last.instance} ends with an unfinished record of ${length} bytes: a crash while writing leaves that, and so does a cut; Seccomply closes it off at its next start`,
        instance: this.#last.instance,
      });
    else
      this.#findings.addHere({
        code: 'torn-line',
        message: `the last line is not finished (${length} bytes): a crash while writing, or cut; Seccomply closes it off at its next start`,
      });
  }

  /** Bytes after the last acknowledged record of a segment, which the next segment leaves out; undefined for more than a write has. */
  leftOut(file: string, bytes: Buffer | undefined, length: number): void {
    this.#leftOvers.add(file, bytes, length, this.#last);
  }

  finish(): ChainReport {
    const chains = [...this.#chains.values()];
    this.#leftOvers.check();
    this.#kept?.check(this.#chains, this.#findings);
    this.#heads.check(this.#chains, this.#findings);
    this.#ended.check(this.#chains, this.#findings);
    for (const { instance, stopSeq, stopIsSigned } of chains)
      if (stopSeq > 0 && !stopIsSigned)
        this.#findings.add({
          code: 'stop-unsigned',
          message: `the instance stopped in order with record ${stopSeq}, but the signature over its end is missing: an orderly stop leaves one`,
          seq: stopSeq,
          instance,
        });
    const instances = chains.map((chain) =>
      summaryOf(chain, {
        ended: this.#howEnded(chain),
        foundAt: this.#ended.vouchedSince(chain, this.#chains),
        endIsKept: this.#kept?.showsEnd(chain) === true,
      }),
    );
    for (const one of instances) sayOpenEnds(one, this.#findings);
    const { list: findings, omitted: findingsOmitted, gaps, gapsOmitted, notes } = this.#findings;
    let unproven = 0;
    for (const one of instances) if (one.unproven !== undefined) unproven += one.unproven.to - one.unproven.from + 1;
    return {
      ok: findings.length === 0,
      unproven,
      records: this.#records,
      instances,
      findings,
      findingsOmitted,
      gaps,
      gapsOmitted,
      notes,
    };
  }

  #howEnded({ instance, stopIsSigned }: ChainState): InstanceSummary['ended'] {
    if (stopIsSigned) return 'stopped';
    return this.#ended.saidOf(instance) ?? (this.#running.has(instance) ? 'running' : 'open');
  }

  /** Says what is wrong with a line that is not byte for byte as we write them. */
  #otherLine(bytes: Buffer): void {
    const record = readRecord(bytes);
    if (record === undefined) {
      this.#noRecord(bytes);
      return;
    }
    const { seq, prevHash, recordType, source, time } = record;
    const { instance } = source;
    this.#records += 1;
    const same = isIntact(record);
    if (same)
      this.#findings.addHere({
        code: 'rewritten',
        message:
          'the content is intact, but the line is not byte for byte as it was written: another program has printed it again',
        seq,
        instance,
      });
    else this.#changed(bytes, seq, instance);
    const chain = this.#follow({ instance, seq, prevHash, recordType, hash: same ? record.hash : undefined });
    if (chain !== undefined && chain.unprovenSince === '') chain.unprovenSince = time;
  }

  #noRecord(bytes: Buffer): void {
    if (bytes.includes(0)) this.#hole();
    else if (bytes.toString('latin1').trim() === '')
      this.#findings.addHere({ code: 'blank-line', message: 'a blank line: Seccomply writes none' });
    else this.#findings.addHere({ code: 'not-a-record', message: 'this line is not an audit record' });
  }

  #hole(): void {
    this.#findings.addHere({
      code: 'hole',
      message:
        'there are NUL bytes where a record was: something overwrote it, or a power failure kept it from the disk',
    });
    // It may stand where the next record of its file was.
    if (this.#last !== undefined) this.#last.unread += 1;
  }

  #changed(bytes: Buffer, seq: number, instance: string): void {
    if (bytes.includes(0))
      this.#findings.addHere({
        code: 'hole',
        message: 'the record was changed: NUL bytes stand in it',
        seq,
        instance,
      });
    else
      this.#findings.addHere({
        code: 'changed',
        message: 'the record was changed: its hash does not fit its content',
        seq,
        instance,
      });
  }

  /** The chain that an intact record goes on with; undefined for one that does not. */
  #follow(link: Link): ChainState | undefined {
    const { instance, seq, hash: actual } = link;
    this.#checkFolder(instance, seq);
    // What a changed record says of itself is worth nothing: it may stand where the next one of its file was.
    const named = this.#chains.get(instance);
    if (actual === undefined) {
      const chain = named ?? this.#last;
      if (chain !== undefined) {
        chain.records += 1;
        chain.unread += 1;
      }
      return undefined;
    }
    const chain = named ?? this.#begin(link);
    this.#last = chain;
    chain.records += 1;
    if (named !== undefined) {
      if (seq <= chain.seq) {
        this.#findings.addHere({
          code: 'out-of-order',
          message: `record ${seq} comes again or out of order: record ${chain.seq} was before it`,
          seq,
          instance,
        });
        return undefined;
      }
      this.#checkStep(chain, link);
    }
    chain.seq = seq;
    chain.hash = actual;
    chain.unread = 0;
    this.#compare(chain);
    return chain;
  }

  /** Once for all that follow one another. */
  #checkFolder(instance: string, seq: number): void {
    if (this.#folderOf === undefined || instance === this.#folderOf) this.#foreign = undefined;
    else if (instance !== this.#foreign) {
      this.#foreign = instance;
      this.#findings.addHere({
        code: 'foreign-record',
        message: `a record of instance ${instance} lies in the folder of instance ${this.#folderOf}: it was moved there`,
        seq,
        instance,
      });
    }
  }

  #checkStep(chain: ChainState, { instance, seq, prevHash, recordType }: Link): void {
    const gap = seq - chain.seq - 1;
    if (gap > chain.unread) {
      const which = gap === 1 ? `record ${seq - 1} is` : `records ${chain.seq + 1} to ${seq - 1} are`;
      const instead =
        chain.unread === 0 ? '' : `; ${chain.unread === 1 ? 'one' : chain.unread} of them may be what was changed`;
      this.#findings.addHere({ code: 'missing', message: `${which} missing${instead}`, seq, instance });
    } else if (gap === 0 && prevHash !== chain.hash)
      this.#findings.addHere({
        code: 'broken-link',
        message: `the record does not follow record ${chain.seq}: it names another one as the one before it`,
        seq,
        instance,
      });
    const isOverStop = recordType === 'checkpoint' && chain.seq === chain.stopSeq;
    if (chain.stopSeq > 0 && !isOverStop)
      this.#findings.addHere({
        code: 'after-stop',
        message: `the record comes after the stop of its instance, which was record ${chain.stopSeq}`,
        seq,
        instance,
      });
  }

  #begin({ instance, seq, prevHash, recordType }: Link): ChainState {
    const chain = newChainState(instance, seq);
    this.#chains.set(instance, chain);
    if (seq === 1 && prevHash !== firstPrevHash)
      this.#findings.addHere({
        code: 'broken-link',
        message: 'the first record names a record before it',
        seq,
        instance,
      });
    chain.lacksBeginning = seq > 1;
    if (seq > 1 && recordType !== 'segment' && this.#complete)
      this.#findings.addHere({
        code: 'no-beginning',
        message: `the chain begins with record ${seq}: records 1 to ${seq - 1} are missing`,
        seq,
        instance,
      });
    else if (seq > 1)
      this.#findings.leaveOpen({
        code: 'segments-before',
        message: `instance ${instance} begins with record ${seq} here: records 1 to ${seq - 1}, and the key that they name, are not here (if they lie elsewhere, name that folder, too)`,
        instance,
      });
    return chain;
  }

  #compare(chain: ChainState): void {
    const { instance, seq } = chain;
    if (this.#heads.differs(instance, seq, chain.hash))
      this.#findings.addHere({
        code: 'checkpoint-differs',
        message:
          'the record is not the one that was signed: the last signature, beside the chain, has another hash for it',
        seq,
        instance,
      });
    if (this.#kept === undefined) return;
    const compared = this.#kept.compare(instance, seq, chain.hash);
    if (compared === 'not-kept') return;
    if (compared === 'same') {
      chain.differs = false;
      chain.keptUpTo = seq;
      chain.unprovenSince = '';
      return;
    }
    if (compared === 'other-record' && chain.differs) return;
    chain.differs = true;
    this.#findings.addHere(
      compared === 'other-signed'
        ? {
            code: 'checkpoint-differs',
            message: 'the record is not the one that was signed: a checkpoint kept elsewhere has another hash for it',
            seq,
            instance,
          }
        : {
            code: 'kept-differs',
            message: 'the record is not the one that was written: another one was kept elsewhere in its place',
            seq,
            instance,
          },
    );
  }

  /** Takes in an intact record that says something about its chain, or about another one. */
  #proof(record: AuditRecord | undefined, recordType: string, chain: ChainState): void {
    const { instance, seq } = chain;
    if (record === undefined || !hasItsPart(record)) {
      this.#findings.addHere({
        code: 'malformed',
        message: `the record does not hold what a record of type ${recordType} does: somebody else wrote it`,
        seq,
        instance,
      });
      return;
    }
    switch (record.recordType) {
      case 'start':
        if (chain.publicKey !== undefined && chain.publicKey !== record.start.publicKey)
          this.#findings.addHere({
            code: 'other-key',
            message: 'a second start record names another key than the one before it',
            seq,
            instance,
          });
        chain.publicKey ??= record.start.publicKey;
        return;
      case 'stop':
        chain.stopSeq = seq;
        return;
      case 'checkpoint': {
        chain.checkpoints += 1;
        const signed = ownCheckpoint(chain, record);
        if ('fault' in signed) {
          this.#findings.addHere({ ...signed.fault, seq, instance });
          return;
        }
        this.#heads.saw(instance, record.checkpoint);
        chain.publicKey ??= record.checkpoint.publicKey;
        chain.signedUpTo = signed.signedUpTo;
        chain.leavesHead ||= signed.signedUpTo === seq;
        chain.unprovenSince = '';
        if (chain.stopSeq > 0 && chain.stopSeq === seq - 1) chain.stopIsSigned = true;
        return;
      }
      case 'instance-ended': {
        const { endedInstance, torn } = record.ended;
        this.#ended.add({ end: record.ended, foundBy: instance, seq, time: record.time });
        if (torn !== undefined)
          this.#findings.note(
            `instance ${endedInstance} ended with an unfinished record of ${torn.bytes} bytes, which the next start moved to ${torn.file}: a crash while writing leaves that, and so does a cut`,
          );
        return;
      }
      case 'store':
        if (record.store.state === 'changed') this.#changedBelow(record, chain);
        this.#leftOvers.onStore(chain, record.store);
        return;
      case 'segment':
        this.#checkSegment(record, chain);
        return;
      default:
        return;
    }
  }

  /** The instance noticed that somebody had changed the segment before the one that it is in. */
  #changedBelow({ time, store, seq }: AuditRecord & StoreEntry, chain: ChainState): void {
    const { instance, firstSeq, segmentSeq, lacksBeginning } = chain;
    this.#findings.leaveOpen({
      code: 'file-changed',
      message: `instance ${instance} noticed at ${time} that its file had been changed: ${store.message}`,
      instance,
    });
    // Only finished segments may lie elsewhere.
    if (lacksBeginning && segmentSeq === firstSeq)
      this.#findings.addHere({
        code: 'no-beginning',
        message: `records 1 to ${firstSeq - 1} are missing, and the instance noticed that their file was changed or taken away while it wrote to it`,
        seq,
        instance,
      });
  }

  #checkSegment({ segment, seq, prevHash }: AuditRecord & SegmentEntry, chain: ChainState): void {
    const { instance } = chain;
    chain.segmentSeq = seq;
    this.#leftOvers.onSegment(chain);
    const { previous } = segment;
    if (previous === null || (previous.lastSeq === seq - 1 && previous.lastHash === prevHash)) return;
    this.#findings.addHere({
      code: 'malformed',
      message: 'the segment names another record as the last one of the segment before than it follows',
      seq,
      instance,
    });
  }
}
