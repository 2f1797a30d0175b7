import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { packageRoot } from '../package-root.js';
import type { LargeReviewOrder, LargeReviewResult } from './large-review-worker.js';

/** Bodies up to this size are parsed where they are answered: about a millisecond. */
export const largeReviewBytes = 131_072;

const idleSpan = 60_000;
const heapMegabytes = 768;

export interface LargeReviewsOptions {
  readonly jsonDepth: number;
  /** 0 to 19: how far the thread steps back behind the one that answers. Default 3. */
  readonly niceness?: number;
}

type Outcome = LargeReviewResult['outcome'];

/**
 * Parses large reviews in a thread of its own. It begins with the first large review, ends after a minute without one, and has
 * a heap of its own: a body that is made to blow it up takes only itself down, and is refused.
 */
export class LargeReviews {
  readonly #options: LargeReviewsOptions;
  readonly #waiting = new Map<
    number,
    { readonly settle: (outcome: Outcome) => void; readonly fail: (error: Error) => void }
  >();
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #lastId = 0;

  constructor(options: LargeReviewsOptions) {
    this.#options = options;
  }

  /** @throws when the thread dies over it */
  read(body: Buffer): Promise<Outcome> {
    clearTimeout(this.#idle);
    this.#worker ??= this.#start();
    const worker = this.#worker;
    this.#lastId += 1;
    const id = this.#lastId;
    const bytes = new Uint8Array(body).buffer;
    return new Promise<Outcome>((settle, fail) => {
      this.#waiting.set(id, { settle, fail });
      const order: LargeReviewOrder = { id, body: bytes };
      worker.postMessage(order, [bytes]);
    });
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const file = join(packageRoot(), 'dist', 'large-review-worker.js');
    if (!existsSync(file)) throw new Error('dist/large-review-worker.js is missing: run `npm run build`');
    const worker = new Worker(file, {
      workerData: { jsonDepth: this.#options.jsonDepth, niceness: this.#options.niceness ?? 3 },
      resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
      stdin: false,
    });
    worker.unref();
    worker.on('message', ({ id, outcome }: LargeReviewResult) => {
      this.#waiting.get(id)?.settle(outcome);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) this.#idle = setTimeout(() => this.#stop(worker), idleSpan).unref();
    });
    const ended = (error: Error): void => {
      if (this.#worker === worker) this.#worker = undefined;
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
    void worker.terminate();
  }
}
