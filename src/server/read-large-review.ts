import { deeperThan } from './json-depth.js';
import { lightenReview } from './light-review.js';

export type LargeReview = { readonly json: string } | { readonly error: 'malformed-json' | 'json-too-deep' };

/** JSON text of a large review in, the same review without its bulk out. */
export function readLargeReview(text: string, jsonDepth: number): LargeReview {
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
