import { open } from 'node:fs/promises';

const chunkSize = 4 * 1024 * 1024;

/** Takes a stream of bytes apart into lines; each is a view that is good until the call returns. */
export class LineSplitter {
  readonly #onLine: (line: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);

  constructor(onLine: (line: Buffer) => void) {
    this.#onLine = onLine;
  }

  /** The chunk is kept until its last line is complete: do not write to it again. */
  push(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, from)) {
      const piece = chunk.subarray(from, end);
      this.#onLine(this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]));
      this.#rest = Buffer.alloc(0);
      from = end + 1;
    }
    const piece = chunk.subarray(from);
    this.#rest = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
  }

  /** Bytes after the last line end. */
  get rest(): Buffer {
    return this.#rest;
  }
}

/**
 * Reads a file line by line, up to `limit` bytes of it. Returns what stands after the last line end, and how many bytes lie
 * beyond the limit.
 */
export async function readLines(
  file: string,
  onLine: (line: Buffer) => void,
  limit = Number.POSITIVE_INFINITY,
): Promise<{ readonly rest: Buffer; readonly beyond: number }> {
  const handle = await open(file, 'r');
  try {
    const splitter = new LineSplitter(onLine);
    let position = 0;
    for (;;) {
      const wanted = Math.min(chunkSize, limit - position);
      const buffer = Buffer.allocUnsafe(Math.max(0, wanted));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) break;
      position += bytesRead;
      splitter.push(buffer.subarray(0, bytesRead));
    }
    const { size } = await handle.stat();
    return { rest: splitter.rest, beyond: Number.isFinite(limit) ? Math.max(0, size - position) : 0 };
  } finally {
    await handle.close();
  }
}
