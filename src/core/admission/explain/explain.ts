import { membersOf, textOf } from '../../document/members.js';
import type { DocumentReference } from '../../policy/load/loaded-document.js';
import { whyNotContainer } from '../../policy/match/container-match.js';
import type { ContainerType } from '../../policy/match/container-type.js';
import { formatImage } from '../../policy/match/image-reference.js';
import type { Labels } from '../../policy/match/label-selector.js';
import { NAMESPACE_NAME_LABEL } from '../../policy/match/pod-facts.js';
import { type CompiledExemption, stateOf } from '../../policy/rules/compiled-exemption.js';
import { type CompiledPolicy, type CompiledRule, ruleFor } from '../../policy/rules/compiled-policy.js';
import { whyOutOfScope } from '../../policy/rules/pod-scope.js';
import type { Requirement } from '../../policy/rules/requirement.js';
import type { RuleSet } from '../../policy/rules/rule-set.js';
import type { PolicyMode } from '../../policy/schema/policy-schema.js';
import type { Place } from '../../problem/problem.js';
import { type AssignmentOutcome, assign, type Winner } from '../assign/assign.js';
import type { ContainerState } from '../assign/container-state.js';
import { bareStates, containerStates } from '../decide/container-states.js';
import type { Assignment, Decision, PatchOperation } from '../decision.js';
import type { DecisionContext } from '../decision-context.js';
import { isMirror, isWindows, namespaceOf, type PodReview, reviewPod } from '../request/pod-review.js';
import { fieldText } from '../request/profile-field.js';
import type { RequestFacts } from '../request/request-facts.js';
import { targetOf } from '../request/review-target.js';
import { admitRequest } from './admit.js';

/** The whole story of one object: what was decided, by what, and why everything else did not count. */
export interface Explanation {
  readonly subject: {
    /** `Pod`, `Deployment`, …; what the object calls itself. */
    readonly kind: string;
    readonly name: string;
    readonly namespace: string;
    readonly serviceAccount: string;
    readonly labels: Labels;
    /** `CREATE`, `UPDATE`. */
    readonly operation: string;
  };
  readonly namespaceLabels: {
    /** `given`: by the caller (the cluster); `documents`: a Namespace document; `name-only`: only `kubernetes.io/metadata.name` is known. */
    readonly source: 'given' | 'documents' | 'name-only';
    readonly labels: Labels;
    /** Whether a policy or exemption asks for labels that are not known. */
    readonly missing: boolean;
  };
  /** Why nothing is judged at all: a Windows pod, a mirror pod, a kind that is not ours. */
  readonly skipped?: string;
  readonly containers: readonly ExplainedContainer[];
  readonly requirements: readonly ExplainedRequirement[];
  readonly exemptions: readonly ExplainedExemption[];
  readonly mutate: Decision;
  /** Absent when mutate refused. */
  readonly validate?: Decision;
  readonly patch: readonly PatchOperation[];
  /** `mutate`'s when it refused, else `validate`'s. */
  readonly decision: Decision;
  /** The object with the patch applied. */
  readonly object: unknown;
}

export interface ExplainedContainer {
  readonly name: string;
  readonly containerType: ContainerType;
  /** e.g. `spec.containers[0]`. */
  readonly path: string;
  readonly image?: string;
  /** The image as it is matched: `docker.io/library/nginx:1.27`; absent when it is no image reference. */
  readonly imageRead?: string;
  /** Effective before and after: `Unset`, `Unconfined`, `RuntimeDefault`, `Localhost/…`. */
  readonly before: string;
  readonly after: string;
  /** Whether `before` comes from the pod's field. */
  readonly inherited: boolean;
  readonly assignment?: Assignment;
  /** Every rule of every policy that matches the pod, in order of precedence; policies that do not match the pod as one entry without rule. */
  readonly candidates: readonly ExplainedCandidate[];
}

export interface ExplainedCandidate {
  readonly policy: DocumentReference;
  readonly mode: PolicyMode;
  readonly priority: number;
  /** The rule's name, else its index; absent where the policy as a whole does not match. */
  readonly rule?: string;
  readonly ruleIndex?: number;
  /** As written in the rule. */
  readonly profile?: string;
  readonly place: Place;
  /** `would-have`: a rule of a Warn or Audit policy that would have won. */
  readonly outcome: 'won' | 'would-have' | 'lost' | 'no-match';
  /** One clause: `an earlier rule won: web-by-image/nginx`, `images: none matches docker.io/library/redis:7`. */
  readonly reason: string;
}

export interface ExplainedRequirement {
  readonly policy: DocumentReference;
  readonly mode: PolicyMode;
  readonly place?: Place;
  /** `not-matching`: the policy is for other pods. */
  readonly outcome: 'satisfied' | 'violated' | 'exempted' | 'not-matching';
  /** What it allows, in words. */
  readonly allows: string;
  readonly reason: string;
}

export interface ExplainedExemption {
  readonly exemption: DocumentReference;
  readonly place: Place;
  readonly expires: string;
  readonly outcome: 'applied' | 'not-needed' | 'not-matching' | 'expired' | 'too-far';
  readonly reason: string;
}

/** Explains mutate and then validate for one request or one object made into a request (`requestFor`). Never throws. */
export function explain(rules: RuleSet, request: RequestFacts, context: DecisionContext): Explanation {
  const admission = admitRequest(rules, request, context);
  const { validate, decision, object } = admission;
  const mutate = admission.mutate ?? decision;
  const told = { mutate, ...(validate === undefined ? {} : { validate }), patch: mutate.patch, decision, object };
  const target = targetOf(request);
  const namespace = namespaceOf(request);
  const namespaceLabels = explainedNamespace(rules, namespace, context);
  if (target.is !== 'pod') {
    const subject = { ...subjectOf(request), namespace, serviceAccount: 'default', labels: {} };
    const skipped = target.is === 'nothing' ? target.why : `${target.path}: ${target.why}`;
    return { subject, namespaceLabels, skipped, containers: [], requirements: [], exemptions: [], ...told };
  }
  const review = reviewPod(rules, request, target, context.namespaceLabels);
  const { serviceAccount, labels } = review.facts;
  const skipped = skippedBecause(request, review);
  const bare = skipped !== undefined;
  const states = bare ? bareStates(review) : containerStates(rules, 'mutate', review, context, request);
  return {
    subject: { ...subjectOf(request), namespace, serviceAccount, labels },
    namespaceLabels,
    ...(skipped === undefined ? {} : { skipped }),
    containers: states.map((state) => explainedContainer(rules, review, state, decision, bare)),
    requirements: bare ? [] : explainedRequirements(rules, review, decision),
    exemptions: bare ? [] : explainedExemptions(rules, review, decision, context),
    ...told,
  };
}

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

function skippedBecause(request: RequestFacts, { target }: PodReview): string | undefined {
  if (isMirror(target.metadata, request)) return 'this is the mirror of a static pod, made by its node';
  return isWindows(target.spec) ? 'this is a Windows pod (spec.os.name), and Windows has no seccomp' : undefined;
}

function explainedContainer(
  rules: RuleSet,
  review: PodReview,
  state: ContainerState,
  decision: Decision,
  bare: boolean,
): ExplainedContainer {
  const { view, path, after } = state;
  const { podField } = review;
  const image = formatImage(view.image());
  const assignment = decision.assignments.find((one) => one.container === view.name && one.containerType === view.type);
  const inherited = view.own.kind === 'Unset' && podField.kind !== 'Unset';
  return {
    name: view.name,
    containerType: view.type,
    path,
    ...(view.imageText === undefined ? {} : { image: view.imageText }),
    ...(image === undefined ? {} : { imageRead: image }),
    before: fieldText(view.own.kind === 'Unset' ? podField : view.own),
    after: fieldText(after.kind === 'Unset' ? podField : after),
    inherited,
    ...(assignment === undefined ? {} : { assignment }),
    candidates: bare ? [] : candidatesFor(rules, review, state),
  };
}

function candidatesFor(rules: RuleSet, review: PodReview, state: ContainerState): readonly ExplainedCandidate[] {
  const { winner, view } = state;
  const candidates: ExplainedCandidate[] = [];
  for (const policy of rules.allPolicies()) {
    if (policy.rules.length === 0) continue;
    const { document, reference, mode } = policy;
    const common = { policy: reference, mode, priority: document.value.spec.priority };
    const out = whyOutOfScope(policy.scope, review.facts);
    if (out !== undefined) {
      candidates.push({ ...common, place: document.placeOf('spec.match'), outcome: 'no-match', reason: out });
      continue;
    }
    const first = ruleFor(policy, view);
    for (const rule of policy.rules) {
      const why = whyNotContainer(rule.match, view, view.type);
      const [outcome, reason] =
        why !== undefined ? (['no-match', why] as const) : verdictOn(policy, rule, first, winner, review, state, rules);
      candidates.push({
        ...common,
        rule: rule.label,
        ruleIndex: rule.index,
        profile: rule.profileText,
        place: document.placeOf(`spec.assign[${rule.index}]`),
        outcome,
        reason,
      });
    }
  }
  return candidates;
}

function verdictOn(
  policy: CompiledPolicy,
  rule: CompiledRule,
  first: CompiledRule | undefined,
  winner: Winner | undefined,
  review: PodReview,
  state: ContainerState,
  rules: RuleSet,
): readonly [ExplainedCandidate['outcome'], string] {
  if (first !== rule) return ['lost', `an earlier rule of the policy matches: ${first?.label ?? ''}`];
  const before =
    winner !== undefined && winner.policy.rank < policy.rank
      ? `an earlier rule won: ${winner.policy.reference.name}/${winner.rule.label}`
      : undefined;
  if (policy.mode !== 'Enforce') {
    if (before !== undefined)
      return ['lost', `${before}; and the policy is in mode ${policy.mode}, which changes no pod`];
    const would = assign({ policy, rule }, state.view, review.podField, rules.catalogue, true);
    return [
      'would-have',
      `the policy is in mode ${policy.mode}, which changes no pod; in mode Enforce: ${tellOutcome(would, policy)}`,
    ];
  }
  if (before !== undefined) return ['lost', before];
  if (state.outcome === undefined) return ['won', 'the first that matches'];
  const isLate = review.target.form === 'update' && state.outcome.action === 'write';
  return [
    'won',
    isLate
      ? 'a new container would get this one; a pod that runs cannot be changed, so it keeps what it has'
      : tellOutcome(state.outcome, policy),
  ];
}

function tellOutcome(outcome: AssignmentOutcome, { existing, unconfined, unavailable }: CompiledPolicy): string {
  const fallback =
    outcome.target.kind === 'field' && outcome.target.fallback !== undefined
      ? `; the profile is ${outcome.target.fallback}, and unavailable: ${unavailable} gives RuntimeDefault`
      : '';
  switch (outcome.action) {
    case 'write':
      return outcome.result === 'injected'
        ? `the container has no profile, so it gets this one${fallback}`
        : `existing: ${existing}, unconfined: ${unconfined} replace what the container has${fallback}`;
    case 'none':
      return outcome.result === 'unchanged'
        ? `the container has this profile already${fallback}`
        : `existing: ${existing} keeps the profile that the container has`;
    case 'refuse':
      return `the profile is ${outcome.target.absence}, and unavailable: ${unavailable} refuses the pod`;
    case 'leave':
      return `what the container has is Unconfined or no profile; it stays as it is and is judged (unconfined: ${unconfined})`;
  }
}

function explainedRequirements(rules: RuleSet, review: PodReview, decision: Decision): readonly ExplainedRequirement[] {
  const explained: ExplainedRequirement[] = [];
  for (const { requirement, document, scope } of rules.allPolicies()) {
    if (requirement === undefined) continue;
    const place = document.placeOf('spec.require');
    const out = whyOutOfScope(scope, review.facts);
    if (out === undefined) explained.push({ ...verdictOf(requirement, review, decision), place });
    else {
      const { policy, mode, allows } = requirement;
      explained.push({ policy, mode, place, allows, outcome: 'not-matching', reason: out });
    }
  }
  if (rules.builtIn !== undefined) explained.push(verdictOf(rules.builtIn, review, decision));
  return explained;
}

function verdictOf(
  { policy, mode, allows, templates }: Requirement,
  { target }: PodReview,
  { findings }: Decision,
): ExplainedRequirement {
  const common = { policy, mode, allows };
  const own = findings.filter((finding) => finding.policy.name === policy.name);
  const violations = own.filter(({ kind }) => kind === 'violation');
  if (violations.length > 0)
    return { ...common, outcome: 'violated', reason: violations.map(({ message }) => message).join('; ') };
  const exempted = own.filter(({ kind }) => kind === 'exempted');
  if (exempted.length > 0)
    return { ...common, outcome: 'exempted', reason: exempted.map(({ message }) => message).join('; ') };
  const ignored = target.form === 'template' && templates === 'Ignore';
  return {
    ...common,
    outcome: 'satisfied',
    reason: ignored ? 'templates: Ignore, so templates are not judged' : 'every container keeps to it',
  };
}

function explainedExemptions(
  rules: RuleSet,
  review: PodReview,
  { findings }: Decision,
  { now }: DecisionContext,
): readonly ExplainedExemption[] {
  const matching = new Set(review.exemptions());
  return rules.allExemptions().map((exemption) => {
    const { document, scope } = exemption;
    const { expires, allow } = document.value.spec;
    const common = { exemption: document.reference, place: document.placeOf('spec'), expires };
    if (!matching.has(exemption))
      return {
        ...common,
        outcome: 'not-matching',
        reason: whyOutOfScope(scope, review.facts) ?? 'its images match none',
      };
    const state = stateOf(exemption, now, rules.longestExemption);
    if (state === 'expired') return { ...common, outcome: 'expired', reason: `it expired at ${expires}` };
    if (state === 'too-far') {
      const days = Math.floor(rules.longestExemption / 86_400_000);
      return {
        ...common,
        outcome: 'too-far',
        reason: `it expires more than ${days} days ahead, so it does nothing yet`,
      };
    }
    const used = findings.filter(
      (finding) => finding.kind === 'exempted' && finding.exemption?.name === document.reference.name,
    );
    if (used.length > 0)
      return { ...common, outcome: 'applied', reason: used.map(({ message }) => message).join('; ') };
    return { ...common, outcome: 'not-needed', reason: whyUnused(exemption, review, allow) };
  });
}

function whyUnused(
  { match, policies }: CompiledExemption,
  { containers }: PodReview,
  allow: readonly string[],
): string {
  const why = containers.judged.map((view) => whyNotContainer(match, view, view.type));
  if (why.length > 0 && why.every((one) => one !== undefined))
    return `it is for none of the containers: ${containers.judged.map((view, index) => `${view.name}: ${why[index] ?? ''}`).join('; ')}`;
  const lifts = policies === undefined ? '' : `, under ${[...policies].join(', ')}`;
  return `no container breaks a requirement by what it allows: ${allow.join(', ')}${lifts}`;
}
