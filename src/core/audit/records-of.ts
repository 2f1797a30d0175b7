import type { Assignment, Decision, Finding, Webhook } from '../admission/decision.js';
import type { RequestFacts } from '../admission/request/request-facts.js';
import { membersOrNone } from '../document/members.js';
import type { DocumentReference } from '../policy/load/loaded-document.js';
import { controlsOf } from './controls.js';
import type {
  AdmissionEntry,
  OtherFinding,
  RecordedActor,
  RecordedContainer,
  RecordedDecision,
  RecordedDocument,
  RecordedExemption,
  RecordedFinding,
  RecordedProfile,
  RecordedRequest,
  RecordedWorkload,
} from './record.js';
import { recordedText } from './recorded-text.js';

const messageLimit = 1_024;
const listLimit = 32;

/** Keys of `userInfo.extra` that the API server sets itself; others may hold anything, a token too. */
const knownExtra = [
  'authentication.kubernetes.io/credential-id',
  'authentication.kubernetes.io/node-name',
  'authentication.kubernetes.io/node-uid',
  'authentication.kubernetes.io/pod-name',
  'authentication.kubernetes.io/pod-uid',
];

export interface RecordContext {
  /** When the request came in. */
  readonly observedTime?: Date;
}

/** `before-answer`: the answer waits for the disk, and without it there is no letting through. `soon`: written, not waited for. */
export type RecordingNeed = 'before-answer' | 'soon' | 'none';

/** How much a decision's record matters to its answer: refusals and uses of exemptions are evidence first. */
export function needOf(decision: Decision): RecordingNeed {
  if (!decision.allowed) return 'before-answer';
  if (decision.webhook === 'mutate') return 'none';
  if (decision.findings.some((finding) => finding.kind === 'exempted')) return 'before-answer';
  return typeOf(decision) === undefined ? 'none' : 'soon';
}

/**
 * The record of one admission: one, or none where there is nothing to say. `/mutate` leaves only its own refusals; what is
 * exempted, warned of, only recorded or a fallback is `/validate`'s, which sees the final object, so that nothing is said twice.
 * Keys stand in the order of canonical JSON, so that nobody has to sort them later.
 */
export function recordsOf(
  request: RequestFacts,
  decision: Decision,
  context: RecordContext = {},
): readonly AdmissionEntry[] {
  const recordType = typeOf(decision);
  if (recordType === undefined) return [];
  return [admissionEntry(recordType, request, decision, context)];
}

function admissionEntry(
  recordType: AdmissionEntry['recordType'],
  request: RequestFacts,
  decision: Decision,
  { observedTime }: RecordContext,
): AdmissionEntry {
  const [first, ...others] = byWeight(decision.findings);
  const assignment = decision.assignments.find((one) =>
    first === undefined ? one.result === 'fallback' : one.container === first.container,
  );
  const entry: Begun<AdmissionEntry> = { actor: recordedActor(request.userInfo) };
  if (first !== undefined) {
    entry.container = recordedContainer(first);
    put(entry, 'controls', nonEmpty(controlsOf(first)));
  } else if (assignment !== undefined)
    entry.container = { name: recordedText(assignment.container) ?? '?', type: assignment.containerType };
  entry.decision = recordedDecision(decision, first);
  if (first?.exemption !== undefined) entry.exemption = recordedExemption(first.exemption);
  if (first !== undefined) entry.finding = recordedFinding(first);
  if (observedTime !== undefined) entry.observedTime = observedTime.toISOString();
  if (others.length > 0) entry.otherFindings = others.slice(0, listLimit).map(otherFinding);
  if (others.length > listLimit) entry.otherFindingsOmitted = others.length - listLimit;
  if (first !== undefined) entry.policy = recordedDocument(first.policy);
  if (assignment !== undefined) entry.profile = recordedProfile(assignment);
  entry.recordType = recordType;
  entry.request = recordedRequest(request, decision.webhook);
  put(entry, 'workload', recordedWorkload(request));
  return entry as AdmissionEntry;
}

/** A request that was refused without being read: too large, too deep, no AdmissionReview, out of time. */
export function refusalOf(refusal: {
  readonly webhook: Webhook;
  readonly uid?: unknown;
  readonly namespace?: unknown;
  /** HTTP-like status of the refusal. */
  readonly code: number;
  readonly message: string;
}): AdmissionEntry {
  const decision: Begun<RecordedDecision> = { allowed: false, code: refusal.code };
  put(decision, 'message', recordedText(refusal.message, messageLimit));
  decision.mode = 'enforce';
  decision.outcome = 'error';
  return {
    actor: {},
    decision: decision as RecordedDecision,
    recordType: 'denial',
    request: recordedRequest({ uid: refusal.uid, namespace: refusal.namespace }, refusal.webhook),
  };
}

function typeOf(decision: Decision): AdmissionEntry['recordType'] | undefined {
  if (!decision.allowed) return 'denial';
  if (decision.webhook === 'mutate') return undefined;
  const has = (kind: Finding['kind']): boolean => decision.findings.some((finding) => finding.kind === kind);
  if (has('exempted')) return 'exemption';
  if (has('violation')) return 'violation';
  if (has('fallback') || decision.assignments.some((assignment) => assignment.result === 'fallback')) return 'fallback';
  return has('warning') || decision.warnings.length > 0 ? 'warning' : undefined;
}

function byWeight(findings: readonly Finding[]): readonly Finding[] {
  return findings.length < 2 ? findings : [...findings].sort((one, other) => weight(other) - weight(one));
}

function weight(finding: Finding): number {
  switch (finding.kind) {
    case 'violation':
      return finding.mode === 'Enforce' ? 5 : finding.mode === 'Warn' ? 3 : 2;
    case 'exempted':
      return 4;
    case 'fallback':
      return 1;
    case 'warning':
      return 0;
  }
}

function recordedRequest(request: RequestFacts, webhook: Webhook): RecordedRequest {
  const metadata = metadataOf(request);
  const recorded: Begun<RecordedRequest> = { dryRun: request.dryRun === true };
  put(recorded, 'generateName', recordedText(metadata.generateName));
  put(recorded, 'name', recordedText(request.name) ?? recordedText(metadata.name));
  put(recorded, 'namespace', recordedText(request.namespace) ?? recordedText(metadata.namespace));
  put(recorded, 'operation', recordedText(request.operation));
  put(recorded, 'resource', resourceName(request.resource));
  put(recorded, 'subresource', recordedText(request.subResource));
  put(recorded, 'uid', recordedText(request.uid));
  recorded.webhook = webhook;
  return recorded as RecordedRequest;
}

function resourceName(resource: unknown): string | undefined {
  const { group, version, resource: plural } = membersOrNone(resource);
  const parts = [recordedText(group), recordedText(version), recordedText(plural)];
  return parts[2] === undefined ? undefined : parts.filter((part) => part !== undefined).join('/');
}

function recordedActor(userInfo: unknown): RecordedActor {
  const user = membersOrNone(userInfo);
  const recorded: Begun<RecordedActor> = {};
  put(recorded, 'extra', recordedExtra(membersOrNone(user.extra)));
  put(recorded, 'groups', textsOf(user.groups));
  put(recorded, 'uid', recordedText(user.uid));
  put(recorded, 'username', recordedText(user.username));
  return recorded as RecordedActor;
}

function recordedExtra(extra: Readonly<Record<string, unknown>>): RecordedActor['extra'] {
  let known: Record<string, readonly string[]> | undefined;
  for (const key of knownExtra) {
    const values = textsOf(Object.hasOwn(extra, key) ? extra[key] : undefined);
    if (values === undefined) continue;
    known ??= {};
    known[key] = values;
  }
  return known;
}

function recordedWorkload(request: RequestFacts): RecordedWorkload | undefined {
  const object = membersOrNone(request.object ?? request.oldObject);
  const metadata = metadataOf(request);
  const kind = recordedText(membersOrNone(request.kind).kind) ?? recordedText(object.kind);
  if (kind === undefined) return undefined;
  const ownName =
    recordedText(metadata.name) ?? recordedText(request.name) ?? withStar(recordedText(metadata.generateName));
  const chain = [`${kind}/${ownName ?? '?'}`];
  const references = Array.isArray(metadata.ownerReferences) ? metadata.ownerReferences.map(membersOrNone) : [];
  const owner = references.find((reference) => reference.controller === true);
  const ownerKind = recordedText(owner?.kind);
  const ownerName = recordedText(owner?.name);
  if (owner === undefined || ownerKind === undefined || ownerName === undefined)
    return workload(chain, kind, ownName, metadata.uid);
  chain.push(`${ownerKind}/${ownerName}`);
  // A ReplicaSet is called <deployment>-<pod-template-hash>, and its pods carry the hash as a label.
  const templateHash = recordedText(membersOrNone(metadata.labels)['pod-template-hash']);
  if (ownerKind === 'ReplicaSet' && templateHash !== undefined && ownerName.endsWith(`-${templateHash}`))
    chain.push(`Deployment/${ownerName.slice(0, -templateHash.length - 1)}`);
  return workload(chain, ownerKind, ownerName, owner.uid);
}

function workload(chain: readonly string[], kind: string, name: string | undefined, uid: unknown): RecordedWorkload {
  const recorded: Begun<RecordedWorkload> = { chain, kind };
  put(recorded, 'name', name);
  put(recorded, 'uid', recordedText(uid));
  return recorded as RecordedWorkload;
}

function withStar(generateName: string | undefined): string | undefined {
  return generateName === undefined ? undefined : `${generateName}*`;
}

function recordedDecision(decision: Decision, first: Finding | undefined): RecordedDecision {
  const recorded: Begun<RecordedDecision> = { allowed: decision.allowed, code: decision.code };
  put(recorded, 'message', recordedText(decision.message, messageLimit));
  recorded.mode = modeOf(first?.mode ?? 'Enforce');
  recorded.outcome = decision.outcome;
  put(recorded, 'warnings', nonEmpty(textsOf(decision.warnings) ?? []));
  return recorded as RecordedDecision;
}

function otherFinding(finding: Finding): OtherFinding {
  const recorded: Begun<OtherFinding> = { container: recordedContainer(finding) };
  if (finding.exemption !== undefined) recorded.exemption = recordedExemption(finding.exemption);
  recorded.finding = recordedFinding(finding);
  recorded.policy = recordedDocument(finding.policy);
  return recorded as OtherFinding;
}

function recordedContainer({ container, containerType, image, inheritedBy }: Finding): RecordedContainer {
  const recorded: Begun<RecordedContainer> = {};
  put(recorded, 'image', recordedText(image));
  put(recorded, 'imageDigest', image?.match(/@(sha256:[0-9a-f]{64})$/)?.[1]);
  put(recorded, 'inheritedBy', nonEmpty(textsOf(inheritedBy) ?? []));
  recorded.name = recordedText(container) ?? '?';
  recorded.type = containerType;
  return recorded as RecordedContainer;
}

function recordedFinding(finding: Finding): RecordedFinding {
  return {
    code: finding.code,
    effective: recordedText(finding.effective) ?? '',
    expected: recordedText(finding.expected) ?? '',
    fieldPath: recordedText(finding.fieldPath) ?? '',
    kind: finding.kind,
    message: recordedText(finding.message, messageLimit) ?? '',
    mode: modeOf(finding.mode),
    requested: recordedText(finding.requested) ?? '',
  };
}

function modeOf(mode: Finding['mode']): 'enforce' | 'warn' | 'audit' {
  return mode === 'Enforce' ? 'enforce' : mode === 'Warn' ? 'warn' : 'audit';
}

function recordedDocument({ name, contentSha256, origin }: DocumentReference): RecordedDocument {
  const recorded: Begun<RecordedDocument> = { contentSha256, name: recordedText(name) ?? '' };
  put(recorded, 'origin', recordedText(origin));
  return recorded as RecordedDocument;
}

function recordedExemption(exemption: NonNullable<Finding['exemption']>): RecordedExemption {
  const recorded: Begun<RecordedExemption> = {
    contentSha256: exemption.contentSha256,
    expires: exemption.expires,
    name: recordedText(exemption.name) ?? '',
  };
  put(recorded, 'origin', recordedText(exemption.origin));
  recorded.owner = recordedText(exemption.owner) ?? '';
  recorded.reason = recordedText(exemption.reason, messageLimit) ?? '';
  put(recorded, 'ticket', recordedText(exemption.ticket));
  return recorded as RecordedExemption;
}

function recordedProfile(assignment: Assignment): RecordedProfile {
  const recorded: Begun<RecordedProfile> = {};
  put(recorded, 'digest', assignment.effective.match(/\.([0-9a-f]{32})\.json$/)?.[1]);
  recorded.effective = recordedText(assignment.effective) ?? '';
  recorded.policy = { ...recordedDocument(assignment.policy), rule: recordedText(assignment.rule) ?? '' };
  recorded.reference = recordedText(assignment.profile) ?? '';
  recorded.result = assignment.result;
  recorded.stage = assignment.stage;
  return recorded as RecordedProfile;
}

function metadataOf(request: RequestFacts): Readonly<Record<string, unknown>> {
  return membersOrNone(membersOrNone(request.object ?? request.oldObject).metadata);
}

function textsOf(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const texts = value
    .slice(0, listLimit)
    .map((item: unknown) => recordedText(item))
    .filter((item) => item !== undefined);
  return value.length > listLimit ? [...texts, `… and ${value.length - listLimit} more`] : texts;
}

function nonEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

/** A part of a record that is being put together. */
type Begun<T> = { -readonly [K in keyof T]?: T[K] };

function put<T, K extends keyof T>(part: T, key: K, value: T[K] | undefined): void {
  if (value !== undefined) part[key] = value;
}
