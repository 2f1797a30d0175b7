// The thread that goes through large reviews, so that small ones do not wait behind them. Bytes in, the pruned text out.
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { type PrunedReview, type PruningPlan, reviewPruner } from './review-pruner.js';

export interface LargeReviewOrder {
  readonly id: number;
  readonly body: ArrayBuffer;
  /** Of the body; there may be more room behind it. */
  readonly size: number;
}

export interface LargeReviewResult {
  readonly id: number;
  readonly outcome: PrunedReview;
  /** Of the order, to be used again. */
  readonly body: ArrayBuffer;
}

export interface LargeReviewWorkerData {
  readonly jsonDepth: number;
  readonly niceness: number;
  readonly plan: PruningPlan;
}

const { jsonDepth, niceness, plan } = workerData as LargeReviewWorkerData;
const pruneReview = reviewPruner(plan);
try {
  // On Linux this is the priority of the calling thread alone.
  if (niceness > 0) setPriority(niceness);
} catch {
  // Not allowed here: the thread works at the same priority.
}

parentPort?.on('message', ({ id, body, size }: LargeReviewOrder) => {
  const result: LargeReviewResult = { id, outcome: pruneReview(Buffer.from(body, 0, size), jsonDepth), body };
  parentPort?.postMessage(result, [body]);
});
