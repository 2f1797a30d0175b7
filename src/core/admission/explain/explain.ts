import { membersOf, textOf } from '../../document/members.js';
import { NAMESPACE_NAME_LABEL } from '../../policy/match/pod-facts.js';
import type { RuleSet } from '../../policy/rules/rule-set.js';
import { bareStates, containerStates } from '../decide/container-states.js';
import type { DecisionContext } from '../decision-context.js';
import { isMirror, isWindows, namespaceOf, reviewPod } from '../request/pod-review.js';
import type { RequestFacts } from '../request/request-facts.js';
import { targetOf } from '../request/review-target.js';
import { admitRequest } from './admit.js';
import { explainedContainer } from './explained-container.js';
import { explainedExemptions } from './explained-exemptions.js';
import { explainedRequirements } from './explained-requirements.js';
import type { Explanation } from './explanation.js';

/** Explains mutate and then validate for one request or one object made into a request (`requestFor`). Never throws. */
export function explain(rules: RuleSet, request: RequestFacts, context: DecisionContext): Explanation {
  const admission = admitRequest(rules, request, context);
  const { validate, decision, object } = admission;
  const mutate = admission.mutate ?? decision;
  const answers = { mutate, ...(validate === undefined ? {} : { validate }), patch: mutate.patch, decision, object };
  const target = targetOf(request);
  const namespace = namespaceOf(request);
  const namespaceLabels = explainedNamespace(rules, namespace, context);
  if (target.is !== 'pod') {
    const subject = { ...subjectOf(request), namespace, serviceAccount: 'default', labels: {} };
    const skipped = target.is === 'nothing' ? target.why : `${target.path}: ${target.why}`;
    const isJudged = target.is === 'malformed';
    return {
      subject,
      namespaceLabels,
      skipped,
      isJudged,
      containers: [],
      requirements: [],
      exemptions: [],
      ...answers,
    };
  }
  const review = reviewPod(rules, request, target, context.namespaceLabels);
  const { serviceAccount, labels } = review.facts;
  const isJudged = !isMirror(target.metadata, request);
  const skipped = !isJudged ? MIRROR : isWindows(target.spec) ? WINDOWS : undefined;
  const bare = skipped !== undefined;
  const states = bare ? bareStates(review) : containerStates(rules, 'mutate', review, context, request);
  return {
    subject: { ...subjectOf(request), namespace, serviceAccount, labels },
    namespaceLabels,
    ...(skipped === undefined ? {} : { skipped }),
    isJudged,
    containers: states.map((state) => explainedContainer(rules, review, state, bare)),
    requirements: isJudged ? explainedRequirements(rules, review, decision) : [],
    exemptions: isJudged ? explainedExemptions(rules, review, decision, context) : [],
    ...answers,
  };
}

const MIRROR = 'this is the mirror of a static pod, made by its node';
const WINDOWS = 'this is a Windows pod (spec.os.name), and Windows has no seccomp';

function subjectOf(request: RequestFacts): Pick<Explanation['subject'], 'kind' | 'name' | 'operation'> {
  const object = membersOf(request.object);
  const metadata = membersOf(object?.metadata);
  const generated = textOf(metadata?.generateName);
  return {
    kind: textOf(membersOf(request.kind)?.kind) ?? textOf(object?.kind) ?? 'Pod',
    name: textOf(metadata?.name) ?? textOf(request.name) ?? (generated === undefined ? '' : `${generated}*`),
    operation: textOf(request.operation) ?? 'CREATE',
  };
}

function explainedNamespace(
  rules: RuleSet,
  namespace: string,
  { namespaceLabels }: DecisionContext,
): Explanation['namespaceLabels'] {
  const nameOnly = { [NAMESPACE_NAME_LABEL]: namespace };
  if (namespaceLabels !== undefined)
    return { source: 'given', labels: { ...namespaceLabels, ...nameOnly }, missing: false };
  const documented = rules.namespaceLabels(namespace);
  if (documented !== undefined) return { source: 'documents', labels: documented, missing: false };
  return { source: 'name-only', labels: nameOnly, missing: rules.needsNamespaceLabels(namespace) };
}
