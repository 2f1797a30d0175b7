/** So many pieces of a body are kept as they came, without a copy: nearly every body is in one or two. */
const keptAsTheyCame = 8;
/** From this size on a piece stays a piece, too: what a Buffer takes beside its bytes, about 400, is little then. */
const largePiece = 4_096;
const firstBlock = 1_024;
const largestBlock = 262_144;
/** What one piece more comes to beside its bytes. */
const perPiece = 512;
/** A body may come in so many small pieces whatever their size, */
const freePieces = 4_096;
/** and in more where they have so many bytes on average. */
const meanPiece = 64;

/**
 * The pieces of a body in order. Small ones are gathered in blocks, so that a body that comes byte by byte takes about as much memory as
 * one that comes at once; what is told to be held is what memory holds.
 */
export class BodyPieces {
  #pieces: Buffer[] = [];
  #size = 0;
  #held = 0;
  #small = 0;
  /** The block at the end of the pieces, and how much of it is used. */
  #block: Buffer | undefined;
  #used = 0;

  /** Bytes of the body. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of memory. */
  get held(): number {
    return this.#held;
  }

  /** Bytes of memory that this piece would take besides. */
  roomFor(piece: Buffer): number {
    if (this.#pieces.length < keptAsTheyCame) return piece.length;
    if (piece.length >= largePiece) return piece.length + perPiece;
    return this.#fits(piece) ? 0 : this.#nextBlock() + perPiece;
  }

  add(piece: Buffer): void {
    this.#held += this.roomFor(piece);
    this.#size += piece.length;
    if (piece.length < largePiece) this.#small += 1;
    if (this.#pieces.length < keptAsTheyCame || piece.length >= largePiece) {
      this.#endBlock();
      this.#pieces.push(piece);
      return;
    }
    if (!this.#fits(piece)) {
      const capacity = this.#nextBlock();
      this.#endBlock();
      this.#block = Buffer.allocUnsafeSlow(capacity);
    }
    const block = this.#block as Buffer;
    block.set(piece, this.#used);
    this.#used += piece.length;
  }

  /** Whether it comes in so many and so small pieces that taking them is most of the work: nobody sends a body so who means it. */
  get isFragmented(): boolean {
    return this.#small > freePieces && this.#size < this.#small * meanPiece;
  }

  /** All pieces, in order; none are left. */
  take(): readonly Buffer[] {
    this.#endBlock();
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#size = 0;
    this.#held = 0;
    return pieces;
  }

  #fits(piece: Buffer): boolean {
    return this.#block !== undefined && this.#used + piece.length <= this.#block.length;
  }

  /** Blocks grow, so that there are few of them; one holds every small piece. */
  #nextBlock(): number {
    return Math.max(largePiece, Math.min(largestBlock, 2 * (this.#block?.length ?? firstBlock)));
  }

  #endBlock(): void {
    if (this.#block === undefined) return;
    this.#pieces.push(this.#block.subarray(0, this.#used));
    this.#block = undefined;
    this.#used = 0;
  }
}
