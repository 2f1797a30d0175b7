import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { sizeText } from '../core/document/limits.js';

export interface ReadOptions {
  /** Bytes; a larger file is not read. */
  readonly most: number;
  /** Whether it may be a pipe, such as a shell's `<(command)`, which is read once and waited for. Default no. */
  readonly pipes?: boolean;
}

/** A path that is not read: there is more than was asked for, or something that is no file. The message fits behind "cannot be read: ". */
export class UnfitFile extends Error {
  override readonly name = 'UnfitFile';
  readonly reason: 'too-large' | 'no-file';

  constructor(reason: 'too-large' | 'no-file', message: string) {
    super(message);
    this.reason = reason;
  }
}

// A pipe that nobody writes to keeps whoever opens it waiting, and a device has no end. Opened without waiting, neither holds up
// anything, even where one takes the place of a file just now.
const AT_ONCE = constants.O_RDONLY | constants.O_NONBLOCK;

/**
 * The bytes of a file.
 * @throws UnfitFile, and the error of the system
 */
export async function readBounded(path: string, options: ReadOptions): Promise<Buffer> {
  const flags = flagsFor(await stat(path), options);
  const file = await open(path, flags);
  try {
    const room = new Room(await file.stat(), options);
    for (;;) {
      const { bytesRead } = await file.read(room.bytes, room.length);
      if (bytesRead === 0) return room.filled();
      room.take(bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** The same, for where nothing else waits. */
export function readBoundedSync(path: string, options: ReadOptions): Buffer {
  const flags = flagsFor(statSync(path), options);
  const file = openSync(path, flags);
  try {
    const room = new Room(fstatSync(file), options);
    for (;;) {
      const bytesRead = readSync(file, room.bytes, room.length, room.bytes.length - room.length, null);
      if (bytesRead === 0) return room.filled();
      room.take(bytesRead);
    }
  } finally {
    closeSync(file);
  }
}

/**
 * All that a stream of bytes brings, such as standard input.
 * @throws UnfitFile
 */
export async function readStream(
  stream: AsyncIterable<Uint8Array | string>,
  options: Pick<ReadOptions, 'most'>,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const bytes =
      typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    length += bytes.length;
    if (length > options.most) throw tooLarge(options);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** How to open what is there; looked at first, since to open a device can do something already. */
function flagsFor(status: Stats, options: ReadOptions): number {
  check(status, options);
  return status.isFIFO() ? constants.O_RDONLY : AT_ONCE;
}

function check(status: Stats, options: ReadOptions): void {
  // A folder is told by the system's own error.
  if (status.isFile() || status.isDirectory() || (options.pipes === true && status.isFIFO())) {
    if (status.isFile() && status.size > options.most) throw tooLarge(options);
    return;
  }
  const what = status.isFIFO() ? 'a pipe' : status.isSocket() ? 'a socket' : 'a device';
  throw new UnfitFile('no-file', `it is ${what}, and a file is wanted`);
}

function tooLarge({ most }: Pick<ReadOptions, 'most'>): UnfitFile {
  return new UnfitFile('too-large', `it has more than ${sizeText(most)}`);
}

/** Where the bytes of a file go: it may be longer than it says, as those of /proc are, and grow while it is read. */
class Room {
  bytes: Buffer;
  length = 0;
  readonly #options: ReadOptions;

  constructor(status: Stats, options: ReadOptions) {
    check(status, options);
    this.#options = options;
    this.bytes = Buffer.allocUnsafe(Math.max(status.size + 1, 4096));
  }

  take(count: number): void {
    this.length += count;
    if (this.length > this.#options.most) throw tooLarge(this.#options);
    if (this.length === this.bytes.length) this.bytes = Buffer.concat([this.bytes], this.length * 2);
  }

  filled(): Buffer {
    return this.bytes.subarray(0, this.length);
  }
}
