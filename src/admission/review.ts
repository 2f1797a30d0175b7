import type { RequestFacts } from '../audit/records-of.js';
import type { Decision } from './decision.js';

export type ReadReview =
  | { readonly ok: true; readonly request: RequestFacts & { readonly uid: string } }
  | { readonly ok: false; readonly message: string };

/** Takes the request out of an AdmissionReview, as it came; `message` says why there is none. */
export function readReview(review: unknown): ReadReview {
  void review;
  return { ok: false, message: 'not read' };
}

/** The JSON text that answers the API server. */
export function reviewAnswer(uid: string, decision: Decision, recordId?: string): string {
  void recordId;
  return JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid, allowed: decision.allowed },
  });
}
