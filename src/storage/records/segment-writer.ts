import { join } from 'node:path';
import type { DurableFile, DurableFolder } from '../disk/durable-folder.js';
import { segmentName } from './segments.js';

/** A segment that nothing was written to yet. */
export interface NewSegment {
  readonly number: number;
  /** The one before it, and how many of its bytes count; undefined when no segment before it has any. */
  readonly previous: { readonly number: number; readonly bytes: number } | undefined;
}

interface Segment {
  readonly number: number;
  readonly file: DurableFile;
  /** On disk. */
  bytes: number;
  /** On their way. */
  writing: number;
}

/** Writes the segments of one instance, one after another. */
export class SegmentWriter {
  readonly #disk: DurableFolder;
  readonly #folder: string;
  readonly #segmentBytes: number;
  #current: Segment | undefined;
  #previous: NewSegment['previous'];
  #count = 0;

  /** `segmentBytes`: past it the next segment begins. */
  constructor(disk: DurableFolder, folder: string, segmentBytes: number) {
    this.#disk = disk;
    this.#folder = folder;
    this.#segmentBytes = segmentBytes;
  }

  /** Sees to it that there is a segment to write to; returns it when it is new. */
  async begin(): Promise<NewSegment | undefined> {
    const full = this.#current;
    if (full !== undefined && full.bytes >= this.#segmentBytes) {
      this.#leave(full);
      await full.file.close();
    }
    if (this.#current === undefined) {
      this.#count += 1;
      const file = await this.#disk.create(join(this.#folder, segmentName(this.#count)));
      this.#current = { number: this.#count, file, bytes: 0, writing: 0 };
    }
    const { number, bytes } = this.#current;
    return bytes === 0 ? { number, previous: this.#previous } : undefined;
  }

  /** Resolves when the bytes are on disk. `begin` comes before each call. */
  async write(bytes: Buffer): Promise<void> {
    const current = this.#current;
    if (current === undefined) throw new Error('no segment was begun');
    current.writing = bytes.length;
    await current.file.write(bytes, current.bytes);
    current.bytes += bytes.length;
    current.writing = 0;
  }

  /** After a failed write or sync nothing is known of the file but what was synced before: it is cut back and left. */
  async abandon(): Promise<void> {
    const current = this.#current;
    if (current === undefined) return;
    this.#leave(current);
    try {
      await current.file.truncate(current.bytes);
    } catch {
      // The next segment says how many bytes of this one count.
    }
    await current.file.close().catch(() => undefined);
  }

  /** Whether the file that is written to is where and as long as it should be. Looks beside the writes, which it does not hold up. */
  async isInPlace(): Promise<boolean> {
    const current = this.#current;
    if (current === undefined) return true;
    const least = current.bytes;
    const size = await current.file.sizeInPlace();
    if (current !== this.#current) return true;
    return size !== undefined && size >= least && size <= current.bytes + current.writing;
  }

  /** Leaves a file that somebody else has changed as it is; the next segment says how far it went. Not while `write` is under way. */
  async leaveAsItIs(): Promise<void> {
    const current = this.#current;
    if (current === undefined) return;
    this.#leave(current);
    await current.file.close().catch(() => undefined);
  }

  async close(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    await current?.file.close().catch(() => undefined);
  }

  #leave({ number, bytes }: Segment): void {
    this.#current = undefined;
    if (bytes > 0) this.#previous = { number, bytes };
  }
}
