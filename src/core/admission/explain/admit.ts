import { membersOf, textOf } from '../../document/members.js';
import type { RuleSet } from '../../policy/rules/rule-set.js';
import { decide } from '../decide/decide.js';
import type { Decision, Webhook } from '../decision.js';
import type { DecisionContext } from '../decision-context.js';
import type { RequestFacts } from '../request/request-facts.js';
import { patched } from './patched.js';

export interface AdmitContext extends DecisionContext {
  /** Only this webhook; absent: mutate, then validate on the result. */
  readonly webhook?: Webhook;
}

export interface Admission {
  /** What the webhooks were asked: the review's request, or the one made for a bare object. */
  readonly request: RequestFacts;
  /** Absent when only validate was asked. */
  readonly mutate?: Decision;
  /** Absent when mutate refused, or only mutate was asked. */
  readonly validate?: Decision;
  /** The last answer. */
  readonly decision: Decision;
  /** The object with mutate's patch applied. */
  readonly object: unknown;
}

/** A pod or workload as the API server would have it admitted: it goes through mutate, the patch is applied, then validate. */
export function admitObject(rules: RuleSet, object: unknown, context: AdmitContext): Admission {
  return admitRequest(rules, requestFor(object), context);
}

/** The same for an AdmissionReview's request. */
export function admitRequest(rules: RuleSet, request: RequestFacts, context: AdmitContext): Admission {
  const { webhook } = context;
  if (webhook !== undefined) {
    const decision = decide(rules, webhook, request, context);
    const object = patched(request.object, decision.patch);
    return { request, [webhook]: decision, decision, object };
  }
  const mutate = decide(rules, 'mutate', request, context);
  if (!mutate.allowed) return { request, mutate, decision: mutate, object: request.object };
  const object = patched(request.object, mutate.patch);
  const validate = decide(rules, 'validate', { ...request, object }, context);
  return { request, mutate, validate, decision: validate, object };
}

/** The CREATE request that the API server would send for an object in a file. */
export function requestFor(object: unknown): RequestFacts {
  const { apiVersion, kind, metadata } = membersOf(object) ?? {};
  const { name, namespace } = membersOf(metadata) ?? {};
  const version = textOf(apiVersion) ?? 'v1';
  const slash = version.indexOf('/');
  const [group, versionOnly] = slash < 0 ? ['', version] : [version.slice(0, slash), version.slice(slash + 1)];
  return {
    operation: 'CREATE',
    ...(textOf(kind) === undefined ? {} : { kind: { group, version: versionOnly, kind } }),
    ...(textOf(name) === undefined ? {} : { name }),
    namespace: textOf(namespace) ?? 'default',
    object,
  };
}
