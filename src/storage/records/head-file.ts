import { join } from 'node:path';
import { isCheckpoint } from '../../core/audit/chain/proof-parts.js';
import type { CheckpointEntry, InstanceEndedEntry } from '../../core/audit/log-entries.js';
import type { DurableFolder } from '../disk/durable-folder.js';
import { readSmallFile } from './small-file.js';

type Checkpoint = CheckpointEntry['checkpoint'];

/** Has the last checkpoint of an instance, outside its segments: they are older than it where they were rolled back. */
export const headFile = 'head.json';
/** It is written as often as that. */
const leastMicroseconds = 1_000_000;

interface Head {
  readonly instance: string;
  readonly checkpoint: Checkpoint;
}

/** Writes the head of an instance. Nobody waits for it, and without it only that proof is missing. `now` are microseconds of a clock that only goes forward. */
export class HeadFile {
  readonly #disk: DurableFolder;
  readonly #path: string;
  readonly #instance: string;
  /** What is to be written. */
  #next: Checkpoint | undefined;
  #writtenAt = Number.NEGATIVE_INFINITY;
  #writing: Promise<void> = Promise.resolve();

  constructor(disk: DurableFolder, folder: string, instance: string) {
    this.#disk = disk;
    this.#path = join(folder, headFile);
    this.#instance = instance;
  }

  put(checkpoint: Checkpoint, now: number): void {
    this.#next = checkpoint;
    if (now - this.#writtenAt >= leastMicroseconds) void this.flush(now);
  }

  /** Resolves when the last checkpoint is written, or could not be. */
  flush(now: number): Promise<void> {
    if (this.#next === undefined) return this.#writing;
    const head: Head = { instance: this.#instance, checkpoint: this.#next };
    this.#next = undefined;
    this.#writtenAt = now;
    this.#writing = this.#writing.then(() =>
      this.#disk.overwrite(this.#path, JSON.stringify(head)).catch(() => undefined),
    );
    return this.#writing;
  }
}

/** The head in a file. One that is missing or was damaged proves nothing, and is said. */
export async function readHead(file: string): Promise<'missing' | 'unreadable' | Head> {
  const read = await readSmallFile(file);
  if (typeof read === 'string') return read === 'missing' ? 'missing' : 'unreadable';
  try {
    const head = JSON.parse(read.text) as Partial<Head>;
    return typeof head.instance === 'string' && isCheckpoint(head.checkpoint) ? (head as Head) : 'unreadable';
  } catch {
    return 'unreadable';
  }
}

/** What the head in the folder of an instance signs, for the record of how that instance ended. */
export async function headOf(folder: string): Promise<NonNullable<InstanceEndedEntry['ended']['head']>> {
  const head = await readHead(join(folder, headFile)).catch(() => 'unreadable' as const);
  if (typeof head === 'string') return head;
  const { lastSeq, lastHash } = head.checkpoint;
  return { lastSeq, lastHash };
}
