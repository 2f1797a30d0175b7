import type { Assignment, Decision, DocumentReference, Finding, Webhook } from '../admission/decision.js';
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

/** What a record takes from an AdmissionRequest. Nothing is trusted to have its type: requests are read as they came. */
export interface RequestFacts {
  readonly uid?: unknown;
  readonly kind?: unknown;
  readonly resource?: unknown;
  readonly subResource?: unknown;
  readonly name?: unknown;
  readonly namespace?: unknown;
  readonly operation?: unknown;
  readonly userInfo?: unknown;
  readonly dryRun?: unknown;
  readonly object?: unknown;
  readonly oldObject?: unknown;
}

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
 */
export function recordsOf(
  request: RequestFacts,
  decision: Decision,
  context: RecordContext = {},
): readonly AdmissionEntry[] {
  const recordType = typeOf(decision);
  if (recordType === undefined) return [];
  const ranked = [...decision.findings].sort((one, other) => weight(other) - weight(one));
  const [first, ...others] = ranked;
  const assignment = decision.assignments.find((one) =>
    first === undefined ? one.result === 'fallback' : one.container === first.container,
  );
  return [
    {
      recordType,
      ...(context.observedTime === undefined ? {} : { observedTime: context.observedTime.toISOString() }),
      request: recordedRequest(request, decision.webhook),
      actor: recordedActor(request.userInfo),
      ...optional('workload', recordedWorkload(request)),
      decision: recordedDecision(decision, first),
      ...(first === undefined ? withoutFinding(assignment) : findingPart(first)),
      ...(first === undefined ? {} : optional('controls', nonEmpty(controlsOf(first)))),
      ...(assignment === undefined ? {} : { profile: recordedProfile(assignment) }),
      ...(others.length === 0 ? {} : { otherFindings: others.slice(0, listLimit).map(findingPart) }),
      ...(others.length > listLimit ? { otherFindingsOmitted: others.length - listLimit } : {}),
    },
  ];
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
  return {
    recordType: 'denial',
    request: recordedRequest({ uid: refusal.uid, namespace: refusal.namespace }, refusal.webhook),
    actor: {},
    decision: {
      allowed: false,
      outcome: 'error',
      mode: 'enforce',
      code: refusal.code,
      ...optional('message', recordedText(refusal.message, messageLimit)),
    },
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
  return {
    ...optional('uid', recordedText(request.uid)),
    webhook,
    ...optional('operation', recordedText(request.operation)),
    dryRun: request.dryRun === true,
    ...optional('resource', resourceName(request.resource)),
    ...optional('subresource', recordedText(request.subResource)),
    ...optional('name', recordedText(request.name) ?? recordedText(metadata.name)),
    ...optional('generateName', recordedText(metadata.generateName)),
    ...optional('namespace', recordedText(request.namespace) ?? recordedText(metadata.namespace)),
  };
}

function resourceName(resource: unknown): string | undefined {
  const { group, version, resource: plural } = membersOf(resource);
  const parts = [recordedText(group), recordedText(version), recordedText(plural)];
  return parts[2] === undefined ? undefined : parts.filter((part) => part !== undefined).join('/');
}

function recordedActor(userInfo: unknown): RecordedActor {
  const user = membersOf(userInfo);
  const extra = membersOf(user.extra);
  const known = knownExtra.flatMap((key) => {
    const values = textsOf(Object.hasOwn(extra, key) ? extra[key] : undefined);
    return values === undefined ? [] : [[key, values] as const];
  });
  return {
    ...optional('username', recordedText(user.username)),
    ...optional('uid', recordedText(user.uid)),
    ...optional('groups', textsOf(user.groups)),
    ...(known.length === 0 ? {} : { extra: Object.fromEntries(known) }),
  };
}

function recordedWorkload(request: RequestFacts): RecordedWorkload | undefined {
  const object = membersOf(request.object ?? request.oldObject);
  const metadata = metadataOf(request);
  const kind = recordedText(membersOf(request.kind).kind) ?? recordedText(object.kind);
  if (kind === undefined) return undefined;
  const ownName =
    recordedText(metadata.name) ?? recordedText(request.name) ?? withStar(recordedText(metadata.generateName));
  const chain = [`${kind}/${ownName ?? '?'}`];
  const references = Array.isArray(metadata.ownerReferences) ? metadata.ownerReferences.map(membersOf) : [];
  const owner = references.find((reference) => reference.controller === true);
  const ownerKind = recordedText(owner?.kind);
  const ownerName = recordedText(owner?.name);
  if (owner === undefined || ownerKind === undefined || ownerName === undefined)
    return { kind, ...optional('name', ownName), ...optional('uid', recordedText(metadata.uid)), chain };
  chain.push(`${ownerKind}/${ownerName}`);
  // A ReplicaSet is called <deployment>-<pod-template-hash>, and its pods carry the hash as a label.
  const templateHash = recordedText(membersOf(metadata.labels)['pod-template-hash']);
  if (ownerKind === 'ReplicaSet' && templateHash !== undefined && ownerName.endsWith(`-${templateHash}`))
    chain.push(`Deployment/${ownerName.slice(0, -templateHash.length - 1)}`);
  return { kind: ownerKind, name: ownerName, ...optional('uid', recordedText(owner.uid)), chain };
}

function withStar(generateName: string | undefined): string | undefined {
  return generateName === undefined ? undefined : `${generateName}*`;
}

function recordedDecision(decision: Decision, first: Finding | undefined): RecordedDecision {
  return {
    allowed: decision.allowed,
    outcome: decision.outcome,
    mode: modeOf(first?.mode ?? 'Enforce'),
    code: decision.code,
    ...optional('message', recordedText(decision.message, messageLimit)),
    ...optional('warnings', nonEmpty(textsOf(decision.warnings) ?? [])),
  };
}

function findingPart(finding: Finding): OtherFinding {
  return {
    container: recordedContainer(finding),
    finding: recordedFinding(finding),
    policy: recordedDocument(finding.policy),
    ...(finding.exemption === undefined ? {} : { exemption: recordedExemption(finding.exemption) }),
  };
}

function withoutFinding(assignment: Assignment | undefined): { readonly container?: RecordedContainer } {
  if (assignment === undefined) return {};
  return { container: { name: recordedText(assignment.container) ?? '?', type: assignment.containerType } };
}

function recordedContainer(finding: Finding): RecordedContainer {
  return {
    name: recordedText(finding.container) ?? '?',
    type: finding.containerType,
    ...optional('image', recordedText(finding.image)),
    ...optional('imageDigest', finding.image?.match(/@(sha256:[0-9a-f]{64})$/)?.[1]),
    ...optional('inheritedBy', nonEmpty(textsOf(finding.inheritedBy) ?? [])),
  };
}

function recordedFinding(finding: Finding): RecordedFinding {
  return {
    kind: finding.kind,
    code: finding.code,
    mode: modeOf(finding.mode),
    requested: recordedText(finding.requested) ?? '',
    effective: recordedText(finding.effective) ?? '',
    expected: recordedText(finding.expected) ?? '',
    fieldPath: recordedText(finding.fieldPath) ?? '',
    message: recordedText(finding.message, messageLimit) ?? '',
  };
}

function modeOf(mode: Finding['mode']): 'enforce' | 'warn' | 'audit' {
  return mode === 'Enforce' ? 'enforce' : mode === 'Warn' ? 'warn' : 'audit';
}

function recordedDocument(document: DocumentReference): RecordedDocument {
  return {
    name: recordedText(document.name) ?? '',
    contentSha256: document.contentSha256,
    ...optional('origin', recordedText(document.origin)),
  };
}

function recordedExemption(exemption: NonNullable<Finding['exemption']>): RecordedExemption {
  return {
    ...recordedDocument(exemption),
    owner: recordedText(exemption.owner) ?? '',
    reason: recordedText(exemption.reason, messageLimit) ?? '',
    expires: exemption.expires,
    ...optional('ticket', recordedText(exemption.ticket)),
  };
}

function recordedProfile(assignment: Assignment): RecordedProfile {
  return {
    reference: recordedText(assignment.profile) ?? '',
    effective: recordedText(assignment.effective) ?? '',
    stage: assignment.stage,
    result: assignment.result,
    ...optional('digest', assignment.effective.match(/\.([0-9a-f]{32})\.json$/)?.[1]),
    policy: { ...recordedDocument(assignment.policy), rule: recordedText(assignment.rule) ?? '' },
  };
}

function metadataOf(request: RequestFacts): Readonly<Record<string, unknown>> {
  return membersOf(membersOf(request.object ?? request.oldObject).metadata);
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
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

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}
