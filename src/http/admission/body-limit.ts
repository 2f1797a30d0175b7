import type { Call } from './call.js';
import { type ReviewHead, readReviewHead, reviewHeadBytes } from './review-head.js';

/**
 * Whether a body is larger than `limit` bytes, with this piece or by what its head announced. `AdmissionEndpoint` then denies it where
 * the head says to whom, and else answers 413, as it does where parsing would take too much memory.
 */
export function isOverBodyLimit(call: Call, piece: Buffer, limit: number): boolean {
  return Math.max(call.announced, call.size + piece.length) > limit;
}

/**
 * Of a body over the limit only the head is kept, which says to whom a denial goes. Undefined while more of it is to come that could
 * say so.
 */
export function headOfOversizedBody(call: Call, piece: Buffer): ReviewHead | undefined {
  call.chunks.push(piece);
  call.size += piece.length;
  const text = Buffer.concat(call.chunks).subarray(0, reviewHeadBytes);
  const head = readReviewHead(text);
  const isComplete = head.uid !== undefined && head.namespace !== undefined;
  const isAll = call.announced > 0 && call.size >= call.announced;
  return isComplete || isAll || text.length >= reviewHeadBytes ? head : undefined;
}

export function bodyLimitMessage(limit: number): string {
  return `the request is larger than ${limit} bytes, the limit of --body-limit, and was not read: make the object smaller, or let the operator of Seccomply raise the limit`;
}
