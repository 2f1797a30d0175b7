import { Worker } from 'node:worker_threads';
import { bundledAsset } from '../../system/bundled-asset.js';
import type { LargeReviewOrder, LargeReviewResult, LargeReviewWorkerData } from './large-review-worker.js';
import { PRUNING_PLAN, pruneReview } from './prune-review.js';

/** Bodies up to this size are pruned where they are answered: about a millisecond. */
export const largeReviewBytes = 131_072;

const idleSpan = 60_000;
const heapMegabytes = 768;
/** More than an object that the API server takes. */
const largestSpare = 4_194_304;

export interface LargeReviewsOptions {
  readonly jsonDepth: number;
  /** 0 to 19: how far the thread steps back behind the one that answers. Default 3. */
  readonly niceness?: number;
  /** The built thread; by default the one beside this program. Without one (running from the sources) the caller's thread prunes. */
  readonly workerFile?: string | undefined;
}

export type LargeReviewOutcome = LargeReviewResult['outcome'];

/**
 * Prunes large reviews in a thread of its own. It begins with the first large review, ends after a minute without one, and has
 * a heap of its own: a body that is made to blow it up takes only itself down, and is refused.
 */
export class LargeReviews {
  readonly #options: LargeReviewsOptions;
  readonly #workerFile: string | undefined;
  readonly #waiting = new Map<
    number,
    { readonly settle: (outcome: LargeReviewOutcome) => void; readonly fail: (error: Error) => void }
  >();
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #spare: ArrayBuffer | undefined;
  #lastId = 0;

  constructor(options: LargeReviewsOptions) {
    this.#options = options;
    this.#workerFile = options.workerFile ?? bundledAsset('large-review-worker.js');
  }

  /**
   * @param pieces of the body, in order
   * @throws when the thread dies over it
   */
  async read(pieces: readonly Buffer[], size: number): Promise<LargeReviewOutcome> {
    clearTimeout(this.#idle);
    if (this.#workerFile === undefined) return pruneReview(Buffer.concat(pieces, size), this.#options.jsonDepth);
    this.#worker ??= this.#start(this.#workerFile);
    const worker = this.#worker;
    this.#lastId += 1;
    const id = this.#lastId;
    const body = this.#roomFor(size);
    let at = 0;
    for (const piece of pieces) {
      body.set(piece, at);
      at += piece.length;
    }
    return new Promise<LargeReviewOutcome>((settle, fail) => {
      this.#waiting.set(id, { settle, fail });
      const order: LargeReviewOrder = { id, body: body.buffer, size };
      worker.postMessage(order, [body.buffer]);
    });
  }

  /** What went to the thread and came back is used again: fresh megabytes for each body would lie around until collected. */
  #roomFor(size: number): Uint8Array<ArrayBuffer> {
    const spare = this.#spare;
    this.#spare = undefined;
    return new Uint8Array(spare !== undefined && spare.byteLength >= size ? spare : new ArrayBuffer(size));
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    await this.#worker?.terminate();
  }

  #start(file: string): Worker {
    const { jsonDepth, niceness = 3 } = this.#options;
    const workerData: LargeReviewWorkerData = { jsonDepth, niceness, plan: PRUNING_PLAN };
    const worker = new Worker(file, {
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
      stdin: false,
    });
    worker.unref();
    worker.on('message', ({ id, outcome, body }: LargeReviewResult) => {
      if (body.byteLength <= largestSpare) this.#spare = body;
      this.#waiting.get(id)?.settle(outcome);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) this.#idle = setTimeout(() => this.#stop(worker), idleSpan).unref();
    });
    const ended = (error: Error): void => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      for (const { fail } of this.#waiting.values()) fail(error);
      this.#waiting.clear();
    };
    worker.on('error', ended);
    worker.on('exit', () => ended(new Error('the thread for large reviews ended')));
    return worker;
  }

  #stop(worker: Worker): void {
    if (this.#worker !== worker || this.#waiting.size > 0) return;
    this.#worker = undefined;
    this.#spare = undefined;
    void worker.terminate();
  }
}
