import { type Members, membersOf, textOf } from '../../document/members.js';
import { sameJson } from '../../document/same-json.js';
import { type ExemptionSubject, formatSubject } from '../../policy/match/exemption-pattern.js';
import { imageIndexKeys } from '../../policy/match/image-pattern.js';
import type { Labels } from '../../policy/match/label-selector.js';
import { NAMESPACE_NAME_LABEL, type PodFacts } from '../../policy/match/pod-facts.js';
import type { CompiledPolicy } from '../../policy/rules/compiled-policy.js';
import type { ExemptionGroup } from '../../policy/rules/exemption-group.js';
import type { LazyPicks } from '../../policy/rules/lazy-picks.js';
import type { ExemptionQuery, RuleSet } from '../../policy/rules/rule-set.js';
import type { ContainerView } from './container-view.js';
import { below, type InputPath } from './input-path.js';
import { containersOf, type PodContainers } from './pod-containers.js';
import { PROFILE_INPUTS, type ProfileField, readProfileField } from './profile-field.js';
import type { RequestFacts } from './request-facts.js';
import type { PodTarget } from './review-target.js';

/** Of a request. */
export const REQUEST_INPUTS: readonly InputPath[] = ['namespace', 'userInfo.username', 'object.metadata.namespace'];
/** Of a pod. */
export const POD_INPUTS: readonly InputPath[] = [
  'metadata.labels.*',
  'metadata.annotations.*',
  'spec.serviceAccountName',
  'spec.serviceAccount',
  'spec.runtimeClassName',
  'spec.os.name',
  ...below('spec.securityContext', PROFILE_INPUTS),
];

/** A pod with what a set of policies says about it. */
export interface PodReview {
  readonly target: PodTarget;
  readonly facts: PodFacts;
  readonly containers: PodContainers;
  /** The pod's own field. */
  readonly podField: ProfileField;
  /** All that match, of every mode, in order. */
  readonly policies: readonly CompiledPolicy[];
  /** Those that lift the policy's requirement for this subject from some container, in force or not; looked up once for each. */
  exemptionsLifting(policy: string, subject: ExemptionSubject): LazyPicks<ExemptionGroup>;
  /** Those among which one that was meant to lift it is looked for (`RuleSet.exemptionsNear`). */
  exemptionsNear(policy: string, subject: ExemptionSubject): readonly ExemptionGroup[];
  /** For a template that is updated: whether its pods' spec stays as it was. */
  isUnchangedTemplate(): boolean;
}

export function reviewPod(
  rules: RuleSet,
  request: RequestFacts,
  target: PodTarget,
  namespaceLabels: Labels | undefined,
): PodReview {
  const facts = podFacts(rules, request, target, namespaceLabels);
  const containers = containersOf(target);
  const imageKeys = rules.asksImages ? imageKeysOf(containers.judged) : NO_KEYS;
  let names: readonly string[] | undefined;
  const queryFor = (policy: string, subject: ExemptionSubject): ExemptionQuery => {
    names ??= [...new Set(containers.judged.map(({ name }) => name))];
    return { pod: facts, imageKeys, containers: names, policy, profile: formatSubject(subject), subject };
  };
  const lifting = cached((policy, subject) => rules.exemptionsFor(queryFor(policy, subject)));
  const near = cached((policy, subject) => rules.exemptionsNear(queryFor(policy, subject)));
  return {
    target,
    facts,
    containers,
    podField: readProfileField(target.spec.securityContext),
    policies: rules.policiesFor(facts, imageKeys),
    exemptionsLifting: lifting,
    exemptionsNear: near,
    isUnchangedTemplate: () => target.oldSpec !== undefined && sameJson(target.oldSpec, target.spec),
  };
}

function cached<T>(
  find: (policy: string, subject: ExemptionSubject) => T,
): (policy: string, subject: ExemptionSubject) => T {
  let found: Map<string, T> | undefined;
  return (policy, subject) => {
    found ??= new Map();
    const key = `${policy} ${formatSubject(subject)}`;
    const known = found.get(key) ?? find(policy, subject);
    found.set(key, known);
    return known;
  };
}

/** The namespace of a request: its own, else the object's, else `default`, as kubectl has it for a file. */
export function namespaceOf(request: RequestFacts): string {
  const own = membersOf(membersOf(request.object)?.metadata)?.namespace;
  return textOf(request.namespace) ?? textOf(own) ?? 'default';
}

const NO_KEYS: readonly string[] = [];
const NO_LABELS: Labels = {};

function podFacts(
  rules: RuleSet,
  request: RequestFacts,
  { metadata, spec }: PodTarget,
  given: Labels | undefined,
): PodFacts {
  const namespace = namespaceOf(request);
  return {
    namespace,
    namespaceLabels: labelsOf(namespace, given ?? rules.namespaceLabels(namespace)),
    labels: membersOf(metadata.labels) ?? NO_LABELS,
    serviceAccount: textOf(spec.serviceAccountName) ?? textOf(spec.serviceAccount) ?? 'default',
    runtimeClass: textOf(spec.runtimeClassName),
  };
}

function labelsOf(namespace: string, known: Labels | undefined): Labels {
  if (known === undefined) return { [NAMESPACE_NAME_LABEL]: namespace };
  return known[NAMESPACE_NAME_LABEL] === namespace ? known : { ...known, [NAMESPACE_NAME_LABEL]: namespace };
}

function imageKeysOf(containers: readonly ContainerView[]): readonly string[] {
  const keys = new Set<string>();
  for (const container of containers) for (const key of imageIndexKeys(container.image())) keys.add(key);
  return [...keys];
}

/** Pods of Windows nodes have no seccomp, and the API server refuses the field there. */
export function isWindows(spec: Members): boolean {
  return membersOf(spec.os)?.name === 'windows';
}

/** A static pod as its kubelet shows it. Anyone can write the annotation, so the user has to be a node too. */
export function isMirror(metadata: Members, request: RequestFacts): boolean {
  const annotations = membersOf(metadata.annotations);
  if (annotations === undefined || !Object.hasOwn(annotations, 'kubernetes.io/config.mirror')) return false;
  const username = membersOf(request.userInfo)?.username;
  return typeof username === 'string' && username.startsWith('system:node:');
}
