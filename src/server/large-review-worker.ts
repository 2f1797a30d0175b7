// The thread that parses large reviews, so that small ones do not wait behind them. Bytes in, a review without its bulk out.
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { deeperThan } from './json-depth.js';
import { lightenReview } from './light-review.js';

export interface LargeReviewOrder {
  readonly id: number;
  readonly body: ArrayBuffer;
}

export interface LargeReviewResult {
  readonly id: number;
  readonly outcome: { readonly json: string } | { readonly error: 'malformed-json' | 'json-too-deep' };
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
  const result: LargeReviewResult = { id, outcome: read(Buffer.from(body).toString('utf8')) };
  parentPort?.postMessage(result);
});

function read(text: string): LargeReviewResult['outcome'] {
  if (deeperThan(text, jsonDepth)) return { error: 'json-too-deep' };
  let review: unknown;
  try {
    review = JSON.parse(text);
  } catch {
    return { error: 'malformed-json' };
  }
  lightenReview(review);
  return { json: JSON.stringify(review) };
}
