import type { DurableFolder } from './durable-folder.js';

/** The `code` of the error when a folder has reached the size that was set for it. */
export const folderFullCode = 'SECCOMPLY_FOLDER_FULL';

interface DiskSpaceOptions {
  readonly disk: DurableFolder;
  /** The folder whose files count. */
  readonly folder: string;
  /** A file in it that takes up the space kept back. */
  readonly reserveFile: string;
  readonly reserveBytes: number;
  /** Bytes that the folder may take; undefined for no limit. */
  readonly maxBytes: number | undefined;
}

/** What a folder takes of the disk, and the space kept back in it for what has to be written when the disk is full. */
export class DiskSpace {
  readonly #options: DiskSpaceOptions;
  /** Includes the reserve, whether it is given up just now or not. */
  #usedBytes = 0;
  #writtenBytes = 0;
  /** What the folder may take of the disk: its limit, or less where the disk has less. */
  #totalBytes: number;

  constructor(options: DiskSpaceOptions) {
    this.#options = options;
    this.#totalBytes = options.maxBytes ?? Number.POSITIVE_INFINITY;
  }

  /** Keeps the reserve back, and measures the folder. Rejects when there is no room for it. */
  async reserve(): Promise<void> {
    const { disk, reserveFile, reserveBytes } = this.#options;
    await disk.reserve(reserveFile, reserveBytes);
    await this.measure();
  }

  /** Measures the folder and the disk, while the reserve is kept. What is written meanwhile counts, at most twice until the next time. */
  async measure(): Promise<void> {
    const { disk, folder, maxBytes = Number.POSITIVE_INFINITY } = this.#options;
    const before = this.#writtenBytes;
    const [size, available] = await Promise.all([disk.size(folder), disk.available(folder)]);
    this.#usedBytes = size + this.#writtenBytes - before;
    this.#totalBytes = Math.min(maxBytes, size + available);
  }

  /** What there is for everything that may not use the reserve. */
  room(): { readonly total: number; readonly left: number } {
    return { total: this.#totalBytes, left: Math.max(0, this.#totalBytes - this.#usedBytes) };
  }

  /** Makes room on the disk for what may use the reserve. */
  async giveUpReserve(): Promise<void> {
    await this.#options.disk.remove(this.#options.reserveFile).catch(() => undefined);
  }

  /** @throws with `folderFullCode` when the folder would grow past its limit */
  requireRoom(bytes: number, reserve: 'kept' | 'usable'): void {
    const { maxBytes, reserveBytes } = this.#options;
    if (maxBytes === undefined) return;
    const room = maxBytes - this.#usedBytes + (reserve === 'usable' ? reserveBytes : 0);
    if (bytes > room) throw Object.assign(new Error('the folder has reached its size'), { code: folderFullCode });
  }

  written(bytes: number): void {
    this.#writtenBytes += bytes;
    this.#usedBytes += bytes;
  }
}
