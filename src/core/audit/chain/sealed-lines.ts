import { hash } from 'node:crypto';
import { canonicalJson } from '../../document/canonical-json.js';
import { type AdmissionEntry, isAdmissionEntry } from '../admission-entry.js';
import type { AuditEntry, AuditRecord, ClusterIdentity, RecordSource } from '../record.js';

/** `prevHash` of the first record of an instance. */
export const firstPrevHash = '0'.repeat(64);

/** What makes an entry a record of a chain. */
export interface SealInput {
  readonly recordId: string;
  readonly seq: number;
  readonly time: string;
  readonly source: RecordSource;
  readonly cluster?: ClusterIdentity;
  readonly prevHash: string;
}

/** How the line of every record begins. */
export const recordStart = '{"hash":"';
const hashEnd = '",';
const beforeBody = recordStart.length + 64 + hashEnd.length - 1;
const lineEnd = 0x0a;

/** Bytes that are kept from one batch to the next. */
const leastBytes = 65_536;
const mostKeptBytes = 1_048_576;

/**
 * Makes entries records of the chain. The hash is SHA-256 over the canonical JSON of everything else, and the line is that
 * very text with `"hash"` put in front: whoever checks needs no parser (`{` + what follows the first comma), whoever parses
 * removes `hash`, prints canonically and gets the same bytes.
 */
export class SealedLines {
  #bytes = Buffer.allocUnsafeSlow(leastBytes);
  #length = 0;
  #lengths: number[] = [];

  /** Bytes of each line with its end. */
  get lengths(): readonly number[] {
    return this.#lengths;
  }

  /** All lines with their ends; a view that is good until the next `add` or `clear`. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Begins anew, in the same memory: that of a new buffer costs more than to write to it. */
  clear(): void {
    if (this.#bytes.length > mostKeptBytes) this.#bytes = Buffer.allocUnsafeSlow(leastBytes);
    this.#length = 0;
    this.#lengths = [];
  }

  /** Leaves the memory of `bytes` to whoever still has it. */
  letGo(): void {
    this.#bytes = Buffer.allocUnsafeSlow(leastBytes);
    this.clear();
  }

  /** Returns the record's hash. */
  add(entry: AuditEntry, input: SealInput): string {
    const seal = { ...input, stream: 'audit', version: 1 } as const;
    const body = canonicalJson(isAdmissionEntry(entry) ? sealedAdmission(entry, seal) : { ...entry, ...seal });
    // No UTF-16 code unit takes more than three bytes.
    const bytes = this.#withRoom(beforeBody + body.length * 3 + 1);
    const start = this.#length;
    const at = start + beforeBody;
    const end = at + bytes.write(body, at);
    const digest = hash('sha256', bytes.subarray(at, end));
    // The comma takes the place of the brace that the hash was taken over.
    bytes.write(`${recordStart}${digest}${hashEnd}`, start, 'latin1');
    bytes[end] = lineEnd;
    this.#length = end + 1;
    this.#lengths.push(this.#length - start);
    return digest;
  }

  #withRoom(more: number): Buffer {
    const least = this.#length + more;
    if (least <= this.#bytes.length) return this.#bytes;
    const larger = Buffer.allocUnsafeSlow(Math.max(least, 2 * this.#bytes.length));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
    return larger;
  }
}

/** Most records are of admissions: their members in the order in which they are printed, so that they need not be sorted. */
function sealedAdmission(
  entry: AdmissionEntry,
  seal: SealInput & Pick<AuditRecord, 'stream' | 'version'>,
): { readonly [Key in keyof Required<AdmissionEntry> | keyof typeof seal]: unknown } {
  return {
    actor: entry.actor,
    caller: entry.caller,
    cluster: seal.cluster,
    container: entry.container,
    controls: entry.controls,
    decision: entry.decision,
    exemption: entry.exemption,
    finding: entry.finding,
    findingsSha256: entry.findingsSha256,
    observedTime: entry.observedTime,
    otherFindings: entry.otherFindings,
    otherFindingsOmitted: entry.otherFindingsOmitted,
    policy: entry.policy,
    prevHash: seal.prevHash,
    profile: entry.profile,
    recordId: seal.recordId,
    recordType: entry.recordType,
    request: entry.request,
    seq: seal.seq,
    source: seal.source,
    stream: seal.stream,
    time: seal.time,
    version: seal.version,
    workload: entry.workload,
  };
}
