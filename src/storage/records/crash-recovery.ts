import { hash } from 'node:crypto';
import { access, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { firstPrevHash } from '../../core/audit/chain/sealed-lines.js';
import type { InstanceEndedEntry } from '../../core/audit/log-entries.js';
import { errnoOf } from '../../system/errno.js';
import { endedFile } from './ended-file.js';
import { headOf } from './head-file.js';
import { ownerFile, ownerOf } from './instance-lock.js';
import { type Tail, tailOf } from './segment-tail.js';
import { instancesIn, segmentsIn } from './segments.js';

export const reserveFile = 'reserve';

interface EndedInstance {
  readonly entry: InstanceEndedEntry;
  /** To be called when the entry is on disk, so that the next start does not say it again. */
  settle(): Promise<void>;
}

/**
 * Looks at how the instances before us in this folder ended, and closes off what a crash left: an unfinished last line moves to
 * a file beside its segment. Instances that still run, or run on another host, are left alone.
 */
export async function endedInstancesIn(folder: string, self: string): Promise<readonly EndedInstance[]> {
  const ended: EndedInstance[] = [];
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
    ended.push({
      entry,
      async settle() {
        await writeOnce(join(inside, endedFile), `${JSON.stringify({ recordedBy: self })}\n`);
        await rm(join(inside, ownerFile), { force: true });
        await rm(join(inside, reserveFile), { force: true });
      },
    });
  }
  return ended;
}

async function howItEnded(
  inside: string,
  endedInstance: string,
  segments: readonly string[],
): Promise<InstanceEndedEntry> {
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
      endedInstance,
      how: orderly && torn === undefined ? 'stopped' : 'crashed',
      lastSeq: last?.seq ?? 0,
      lastHash: last?.hash ?? firstPrevHash,
      head: await headOf(inside),
      ...(torn === undefined ? {} : { torn }),
    },
  };
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
