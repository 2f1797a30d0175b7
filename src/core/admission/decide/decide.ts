import type { RuleSet } from '../../policy/rules/rule-set.js';
import { oneLine } from '../../text/quoted.js';
import type { Decision, Webhook } from '../decision.js';
import type { DecisionContext } from '../decision-context.js';
import { isMirror, isWindows, reviewPod } from '../request/pod-review.js';
import type { RequestFacts } from '../request/request-facts.js';
import { targetOf } from '../request/review-target.js';
import { enforceRequirements } from '../requirements/enforce-requirements.js';
import { FindingList } from '../requirements/finding-list.js';
import { addMalformed } from '../requirements/malformed.js';
import type { PodEvaluation } from '../requirements/pod-evaluation.js';
import { RepairFinder } from '../requirements/repairs.js';
import { type AnnotationPatch, addAnnotationFindings, annotationPatches } from './annotations.js';
import { assignmentsOf } from './assignments.js';
import { bareStates, containerStates, writes } from './container-states.js';
import { addDryRunAssignments } from './dry-run-assignments.js';
import { patchFor } from './patch.js';

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
  if (target.is === 'malformed') {
    const findings = new FindingList('create');
    addMalformed(target, findings);
    return concluded(webhook, findings, NOTHING, NOTHING);
  }
  if (isMirror(target.metadata, request)) return allowed(webhook);
  const findings = new FindingList(target.form);
  const review = reviewPod(rules, request, target, context.namespaceLabels);
  if (review.containers.malformed !== undefined) {
    addMalformed(review.containers.malformed, findings);
    return concluded(webhook, findings, NOTHING, NOTHING);
  }
  const isWindowsPod = isWindows(target.spec);
  const evaluation: PodEvaluation = {
    rules,
    webhook,
    context,
    review,
    states: isWindowsPod ? bareStates(review) : containerStates(rules, webhook, review, context, request),
    findings,
    repairs: new RepairFinder(rules, review),
  };
  enforceRequirements(evaluation, isWindowsPod);
  if (isWindowsPod) return concluded(webhook, findings, NOTHING, NOTHING);
  addDryRunAssignments(evaluation);
  // The API server takes nothing but new containers from pods/ephemeralcontainers.
  const annotations =
    target.form === 'create' && writes(webhook, target)
      ? annotationPatches(evaluation.states, target.metadata)
      : NO_PATCHES;
  if (target.form === 'create' || target.form === 'template') addAnnotationFindings(evaluation, annotations);
  const assignments = target.form === 'template' ? NOTHING : assignmentsOf(evaluation);
  const patch = writes(webhook, target) && !findings.denied ? patchFor(evaluation.states, annotations) : NOTHING;
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
