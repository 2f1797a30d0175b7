import { hash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { firstPrevHash } from '../../core/audit/chain/sealed-lines.js';
import type { InstanceEndedEntry, StoreEntry } from '../../core/audit/log-entries.js';
import { errnoOf, messageOf } from '../../system/errno.js';
import { openRegular } from '../disk/open-regular.js';
import { endedFile } from './ended-file.js';
import { headOf } from './head-file.js';
import { ownerOf, removeOwner } from './instance-lock.js';
import { type Tail, tailOf } from './segment-tail.js';
import { instancesIn, segmentsAndOthersIn } from './segments.js';

export const reserveFile = 'reserve';

interface EndedInstance {
  /** How it ended; `store` where that cannot be told. */
  readonly entry: InstanceEndedEntry | StoreEntry;
  /** To be called when the entry is on disk, so that the next start does not say it again. */
  settle(): Promise<void>;
}

/** Instances that cannot be looked at, and are told one by one. */
const toldOneByOne = 10;

/**
 * Looks at how the instances before us in this folder ended, and closes off what a crash left: an unfinished last line moves to
 * a file beside its segment. Instances that still run, or run on another host, are left alone. So are those that cannot be looked at, since
 * somebody put something else in the place of a file, or may not be read: that is said each time.
 * @throws where the folder cannot be listed
 */
export async function endedInstancesIn(folder: string, self: string): Promise<readonly EndedInstance[]> {
  const ended: EndedInstance[] = [];
  let unreadable = 0;
  for (const instance of await instancesIn(folder)) {
    if (instance === self) continue;
    try {
      const one = await endedInstance(folder, instance, self);
      if (one !== undefined) ended.push(one);
    } catch (error) {
      unreadable += 1;
      if (unreadable <= toldOneByOne)
        ended.push(unreadableEntry(`instance ${instance}`, errnoOf(error) ?? messageOf(error)));
    }
  }
  if (unreadable > toldOneByOne) ended.push(unreadableEntry(`${unreadable - toldOneByOne} more instances`, 'the same'));
  return ended;
}

/** Undefined where it has not ended, or is known to have. */
async function endedInstance(folder: string, instance: string, self: string): Promise<EndedInstance | undefined> {
  const inside = join(folder, instance);
  if (await isThere(join(inside, endedFile))) return undefined;
  // In this order: a start writes its owner's file before its first segment, so a folder that has neither is one that begins now
  // (or one that ended before its first record), and a folder with a segment has had an owner.
  const { right: segments, other } = await segmentsAndOthersIn(inside);
  const owner = await ownerOf(inside);
  if (owner === 'alive' || owner === 'elsewhere' || (owner === 'unnamed' && segments.length === 0)) return undefined;
  // What else stands where a segment belongs would hide how the chain ended.
  if (other[0] !== undefined) throw new Error(`${JSON.stringify(other[0])} is no regular file`);
  return {
    entry: await howItEnded(inside, instance, segments),
    async settle() {
      await writeOnce(join(inside, endedFile), `${JSON.stringify({ recordedBy: self })}\n`);
      await removeOwner(inside);
      await rm(join(inside, reserveFile), { force: true });
    },
  };
}

/** For where the folder cannot be listed. */
export function unlisted(error: unknown): EndedInstance {
  return unreadableEntry('instances', errnoOf(error) ?? messageOf(error));
}

function unreadableEntry(what: string, why: string): EndedInstance {
  const message = `how ${what} in this folder ended cannot be told: ${why}`;
  return {
    entry: {
      recordType: 'store',
      store: { state: 'unreadable', code: 'record-instance-unreadable', message, unrecorded: 0 },
    },
    async settle() {
      // The next start looks again.
    },
  };
}

async function howItEnded(inside: string, instance: string, segments: readonly string[]): Promise<InstanceEndedEntry> {
  let torn: InstanceEndedEntry['ended']['torn'];
  let records: Tail['records'] = [];
  for (const name of [...segments].reverse()) {
    const tail = await tailOf(join(inside, name));
    if (tail.goodBytes < tail.size) torn = (await cutOff(inside, name, tail.goodBytes)) ?? torn;
    records = tail.records;
    if (records.length > 0) break;
  }
  const [last, before] = records;
  const orderly = last?.recordType === 'stop' || (last?.recordType === 'checkpoint' && before?.recordType === 'stop');
  return {
    recordType: 'instance-ended',
    ended: {
      endedInstance: instance,
      how: orderly && torn === undefined ? 'stopped' : 'crashed',
      lastSeq: last?.seq ?? 0,
      lastHash: last?.hash ?? firstPrevHash,
      head: await headOf(inside),
      ...(torn === undefined ? {} : { torn }),
    },
  };
}

async function cutOff(inside: string, name: string, goodBytes: number): Promise<InstanceEndedEntry['ended']['torn']> {
  const handle = await openRegular(join(inside, name), constants.O_RDWR);
  try {
    const { size } = await handle.stat();
    const bytes = Buffer.alloc(size - goodBytes);
    if (bytes.length === 0) return undefined;
    await handle.read(bytes, 0, bytes.length, goodBytes);
    const beside = `${name}.torn`;
    const copy = await openRegular(join(inside, beside), constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC);
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
