import { hash } from 'node:crypto';
import { canonicalJson } from '../document/canonical-json.js';
import { readRecord } from './intact-record.js';
import type { AuditRecord, CheckpointEntry } from './record.js';
import { checkpointHolds, firstPrevHash } from './seal.js';

/** A place where the proof fails. `line` counts from 1. */
export interface ChainFinding {
  readonly code:
    | 'not-a-record'
    | 'changed'
    | 'rewritten'
    | 'missing'
    | 'out-of-order'
    | 'broken-link'
    | 'no-beginning'
    | 'torn-line'
    | 'bad-checkpoint'
    | 'other-key'
    | 'checkpoint-differs'
    | 'tail-cut'
    | 'chain-missing'
    | 'ended-differently';
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly seq?: number;
  readonly instance?: string;
}

export interface InstanceSummary {
  readonly instance: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly lastHash: string;
  readonly records: number;
  readonly checkpoints: number;
  /** The last record under a good signature; 0 for none. */
  readonly signedUpTo: number;
  readonly publicKey?: string;
  readonly ended: 'stopped' | 'crashed' | 'open';
}

export interface ChainReport {
  readonly ok: boolean;
  readonly records: number;
  readonly instances: readonly InstanceSummary[];
  /** In the order they were met; the first is the first bad record. */
  readonly findings: readonly ChainFinding[];
  /** Findings past the limit. */
  readonly findingsOmitted: number;
  /** True things that an auditor should know and that are no faults. */
  readonly notes: readonly string[];
}

/** A checkpoint from elsewhere: a log collector, an Event, a Lease. */
export interface OutsideCheckpoint {
  readonly instance: string;
  readonly checkpoint: CheckpointEntry['checkpoint'];
}

export interface VerifyOptions {
  /** The input is a whole folder of records: chains begin at 1, and those that others speak of are there. */
  readonly complete: boolean;
  readonly outside?: readonly OutsideCheckpoint[];
}

interface Chain {
  readonly instance: string;
  firstSeq: number;
  seq: number;
  /** Undefined after a bad record, whose hash nothing can be checked against. */
  hash: string | undefined;
  records: number;
  checkpoints: number;
  signedUpTo: number;
  publicKey: string | undefined;
  stopped: boolean;
  stopSeq: number;
}

type Ended = Extract<AuditRecord, { readonly recordType: 'instance-ended' }>['ended'];

const findingLimit = 100;
const openBrace = 0x7b;
const prefix = Buffer.from('{"hash":"');
const hashEnd = prefix.length + 64;
const afterHash = Buffer.from('",');
const needles = {
  prevHash: Buffer.from('"prevHash":"'),
  recordType: Buffer.from('"recordType":"'),
  seq: Buffer.from('"seq":'),
  instance: Buffer.from('"instance":"'),
};
const parsedTypes = new Set(['start', 'stop', 'checkpoint', 'segment', 'instance-ended']);

/**
 * Checks chains of records line by line, over any number of files and instances. Lines are compared as bytes, the way
 * `sealEntry` wrote them; only the few records that the proof itself is made of are parsed.
 */
export class ChainVerifier {
  readonly #options: VerifyOptions;
  readonly #chains = new Map<string, Chain>();
  readonly #outside = new Map<string, Map<number, OutsideCheckpoint>>();
  readonly #ended = new Map<string, { readonly ended: Ended; readonly by: string }>();
  readonly #findings: ChainFinding[] = [];
  readonly #notes: string[] = [];
  #omitted = 0;
  #records = 0;
  #file = '';
  #line = 0;
  /** The instance of the line before. */
  #last = '';

  constructor(options: VerifyOptions) {
    this.#options = options;
    for (const outside of options.outside ?? []) {
      const ofInstance = this.#outside.get(outside.instance) ?? new Map<number, OutsideCheckpoint>();
      ofInstance.set(outside.checkpoint.lastSeq, outside);
      this.#outside.set(outside.instance, ofInstance);
    }
  }

  beginFile(name: string): void {
    this.#file = name;
    this.#line = 0;
  }

  /** One line without its end. The bytes are changed: hand in a buffer that nobody needs afterwards. */
  line(bytes: Buffer): void {
    this.#line += 1;
    const read = readSeal(bytes);
    if (read === undefined) {
      this.#brokenLine(bytes);
      return;
    }
    this.#records += 1;
    const { seq, instance, recordType, claimed, prevHash } = read;
    bytes[hashEnd + 1] = openBrace;
    const actual = hash('sha256', bytes.subarray(hashEnd + 1));
    const intact = actual === claimed;
    if (!intact) {
      this.#add({
        code: 'changed',
        message: 'the record was changed: its hash does not fit its content',
        seq,
        instance,
      });
    }
    this.#link(instance, seq, prevHash, intact ? actual : undefined, recordType);
    if (intact && parsedTypes.has(recordType)) this.#special(bodyOf(bytes), instance, seq);
  }

  /** A line of another program, in a log that carries several. */
  skip(): void {
    this.#line += 1;
  }

  /** The file ends inside a line. */
  torn(bytes: number): void {
    this.#line += 1;
    this.#add({
      code: 'torn-line',
      message: `the last line is not finished (${bytes} bytes): a crash while writing, or cut; Seccomply closes it off at its next start`,
    });
  }

  /** Bytes after the last acknowledged record of a segment, which the next segment leaves out. */
  leftOut(file: string, bytes: number): void {
    this.#notes.push(
      `${file}: ${bytes} bytes at the end were never acknowledged and do not count (the next segment says so)`,
    );
  }

  finish(): ChainReport {
    for (const [instance, ofInstance] of this.#outside) this.#checkOutside(instance, [...ofInstance.values()]);
    for (const [instance, { ended, by }] of this.#ended) this.#checkEnded(instance, ended, by);
    const instances = [...this.#chains.values()].map((chain) => this.#summary(chain));
    for (const summary of instances) this.#noteOpenEnds(summary);
    return {
      ok: this.#findings.length === 0,
      records: this.#records,
      instances,
      findings: this.#findings,
      findingsOmitted: this.#omitted,
      notes: this.#notes,
    };
  }

  #add(finding: Omit<ChainFinding, 'file' | 'line'>, where: 'here' | 'nowhere' = 'here'): void {
    if (this.#findings.length >= findingLimit) {
      this.#omitted += 1;
      return;
    }
    this.#findings.push(where === 'here' ? { ...finding, file: this.#file, line: this.#line } : finding);
  }

  /** Says what is wrong with a line that is not byte for byte as we write them. */
  #brokenLine(bytes: Buffer): void {
    const record = readRecord(bytes);
    if (record === undefined) {
      this.#add({ code: 'not-a-record', message: 'this line is not an audit record' });
      this.#forgetLast();
      return;
    }
    const { hash: claimed, ...body } = record;
    const instance = record.source.instance;
    this.#records += 1;
    const same = hash('sha256', canonicalJson(body)) === claimed;
    this.#add({
      code: same ? 'rewritten' : 'changed',
      message: same
        ? 'the content is intact, but the line is not byte for byte as it was written: another program has printed it again'
        : 'the record was changed: its hash does not fit its content',
      seq: record.seq,
      instance,
    });
    this.#link(instance, record.seq, record.prevHash, same ? claimed : undefined, record.recordType);
  }

  /** A line that is no record any more stands where the next one of its file would. */
  #forgetLast(): void {
    const chain = this.#chains.get(this.#last);
    if (chain === undefined) return;
    chain.seq += 1;
    chain.hash = undefined;
  }

  #link(instance: string, seq: number, prevHash: string, actual: string | undefined, recordType: string): void {
    // What a changed record says of itself is worth nothing: it stands where the next one of its file would.
    const chain = this.#chains.get(actual === undefined && !this.#chains.has(instance) ? this.#last : instance);
    if (chain === undefined) {
      this.#begin(instance, seq, prevHash, actual, recordType);
      return;
    }
    this.#last = chain.instance;
    chain.records += 1;
    if (actual === undefined) {
      chain.seq += 1;
      chain.hash = undefined;
      return;
    }
    if (seq <= chain.seq) {
      this.#add({
        code: 'out-of-order',
        message: `record ${seq} comes again or out of order: record ${chain.seq} was before it`,
        seq,
        instance,
      });
      return;
    }
    if (seq > chain.seq + 1) {
      const gap = seq === chain.seq + 2 ? `record ${seq - 1} is` : `records ${chain.seq + 1} to ${seq - 1} are`;
      this.#add({ code: 'missing', message: `${gap} missing`, seq, instance });
    } else if (chain.hash !== undefined && prevHash !== chain.hash) {
      this.#add({
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

  #begin(instance: string, seq: number, prevHash: string, actual: string | undefined, recordType: string): void {
    this.#last = instance;
    this.#chains.set(instance, {
      instance,
      firstSeq: seq,
      seq,
      hash: actual,
      records: 1,
      checkpoints: 0,
      signedUpTo: 0,
      publicKey: undefined,
      stopped: false,
      stopSeq: -1,
    });
    if (seq === 1 && prevHash !== firstPrevHash)
      this.#add({
        code: 'broken-link',
        message: 'the first record names a record before it',
        seq,
        instance,
      });
    if (seq > 1 && (this.#options.complete || recordType !== 'segment'))
      this.#add({
        code: 'no-beginning',
        message: `the chain begins with record ${seq}: records 1 to ${seq - 1} are missing`,
        seq,
        instance,
      });
    else if (seq > 1)
      this.#notes.push(`instance ${instance} begins with record ${seq} here; the segments before it were not given`);
    this.#compareOutside(instance, seq, actual);
  }

  #compareOutside(instance: string, seq: number, actual: string | undefined): void {
    const outside = this.#outside.get(instance)?.get(seq);
    if (outside === undefined || actual === undefined || outside.checkpoint.lastHash === actual) return;
    // One whose signature does not hold says nothing about the record; it is a finding of its own at the end.
    if (checkpointHolds(instance, outside.checkpoint))
      this.#add({
        code: 'checkpoint-differs',
        message: 'the record is not the one that was signed: a checkpoint kept elsewhere has another hash for it',
        seq,
        instance,
      });
  }

  #special(record: AuditRecord, instance: string, seq: number): void {
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
      case 'checkpoint':
        this.#checkpoint(chain, record.checkpoint, record.prevHash, seq);
        return;
      case 'instance-ended':
        this.#ended.set(record.ended.endedInstance, { ended: record.ended, by: instance });
        if (record.ended.torn !== undefined)
          this.#notes.push(
            `instance ${record.ended.endedInstance} crashed while writing: an unfinished record of ${record.ended.torn.bytes} bytes was moved to ${record.ended.torn.file}; it was never acknowledged`,
          );
        return;
      default:
        return;
    }
  }

  #checkpoint(chain: Chain, checkpoint: CheckpointEntry['checkpoint'], prevHash: string, seq: number): void {
    const { instance } = chain;
    chain.checkpoints += 1;
    // An orderly end is a stop and the checkpoint over it.
    chain.stopped = chain.stopSeq === seq - 1;
    if (checkpoint.lastSeq !== seq - 1 || checkpoint.lastHash !== prevHash || !checkpointHolds(instance, checkpoint)) {
      this.#add({
        code: 'bad-checkpoint',
        message: 'the signature of the checkpoint does not hold for the chain before it',
        seq,
        instance,
      });
      return;
    }
    if (chain.publicKey !== undefined && chain.publicKey !== checkpoint.publicKey) {
      this.#add({
        code: 'other-key',
        message: 'the checkpoint is signed with another key than the start of the instance names',
        seq,
        instance,
      });
      return;
    }
    chain.publicKey ??= checkpoint.publicKey;
    chain.signedUpTo = seq;
  }

  #checkOutside(instance: string, outside: readonly OutsideCheckpoint[]): void {
    const chain = this.#chains.get(instance);
    for (const { checkpoint } of outside) {
      const seq = checkpoint.lastSeq;
      if (!checkpointHolds(instance, checkpoint)) {
        this.#add(
          {
            code: 'bad-checkpoint',
            message: 'a checkpoint kept elsewhere has a signature that does not hold',
            seq,
            instance,
          },
          'nowhere',
        );
        continue;
      }
      if (chain === undefined) {
        this.#add(
          {
            code: 'chain-missing',
            message: `the chain of instance ${instance} is missing: a checkpoint kept elsewhere signs ${seq} records of it`,
            seq,
            instance,
          },
          'nowhere',
        );
        return;
      }
      if (chain.publicKey !== undefined && chain.publicKey !== checkpoint.publicKey)
        this.#add(
          {
            code: 'other-key',
            message:
              'the chain names another key than the one that signed a checkpoint kept elsewhere: it was made anew',
            seq,
            instance,
          },
          'nowhere',
        );
      if (seq > chain.seq)
        this.#add(
          {
            code: 'tail-cut',
            message: `the chain ends with record ${chain.seq}, but record ${seq} was signed: ${chain.seq + 1 === seq ? `record ${seq} was` : `records ${chain.seq + 1} to ${seq} were`} cut off`,
            seq: chain.seq,
            instance,
          },
          'nowhere',
        );
    }
  }

  #checkEnded(instance: string, ended: Ended, by: string): void {
    const chain = this.#chains.get(instance);
    if (chain === undefined) {
      if (!this.#options.complete) {
        this.#notes.push(`instance ${by} names instance ${instance} before it, which was not given`);
      } else if (ended.lastSeq > 0)
        this.#add(
          {
            code: 'chain-missing',
            message: `the chain of instance ${instance} is missing: instance ${by} found ${ended.lastSeq} records of it`,
            instance,
          },
          'nowhere',
        );
      return;
    }
    if (chain.seq !== ended.lastSeq || (chain.hash !== undefined && chain.hash !== ended.lastHash))
      this.#add(
        {
          code: 'ended-differently',
          message: `the chain ends with record ${chain.seq}, but instance ${by} found its end at record ${ended.lastSeq}${chain.seq === ended.lastSeq ? ' with another hash' : ''}`,
          seq: chain.seq,
          instance,
        },
        'nowhere',
      );
  }

  #summary(chain: Chain): InstanceSummary {
    const ended = this.#ended.get(chain.instance)?.ended.how;
    return {
      instance: chain.instance,
      firstSeq: chain.firstSeq,
      lastSeq: chain.seq,
      lastHash: chain.hash ?? '',
      records: chain.records,
      checkpoints: chain.checkpoints,
      signedUpTo: chain.signedUpTo,
      ...(chain.publicKey === undefined ? {} : { publicKey: chain.publicKey }),
      ended: chain.stopped ? 'stopped' : (ended ?? 'open'),
    };
  }

  #noteOpenEnds(summary: InstanceSummary): void {
    const unsigned = summary.lastSeq - summary.signedUpTo;
    if (unsigned > 0)
      this.#notes.push(
        `instance ${summary.instance}: ${unsigned === 1 ? 'the last record is' : `the last ${unsigned} records are`} chained, but not signed yet`,
      );
    if (summary.ended === 'open')
      this.#notes.push(
        `instance ${summary.instance} has no stop record: it is running, it crashed, or its end was cut (a checkpoint kept elsewhere would tell)`,
      );
  }
}

interface ReadSeal {
  readonly claimed: string;
  readonly prevHash: string;
  readonly recordType: string;
  readonly seq: number;
  readonly instance: string;
}

/**
 * Reads what the chain needs out of a line without parsing it. The names looked for cannot be inside a value, since a quote in
 * a value is escaped, and are used once each; the order is that of canonical JSON.
 */
function readSeal(bytes: Buffer): ReadSeal | undefined {
  if (bytes.length < hashEnd + 3 || bytes.compare(prefix, 0, prefix.length, 0, prefix.length) !== 0) return undefined;
  if (bytes.compare(afterHash, 0, 2, hashEnd, hashEnd + 2) !== 0) return undefined;
  const prevAt = bytes.indexOf(needles.prevHash, hashEnd);
  const typeAt = prevAt < 0 ? -1 : bytes.indexOf(needles.recordType, prevAt + 76);
  const seqAt = typeAt < 0 ? -1 : bytes.indexOf(needles.seq, typeAt + 14);
  const instanceAt = seqAt < 0 ? -1 : bytes.indexOf(needles.instance, seqAt + 6);
  if (instanceAt < 0) return undefined;
  const seq = integerAt(bytes, seqAt + needles.seq.length);
  const recordType = textAt(bytes, typeAt + needles.recordType.length);
  const instance = textAt(bytes, instanceAt + needles.instance.length);
  if (seq === undefined || recordType === undefined || instance === undefined) return undefined;
  const prevFrom = prevAt + needles.prevHash.length;
  return {
    claimed: bytes.toString('latin1', prefix.length, hashEnd),
    prevHash: bytes.toString('latin1', prevFrom, prevFrom + 64),
    recordType,
    seq,
    instance,
  };
}

function integerAt(bytes: Buffer, from: number): number | undefined {
  let value = 0;
  let at = from;
  for (let digit = bytes[at]; digit !== undefined && digit >= 0x30 && digit <= 0x39; digit = bytes[at]) {
    value = value * 10 + digit - 0x30;
    at += 1;
  }
  return at === from || !Number.isSafeInteger(value) ? undefined : value;
}

function textAt(bytes: Buffer, from: number): string | undefined {
  const end = bytes.indexOf(0x22, from);
  return end < 0 || end - from > 128 ? undefined : bytes.toString('latin1', from, end);
}

/** The body that `line` left behind when it put the brace over the comma; the hash was compared already. */
function bodyOf(bytes: Buffer): AuditRecord {
  return JSON.parse(bytes.toString('utf8', hashEnd + 1)) as AuditRecord;
}
