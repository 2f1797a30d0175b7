/** Bytes that wait for a reader who does not keep up. */
const waitingLimit = 8 * 1024 * 1024;

/** Told once when something is left out, and once when everything goes out again. */
export interface OutputListener {
  fellBehind(): void;
  caughtUp(bytesLeftOut: number): void;
}

/**
 * Standard output or error. A reader that has gone away is no reason to stop, and one that does not keep up gets no more of the memory
 * than so much: what comes then is left out, whole pieces of it.
 */
export class Output {
  readonly #out: NodeJS.WriteStream;
  readonly #listener: OutputListener | undefined;
  #leftOut = 0;

  constructor(out: NodeJS.WriteStream, listener?: OutputListener) {
    this.#out = out;
    this.#listener = listener;
    out.on('error', () => undefined);
  }

  /** Returns whether the stream still has the piece, whose bytes have to stay as they are then. */
  readonly write = (piece: Buffer | string): boolean => {
    const out = this.#out;
    // Once behind, it first has to get half of it away: else it would fall behind and catch up with each piece.
    if (out.writableLength > (this.#leftOut > 0 ? waitingLimit / 2 : waitingLimit)) {
      if (this.#leftOut === 0) this.#listener?.fellBehind();
      this.#leftOut += piece.length;
      return false;
    }
    if (this.#leftOut > 0) {
      const bytes = this.#leftOut;
      this.#leftOut = 0;
      this.#listener?.caughtUp(bytes);
    }
    out.write(piece);
    return out.writableLength > 0;
  };
}
