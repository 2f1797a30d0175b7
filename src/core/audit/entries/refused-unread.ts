import type { Webhook } from '../../admission/decision.js';
import type { AdmissionEntry, RecordedCaller, RecordedDecision } from '../admission-entry.js';
import { type Draft, put } from './draft.js';
import { unauthenticatedCaller } from './recorded-caller.js';
import { recordedRequest } from './recorded-request.js';
import { forgetCutTexts, messageLimit, recordedText } from './recorded-text.js';

/** A request that was refused without being read: too large, too deep, no AdmissionReview, out of time. */
export function refusedUnread(refusal: {
  readonly webhook: Webhook;
  readonly uid?: unknown;
  readonly namespace?: unknown;
  /** HTTP-like status of the refusal. */
  readonly code: number;
  readonly message: string;
  readonly caller?: RecordedCaller;
}): AdmissionEntry {
  const decision: Draft<RecordedDecision> = { allowed: false, code: refusal.code };
  put(decision, 'message', recordedText(refusal.message, messageLimit));
  decision.mode = 'enforce';
  decision.outcome = 'error';
  const entry: AdmissionEntry = {
    actor: {},
    caller: refusal.caller ?? unauthenticatedCaller,
    decision: decision as RecordedDecision,
    recordType: 'denial',
    request: recordedRequest({ uid: refusal.uid, namespace: refusal.namespace }, refusal.webhook),
  };
  forgetCutTexts();
  return entry;
}
