// The thread that parses large reviews, so that small ones do not wait behind them. Bytes in, a review without its bulk out.
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { type LargeReview, readLargeReview } from './read-large-review.js';

export interface LargeReviewOrder {
  readonly id: number;
  readonly body: ArrayBuffer;
}

export interface LargeReviewResult {
  readonly id: number;
  readonly outcome: LargeReview;
}

interface LargeReviewWorkerData {
  readonly jsonDepth: number;
  readonly niceness: number;
}

const { jsonDepth, niceness } = workerData as LargeReviewWorkerData;
try {
  // On Linux this is the priority of the calling thread alone.
  if (niceness > 0) setPriority(niceness);
} catch {
  // Not allowed here: the thread works at the same priority.
}

parentPort?.on('message', ({ id, body }: LargeReviewOrder) => {
  const result: LargeReviewResult = { id, outcome: readLargeReview(Buffer.from(body).toString('utf8'), jsonDepth) };
  parentPort?.postMessage(result);
});
