import { open } from 'node:fs/promises';

const chunkSize = 4 * 1024 * 1024;
/** Bytes of a line that are kept; no line that we write is nearly as long. */
export const longestLine = 1024 * 1024;

/** A line without its end, at most `longestLine` bytes of it, and how many it has. A view that is good until the call returns. */
export type OnLine = (line: Buffer, length: number) => void;

/** Takes a stream of bytes apart into lines. */
export class LineSplitter {
  readonly #onLine: OnLine;
  /** Pieces of a line that has not ended, no more than a line may have. */
  #pieces: Buffer[] = [];
  #kept = 0;
  #length = 0;

  constructor(onLine: OnLine) {
    this.#onLine = onLine;
  }

  /** The chunk is kept until its last line is complete: do not write to it again. */
  push(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, from)) {
      const piece = chunk.subarray(from, end);
      from = end + 1;
      if (this.#length === 0 && piece.length <= longestLine) {
        this.#onLine(piece, piece.length);
        continue;
      }
      this.#add(piece);
      const { rest, restLength } = this;
      this.#pieces = [];
      this.#kept = 0;
      this.#length = 0;
      this.#onLine(rest, restLength);
    }
    if (from < chunk.length) this.#add(chunk.subarray(from));
  }

  /** What is kept of what stands after the last line end. */
  get rest(): Buffer {
    return this.#pieces.length === 1 ? (this.#pieces[0] as Buffer) : Buffer.concat(this.#pieces, this.#kept);
  }

  /** Bytes after the last line end. */
  get restLength(): number {
    return this.#length;
  }

  #add(piece: Buffer): void {
    this.#length += piece.length;
    const room = longestLine - this.#kept;
    if (room <= 0) return;
    const kept = piece.length > room ? piece.subarray(0, room) : piece;
    this.#pieces.push(kept);
    this.#kept += kept.length;
  }
}

/**
 * Reads a file line by line, from byte `from` up to byte `limit`. Returns what stands after the last line end, how many bytes that is,
 * and how many lie beyond the limit.
 */
export async function readLines(
  file: string,
  onLine: OnLine,
  { from = 0, limit = Number.POSITIVE_INFINITY }: { readonly from?: number; readonly limit?: number | undefined } = {},
): Promise<{ readonly rest: Buffer; readonly restLength: number; readonly beyond: number }> {
  const handle = await open(file, 'r');
  try {
    const splitter = new LineSplitter(onLine);
    let position = from;
    for (;;) {
      const wanted = Math.min(chunkSize, limit - position);
      const buffer = Buffer.allocUnsafe(Math.max(0, wanted));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) break;
      position += bytesRead;
      splitter.push(buffer.subarray(0, bytesRead));
    }
    const { size } = await handle.stat();
    const { rest, restLength } = splitter;
    return { rest, restLength, beyond: Number.isFinite(limit) ? Math.max(0, size - position) : 0 };
  } finally {
    await handle.close();
  }
}
