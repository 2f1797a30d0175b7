import type { Webhook } from '../../core/admission/decision.js';
import type { RecordedCaller } from '../../core/audit/admission-entry.js';
import type { HttpAnswer, PendingAnswer } from './answer.js';
import type { ReviewHead } from './review-head.js';

/** What stands behind /mutate and /validate. Throws only on a defect; the endpoint answers 500 then. */
export interface AdmissionService {
  /** Whether policies are in force; before that nothing is decided. */
  ready(): boolean;
  /** `review` is whatever JSON came in. */
  review(webhook: Webhook, review: unknown, received: Received): HttpAnswer | PendingAnswer | BadReview;
  /** A denial for a request that was not read, recorded like any other. */
  refuseUnread(webhook: Webhook, head: UnreadHead, message: string): PendingAnswer;
}

export interface Received {
  readonly caller: RecordedCaller;
  readonly at: Date;
  /** Milliseconds that are left for the answer. */
  readonly deadline: number;
}

/** What is known of a request that is not read. */
export type UnreadHead = ReviewHead & { readonly uid: string; readonly caller: RecordedCaller };

/** The JSON is no AdmissionReview that could be answered. */
export interface BadReview {
  readonly bad: string;
}
