import { hash } from 'node:crypto';
import { canonicalJson } from '../../document/canonical-json.js';
import { withItsMembers } from '../intact-record.js';
import type { AuditRecord } from '../record.js';
import { recordStart } from './sealed-lines.js';

/** What the chain needs of a line. */
export interface SealedLine {
  /** The hash that the line names. */
  readonly claimed: string;
  /** The hash of its content. */
  readonly actual: string;
  readonly prevHash: string;
  readonly recordType: string;
  readonly seq: number;
  readonly instance: string;
}

const comma = 0x2c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const quote = 0x22;
const backslash = 0x5c;
const prefix = Buffer.from(recordStart);
const hashEnd = prefix.length + 64;
const afterHash = Buffer.from('",');
const needles = {
  prevHash: Buffer.from('"prevHash":"'),
  recordType: Buffer.from('"recordType":"'),
  seq: Buffer.from('"seq":'),
  instance: Buffer.from('"instance":"'),
  time: Buffer.from('"time":"'),
};

/**
 * Reads a line the way `SealedLines` writes it, without parsing it; undefined for any other. The names looked for cannot be inside a
 * value, since a quote in a value is escaped, and are used once each; the order is that of canonical JSON. Changes the bytes.
 */
export function readSealedLine(bytes: Buffer): SealedLine | undefined {
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
  // The brace that the hash was taken over, in place of the comma.
  bytes[hashEnd + 1] = openBrace;
  return {
    claimed: bytes.toString('latin1', prefix.length, hashEnd),
    actual: hash('sha256', bytes.subarray(hashEnd + 1)),
    prevHash: bytes.toString('latin1', prevFrom, prevFrom + 64),
    recordType,
    seq,
    instance,
  };
}

/** Makes a line again what it was before `readSealedLine` read it. */
export function restoreReadLine(bytes: Buffer): void {
  bytes[hashEnd + 1] = comma;
}

/** The record in the line of a log, without what a collector has put before it; the line itself where there is none. */
export function recordIn(line: Buffer): Buffer {
  return line.subarray(Math.max(0, line.indexOf(prefix)));
}

/** The last record that begins in a line, up to its own last brace: without what a collector has put behind it, or an interrupted copy before it. */
export function lastRecordIn(line: Buffer): Buffer {
  const start = Math.max(0, line.lastIndexOf(prefix));
  return line.subarray(start, endOfObject(line, start));
}

/** Where the object that begins at `start` ends; the end of the line where it does not. */
function endOfObject(line: Buffer, start: number): number {
  let depth = 0;
  let isInString = false;
  for (let at = start; at < line.length; at += 1) {
    const byte = line[at];
    if (isInString) {
      if (byte === backslash) at += 1;
      else if (byte === quote) isInString = false;
    } else if (byte === quote) isInString = true;
    else if (byte === openBrace) depth += 1;
    else if (byte === closeBrace) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return line.length;
}

/**
 * The record of a line that `readSealedLine` has read and found intact; undefined where it is not one that is written here: anybody
 * can put a hash to a text that is no JSON, that says one thing to a parser and another to whoever looks for names, or that lacks members.
 */
export function parseReadLine(bytes: Buffer, line: SealedLine): AuditRecord | undefined {
  const text = bytes.toString('utf8', hashEnd + 1);
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== 'object' || body === null || canonicalJson(body) !== text) return undefined;
    const record = withItsMembers({ ...body, hash: line.claimed });
    return record?.seq === line.seq &&
      record.source.instance === line.instance &&
      record.prevHash === line.prevHash &&
      record.recordType === line.recordType
      ? record
      : undefined;
  } catch {
    return undefined;
  }
}

/** The `time` of such a line. */
export function timeOfReadLine(bytes: Buffer): string {
  // Behind the instance, as canonical JSON has it; what is before it may hold anything.
  const at = bytes.indexOf(needles.time, bytes.indexOf(needles.instance));
  return at < 0 ? '' : (textAt(bytes, at + needles.time.length) ?? '');
}

function integerAt(bytes: Buffer, from: number): number | undefined {
  let value = 0;
  let at = from;
  for (let digit = bytes[at]; digit !== undefined && digit >= 0x30 && digit <= 0x39; digit = bytes[at]) {
    value = value * 10 + digit - 0x30;
    at += 1;
  }
  return at === from || value === 0 || !Number.isSafeInteger(value) ? undefined : value;
}

function textAt(bytes: Buffer, from: number): string | undefined {
  const end = bytes.indexOf(quote, from);
  return end < 0 || end - from > 128 ? undefined : bytes.toString('latin1', from, end);
}
