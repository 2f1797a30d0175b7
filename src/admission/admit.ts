import type { RequestFacts } from '../audit/records-of.js';
import type { RuleSet } from '../policy/rule-set.js';
import { type DecisionContext, decide } from './decide.js';
import type { Decision, Webhook } from './decision.js';

export interface AdmitContext extends DecisionContext {
  /** Only this webhook; absent: mutate, then validate on the result. */
  readonly webhook?: Webhook;
}

export interface Admission {
  /** What the webhooks were asked: the review's request, or the one made for a bare object. */
  readonly request: RequestFacts;
  readonly mutate?: Decision;
  /** Absent when mutate refused. */
  readonly validate?: Decision;
  /** The last answer. */
  readonly decision: Decision;
  /** The object with mutate's patch applied. */
  readonly object: unknown;
}

/** A pod or workload as the API server would have it admitted: it goes through mutate, the patch is applied, then validate. */
export function admitObject(rules: RuleSet, object: unknown, context: AdmitContext): Admission {
  return admitRequest(rules, { operation: 'CREATE', object }, context);
}

/** The same for an AdmissionReview's request. */
export function admitRequest(rules: RuleSet, request: RequestFacts, context: AdmitContext): Admission {
  const decision = decide(rules, context.webhook ?? 'mutate', request, context);
  return { request, mutate: decision, decision, object: request.object };
}
