import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../../system/errno.js';

/** A file that is open for writing. */
export interface DurableFile {
  /** Writes all the bytes at that place of the file; returns when they are on the disk. */
  write(bytes: Buffer, position: number): Promise<void>;
  /** Cuts the file; returns when that is on the disk too. */
  truncate(length: number): Promise<void>;
  /** Bytes of the file; undefined where it does not stand where it was made: somebody moved, replaced or removed it. */
  sizeInPlace(): Promise<number | undefined>;
  close(): Promise<void>;
}

/** What a store asks of a disk; tests hand in one that fails. */
export interface DurableFolder {
  /** Makes the folder and its parents, and syncs the entry. */
  make(path: string): Promise<void>;
  /** Makes a new file and syncs its entry in the folder. Fails where there is one already. */
  create(path: string): Promise<DurableFile>;
  /** Makes a file of that many bytes that really takes up the disk. */
  reserve(path: string, bytes: number): Promise<void>;
  /** Writes a small text, filled up with blanks to 512 bytes, over the one before it; it is not synced. */
  overwrite(path: string, text: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Bytes of all files under the folder. */
  size(path: string): Promise<number>;
  /** Bytes that the disk of the folder has left for us; infinite where it does not say. */
  available(path: string): Promise<number>;
}

/**
 * On Linux the kernel syncs what it writes (`O_DSYNC` is a write and an fdatasync): a second trip to the disk's threads and back
 * would wait for a turn of the event loop, behind all calls that came in meanwhile. Elsewhere the flag means less than a sync.
 */
const syncsWrites = process.platform === 'linux';

/** A sector, which a disk writes whole or not at all. */
const overwrittenBytes = 512;

export const diskFolder: DurableFolder = {
  async make(path) {
    await mkdir(path, { recursive: true, mode: 0o750 });
    await syncFolder(join(path, '..'));
  },

  async create(path) {
    const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | (syncsWrites ? constants.O_DSYNC : 0);
    const handle = await open(path, flags, 0o640);
    await syncFolder(join(path, '..'));
    return {
      async write(bytes, position) {
        await writeAll(handle, bytes, position);
        if (!syncsWrites) await handle.datasync();
      },
      async truncate(length) {
        await handle.truncate(length);
        await handle.datasync();
      },
      async sizeInPlace() {
        const [own, there] = await Promise.all([handle.stat(), stat(path).catch(noneThere)]);
        return there?.ino === own.ino && there.dev === own.dev ? own.size : undefined;
      },
      close: () => handle.close(),
    };
  },

  async reserve(path, bytes) {
    const handle = await open(path, 'w', 0o640);
    try {
      await writeAll(handle, Buffer.alloc(bytes, 0x20), 0);
      await handle.datasync();
    } catch (error) {
      await handle.truncate(0);
      throw error;
    } finally {
      await handle.close();
    }
  },

  // In its place, and as long as before: a new file, renamed over the old one, would make the next sync of any other file wait for it.
  async overwrite(path, text) {
    const handle = await open(path, constants.O_CREAT | constants.O_WRONLY, 0o640);
    try {
      await writeAll(handle, Buffer.from(text.padEnd(overwrittenBytes)), 0);
    } finally {
      await handle.close();
    }
  },

  remove: (path) => rm(path, { force: true }),

  async size(path) {
    let sum = 0;
    for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      try {
        sum += (await stat(join(entry.parentPath, entry.name))).size;
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT') throw error;
      }
    }
    return sum;
  },

  async available(path) {
    try {
      const { bavail, blocks, bsize } = await statfs(path);
      return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize;
    } catch {
      // Not every file system can be asked, and without an answer records can be written all the same.
      return Number.POSITIVE_INFINITY;
    }
  },
};

function noneThere(error: unknown): undefined {
  if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ENOTDIR') throw error;
}

async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** A new file is only there after a crash when its folder was synced too. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
