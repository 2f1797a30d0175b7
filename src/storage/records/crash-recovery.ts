import { hash } from 'node:crypto';
import { access, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { firstPrevHash } from '../../core/audit/chain/sealed-lines.js';
import { readIntactRecord } from '../../core/audit/intact-record.js';
import type { InstanceEndedEntry } from '../../core/audit/log-entries.js';
import type { AuditRecord } from '../../core/audit/record.js';
import { errnoOf } from '../../system/errno.js';
import { ownerFile, ownerOf } from './instance-lock.js';
import { instancesIn, segmentsIn } from './segments.js';

const endedFile = 'ended.json';
export const reserveFile = 'reserve';
const step = 256 * 1024;

export interface CrashedInstance {
  readonly entry: InstanceEndedEntry;
  /** To be called when the entry is on disk, so that the next start does not say it again. */
  settle(): Promise<void>;
}

/**
 * Looks at how the instances before us in this folder ended, and closes off what a crash left: an unfinished last line moves to
 * a file beside its segment. Instances that still run, or run on another host, are left alone.
 */
export async function crashedInstancesIn(folder: string, self: string): Promise<readonly CrashedInstance[]> {
  const predecessors: CrashedInstance[] = [];
  for (const instance of await instancesIn(folder)) {
    if (instance === self) continue;
    const inside = join(folder, instance);
    if (await isThere(join(inside, endedFile))) continue;
    // In this order: a start writes its owner's file before its first segment, so a folder that has neither is one that begins now
    // (or one that ended before its first record), and a folder with a segment has had an owner.
    const segments = await segmentsIn(inside);
    const owner = await ownerOf(inside);
    if (owner === 'alive' || owner === 'elsewhere' || (owner === 'unnamed' && segments.length === 0)) continue;
    const entry = await howItEnded(inside, instance, segments);
    predecessors.push({
      entry,
      async settle() {
        await writeOnce(join(inside, endedFile), `${JSON.stringify({ recordedBy: self })}\n`);
        await rm(join(inside, ownerFile), { force: true });
        await rm(join(inside, reserveFile), { force: true });
      },
    });
  }
  return predecessors;
}

async function howItEnded(
  inside: string,
  endedInstance: string,
  segments: readonly string[],
): Promise<InstanceEndedEntry> {
  let torn: InstanceEndedEntry['ended']['torn'];
  for (const name of [...segments].reverse()) {
    const tail = await tailOf(join(inside, name));
    if (tail.goodBytes < tail.size) torn = (await cutOff(inside, name, tail.goodBytes)) ?? torn;
    const [last, before] = tail.records;
    if (last === undefined) continue;
    const orderly = last.recordType === 'stop' || (last.recordType === 'checkpoint' && before?.recordType === 'stop');
    return {
      recordType: 'instance-ended',
      ended: {
        endedInstance,
        how: orderly && torn === undefined ? 'stopped' : 'crashed',
        lastSeq: last.seq,
        lastHash: last.hash,
        ...(torn === undefined ? {} : { torn }),
      },
    };
  }
  return {
    recordType: 'instance-ended',
    ended: {
      endedInstance,
      how: 'crashed',
      lastSeq: 0,
      lastHash: firstPrevHash,
      ...(torn === undefined ? {} : { torn }),
    },
  };
}

interface Tail {
  readonly size: number;
  /** Where what the crash left begins: behind the last line end, or before blocks that never reached the disk. */
  readonly goodBytes: number;
  /** The last two intact records, the last one first. */
  readonly records: readonly AuditRecord[];
}

/**
 * Reads a file backwards until it has two intact records. Only what a crash can leave is told apart from the records: an
 * unfinished line, and the NUL bytes of blocks that were allocated and not written. A finished line that was changed stays
 * where it is, for `audit verify` to find.
 */
async function tailOf(file: string): Promise<Tail> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    let from = size;
    let bytes: Buffer = Buffer.alloc(0);
    for (;;) {
      const length = Math.min(step, from);
      from -= length;
      const chunk = Buffer.alloc(length);
      await handle.read(chunk, 0, length, from);
      bytes = Buffer.concat([chunk, bytes]);
      const hole = bytes.indexOf(0);
      const end = (hole < 0 ? bytes : bytes.subarray(0, hole)).lastIndexOf(0x0a) + 1;
      const records = lastRecords(bytes.subarray(0, end), from === 0);
      if (records.length === 2 || from === 0) return { size, goodBytes: end === 0 ? 0 : from + end, records };
    }
  } finally {
    await handle.close();
  }
}

/** The last two intact records of whole lines; a first line that may have begun earlier is left out. */
function lastRecords(bytes: Buffer, wholeFile: boolean): readonly AuditRecord[] {
  const records: AuditRecord[] = [];
  let end = bytes.length - 1;
  while (end >= 0 && records.length < 2) {
    const before = end === 0 ? -1 : bytes.lastIndexOf(0x0a, end - 1);
    if (before < 0 && !wholeFile) break;
    const record = readIntactRecord(bytes.subarray(before + 1, end));
    if (record !== undefined) records.push(record);
    end = before;
  }
  return records;
}

async function cutOff(inside: string, name: string, goodBytes: number): Promise<InstanceEndedEntry['ended']['torn']> {
  const handle = await open(join(inside, name), 'r+');
  try {
    const { size } = await handle.stat();
    const bytes = Buffer.alloc(size - goodBytes);
    if (bytes.length === 0) return undefined;
    await handle.read(bytes, 0, bytes.length, goodBytes);
    const beside = `${name}.torn`;
    const copy = await open(join(inside, beside), 'w', 0o640);
    try {
      await copy.write(bytes, 0, bytes.length, 0);
      await copy.sync();
    } finally {
      await copy.close();
    }
    await handle.truncate(goodBytes);
    await handle.sync();
    return { file: beside, bytes: bytes.length, sha256: hash('sha256', bytes) };
  } finally {
    await handle.close();
  }
}

async function isThere(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}

async function writeOnce(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx', mode: 0o640 });
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
}
