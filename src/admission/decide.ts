import type { RequestFacts } from '../audit/records-of.js';
import type { Labels } from '../policy/label-selector.js';
import type { RuleSet } from '../policy/rule-set.js';
import { type AnnotationPatch, addAnnotationFindings, annotationPatches } from './annotations.js';
import { assignmentsOf } from './assignments.js';
import { bareStates, containerStates, writes } from './container-states.js';
import type { Decision, Webhook } from './decision.js';
import { FindingList } from './finding-list.js';
import { judge } from './judge.js';
import type { Judgement } from './judgement.js';
import { addMalformed } from './malformed.js';
import { patchFor } from './patch.js';
import { isMirror, isWindows, reviewPod } from './pod-review.js';
import { oneLine } from './quoted.js';
import { targetOf } from './review-target.js';
import { addWouldHave } from './would-have.js';

export interface DecisionContext {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Undefined: not known, but for `kubernetes.io/metadata.name`. */
  readonly namespaceLabels: Labels | undefined;
  /** The set that was in force until less than 30 s ago. */
  readonly previous?: RuleSet;
}

/**
 * Answers one admission request. Synchronous; takes time in proportion to the object; never throws, whatever the request
 * holds: a defect of ours is an `error` that refuses.
 *
 * What is not a pod or a pod template is allowed unchanged. A containers list that is no list, or an entry that is no container,
 * is refused even with the baseline `off`: the API server never sends one, and what is behind it cannot be judged.
 */
export function decide(rules: RuleSet, webhook: Webhook, request: RequestFacts, context: DecisionContext): Decision {
  try {
    return decided(rules, webhook, request, context);
  } catch (error) {
    return {
      webhook,
      outcome: 'error',
      allowed: false,
      code: 500,
      message: `seccomply could not decide, and refuses: ${oneLine(String(error))}`,
      patch: NOTHING,
      warnings: NOTHING,
      assignments: NOTHING,
      findings: NOTHING,
    };
  }
}

const NOTHING: readonly never[] = [];

function decided(rules: RuleSet, webhook: Webhook, request: RequestFacts, context: DecisionContext): Decision {
  const target = targetOf(request);
  if (target.is === 'nothing') return allowed(webhook);
  const findings = new FindingList();
  if (target.is === 'malformed') {
    addMalformed(target, findings);
    return concluded(webhook, findings, NOTHING, NOTHING);
  }
  if (isMirror(target.metadata, request)) return allowed(webhook);
  const review = reviewPod(rules, request, target, context.namespaceLabels);
  if (review.containers.malformed !== undefined) {
    addMalformed(review.containers.malformed, findings);
    return concluded(webhook, findings, NOTHING, NOTHING);
  }
  const isWindowsPod = isWindows(target.spec);
  const judgement: Judgement = {
    rules,
    webhook,
    context,
    review,
    states: isWindowsPod ? bareStates(review) : containerStates(rules, webhook, review, context, request),
    findings,
  };
  judge(judgement, isWindowsPod);
  if (isWindowsPod) return concluded(webhook, findings, NOTHING, NOTHING);
  addWouldHave(judgement);
  const annotations = writes(webhook, target) ? annotationPatches(judgement.states, target.metadata) : NO_PATCHES;
  if (target.form === 'create' || target.form === 'template') addAnnotationFindings(judgement, annotations);
  const assignments = target.form === 'template' ? NOTHING : assignmentsOf(judgement);
  const patch = writes(webhook, target) && !findings.denied ? patchFor(judgement.states, annotations) : NOTHING;
  return concluded(webhook, findings, patch, assignments);
}

const NO_PATCHES: readonly AnnotationPatch[] = [];

function allowed(webhook: Webhook): Decision {
  return {
    webhook,
    outcome: 'allowed',
    allowed: true,
    code: 200,
    patch: NOTHING,
    warnings: NOTHING,
    assignments: NOTHING,
    findings: NOTHING,
  };
}

function concluded(
  webhook: Webhook,
  findings: FindingList,
  patch: Decision['patch'],
  assignments: Decision['assignments'],
): Decision {
  if (findings.denied)
    return {
      webhook,
      outcome: 'denied',
      allowed: false,
      code: 403,
      message: findings.denial(),
      patch: NOTHING,
      warnings: findings.warnings(),
      assignments,
      findings: findings.findings(),
    };
  return {
    webhook,
    outcome: patch.length > 0 ? 'patched' : 'allowed',
    allowed: true,
    code: 200,
    patch,
    warnings: findings.warnings(),
    assignments,
    findings: findings.findings(),
  };
}
