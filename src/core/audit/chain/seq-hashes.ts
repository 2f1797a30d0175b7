const hashBytes = 32;
const perBlock = 1_024;
/** Contradictions remembered. */
const contradictionLimit = 10;

/** SHA-256 hashes by sequence number, in blocks of 32 bytes each: a million lines of a log take 32 MB. */
export class SeqHashes {
  readonly #blocks = new Map<number, Buffer>();
  /** Sequence numbers that came with two hashes; the first ones. */
  readonly contradictory: number[] = [];
  last = 0;

  /** `hash` in lower-case hex. The first one for a number stays. */
  set(seq: number, hash: string): void {
    const before = this.get(seq);
    if (before !== undefined) {
      if (before !== hash && this.contradictory.length < contradictionLimit) this.contradictory.push(seq);
      return;
    }
    const number = Math.floor(seq / perBlock);
    let block = this.#blocks.get(number);
    if (block === undefined) {
      block = Buffer.alloc(perBlock * hashBytes);
      this.#blocks.set(number, block);
    }
    block.write(hash, (seq % perBlock) * hashBytes, hashBytes, 'hex');
    this.last = Math.max(this.last, seq);
  }

  get(seq: number): string | undefined {
    const start = (seq % perBlock) * hashBytes;
    const found = this.#blocks.get(Math.floor(seq / perBlock))?.toString('hex', start, start + hashBytes);
    return found === undefined || found === none ? undefined : found;
  }
}

const none = '0'.repeat(2 * hashBytes);
