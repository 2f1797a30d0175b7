import { hash } from 'node:crypto';
import { canonicalJson } from '../../document/canonical-json.js';
import { readRecord } from '../intact-record.js';
import type { AuditRecord } from '../record.js';
import { ChainFindings } from './chain-findings.js';
import type { ChainReport } from './chain-report.js';
import { beginChain, type ChainState } from './chain-state.js';
import { EndedInstances } from './ended-instances.js';
import { openEnds, summaryOf } from './instance-summary.js';
import { type OutsideCheckpoint, OutsideCheckpoints } from './outside-checkpoints.js';
import { checkpointFault } from './own-checkpoint.js';
import { parseReadLine, readSealedLine } from './read-sealed-line.js';
import { firstPrevHash } from './sealed-lines.js';

/** The records that the proof itself is made of; only these are parsed. */
const parsedTypes = new Set(['start', 'stop', 'checkpoint', 'instance-ended']);

/** Where a record says that it stands. `hash` is undefined for one that is not intact. */
interface Link {
  readonly instance: string;
  readonly seq: number;
  readonly prevHash: string;
  readonly recordType: string;
  readonly hash: string | undefined;
}

/**
 * Checks chains of records line by line, over any number of files and instances. Lines are compared as bytes, the way
 * `SealedLines` writes them.
 */
export class ChainVerifier {
  readonly #complete: boolean;
  readonly #chains = new Map<string, ChainState>();
  readonly #findings = new ChainFindings();
  readonly #outside: OutsideCheckpoints;
  readonly #ended: EndedInstances;
  #records = 0;
  /** The chain of the line before. */
  #last: ChainState | undefined;

  /** `complete`: the input is a whole folder of records, so chains begin at 1, and those that others speak of are there. */
  constructor(input: { readonly complete: boolean; readonly outside: readonly OutsideCheckpoint[] }) {
    const { complete, outside } = input;
    this.#complete = complete;
    this.#outside = new OutsideCheckpoints(outside);
    this.#ended = new EndedInstances(complete);
  }

  beginFile(name: string): void {
    this.#findings.beginFile(name);
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
    if (!intact)
      this.#findings.addHere({
        code: 'changed',
        message: 'the record was changed: its hash does not fit its content',
        seq,
        instance,
      });
    this.#follow({ instance, seq, prevHash, recordType, hash: intact ? actual : undefined });
    if (intact && parsedTypes.has(recordType)) this.#proof(parseReadLine(bytes), instance, seq);
  }

  /** A line of another program, in a log that carries several. */
  skip(): void {
    this.#findings.beginLine();
  }

  /** The file ends inside a line. */
  torn(bytes: number): void {
    this.#findings.beginLine();
    this.#findings.addHere({
      code: 'torn-line',
      message: `the last line is not finished (${bytes} bytes): a crash while writing, or cut; Seccomply closes it off at its next start`,
    });
  }

  /** Bytes after the last acknowledged record of a segment, which the next segment leaves out. */
  leftOut(file: string, bytes: number): void {
    this.#findings.notes.push(
      `${file}: ${bytes} bytes at the end were never acknowledged and do not count (the next segment says so)`,
    );
  }

  finish(): ChainReport {
    this.#outside.check(this.#chains, this.#findings);
    this.#ended.check(this.#chains, this.#findings);
    const instances = [...this.#chains.values()].map((chain) => summaryOf(chain, this.#ended.howEnded(chain)));
    const { list: findings, omitted: findingsOmitted, notes } = this.#findings;
    notes.push(...instances.flatMap(openEnds));
    return { ok: findings.length === 0, records: this.#records, instances, findings, findingsOmitted, notes };
  }

  /** Says what is wrong with a line that is not byte for byte as we write them. */
  #otherLine(bytes: Buffer): void {
    const record = readRecord(bytes);
    if (record === undefined) {
      this.#findings.addHere({ code: 'not-a-record', message: 'this line is not an audit record' });
      // It stands where the next record of its file would.
      if (this.#last !== undefined) passOver(this.#last);
      return;
    }
    const { hash: claimed, ...body } = record;
    const { seq, prevHash, recordType, source } = record;
    const { instance } = source;
    this.#records += 1;
    const same = hash('sha256', canonicalJson(body)) === claimed;
    this.#findings.addHere({
      code: same ? 'rewritten' : 'changed',
      message: same
        ? 'the content is intact, but the line is not byte for byte as it was written: another program has printed it again'
        : 'the record was changed: its hash does not fit its content',
      seq,
      instance,
    });
    this.#follow({ instance, seq, prevHash, recordType, hash: same ? claimed : undefined });
  }

  #follow(link: Link): void {
    const { instance, seq, prevHash, hash: actual } = link;
    // What a changed record says of itself is worth nothing: it stands where the next one of its file would.
    const named = this.#chains.get(instance);
    const chain = actual === undefined ? (named ?? this.#last) : named;
    if (chain === undefined) {
      this.#begin(link);
      return;
    }
    this.#last = chain;
    chain.records += 1;
    if (actual === undefined) {
      passOver(chain);
      return;
    }
    if (seq <= chain.seq) {
      this.#findings.addHere({
        code: 'out-of-order',
        message: `record ${seq} comes again or out of order: record ${chain.seq} was before it`,
        seq,
        instance,
      });
      return;
    }
    if (seq > chain.seq + 1) {
      const gap = seq === chain.seq + 2 ? `record ${seq - 1} is` : `records ${chain.seq + 1} to ${seq - 1} are`;
      this.#findings.addHere({ code: 'missing', message: `${gap} missing`, seq, instance });
    } else if (chain.hash !== undefined && prevHash !== chain.hash) {
      this.#findings.addHere({
        code: 'broken-link',
        message: `the record does not follow record ${chain.seq}: it names another one as the one before it`,
        seq,
        instance,
      });
    }
    chain.seq = seq;
    chain.hash = actual;
    chain.stopped = false;
    this.#compareOutside(instance, seq, actual);
  }

  #begin({ instance, seq, prevHash, recordType, hash: actual }: Link): void {
    const chain = beginChain(instance, seq, actual);
    this.#last = chain;
    this.#chains.set(instance, chain);
    if (seq === 1 && prevHash !== firstPrevHash)
      this.#findings.addHere({
        code: 'broken-link',
        message: 'the first record names a record before it',
        seq,
        instance,
      });
    if (seq > 1 && (this.#complete || recordType !== 'segment'))
      this.#findings.addHere({
        code: 'no-beginning',
        message: `the chain begins with record ${seq}: records 1 to ${seq - 1} are missing`,
        seq,
        instance,
      });
    else if (seq > 1)
      this.#findings.notes.push(
        `instance ${instance} begins with record ${seq} here; the segments before it were not given`,
      );
    if (actual !== undefined) this.#compareOutside(instance, seq, actual);
  }

  #compareOutside(instance: string, seq: number, actual: string): void {
    if (this.#outside.contradict(instance, seq, actual))
      this.#findings.addHere({
        code: 'checkpoint-differs',
        message: 'the record is not the one that was signed: a checkpoint kept elsewhere has another hash for it',
        seq,
        instance,
      });
  }

  /** Takes in an intact record that says something about its chain, or about another one. */
  #proof(record: AuditRecord, instance: string, seq: number): void {
    const chain = this.#chains.get(instance);
    if (chain === undefined) return;
    switch (record.recordType) {
      case 'start':
        chain.publicKey = record.start.publicKey;
        return;
      case 'stop':
        chain.stopped = true;
        chain.stopSeq = seq;
        return;
      case 'checkpoint': {
        chain.checkpoints += 1;
        // An orderly end is a stop and the checkpoint over it.
        chain.stopped = chain.stopSeq === seq - 1;
        const fault = checkpointFault(chain, record.checkpoint, { seq, prevHash: record.prevHash });
        if (fault !== undefined) {
          this.#findings.addHere({ ...fault, seq, instance });
          return;
        }
        chain.publicKey ??= record.checkpoint.publicKey;
        chain.signedUpTo = seq;
        return;
      }
      case 'instance-ended': {
        const { endedInstance, torn } = record.ended;
        this.#ended.add(record.ended, instance);
        if (torn !== undefined)
          this.#findings.notes.push(
            `instance ${endedInstance} crashed while writing: an unfinished record of ${torn.bytes} bytes was moved to ${torn.file}; it was never acknowledged`,
          );
        return;
      }
      default:
        return;
    }
  }
}

function passOver(chain: ChainState): void {
  chain.seq += 1;
  chain.hash = undefined;
}
