import type { Assignment, Decision, Finding } from '../../admission/decision.js';
import type { InputPath } from '../../admission/request/input-path.js';
import type { RequestFacts } from '../../admission/request/request-facts.js';
import type { AdmissionEntry, RecordedCaller, RecordedContainer, RecordedDecision } from '../admission-entry.js';
import { controlsOf } from '../controls.js';
import { type Draft, put } from './draft.js';
import { RECORDED_ACTOR_INPUTS, recordedActor } from './recorded-actor.js';
import { unauthenticatedCaller } from './recorded-caller.js';
import { recordedDocument } from './recorded-document.js';
import { modeOf, otherFinding, recordedContainer, recordedExemption, recordedFinding } from './recorded-finding.js';
import { recordedProfile } from './recorded-profile.js';
import { RECORDED_REQUEST_INPUTS, recordedRequest } from './recorded-request.js';
import { forgetCutTexts, listLimit, messageLimit, nonEmpty, recordedText, recordedTexts } from './recorded-text.js';
import { RECORDED_WORKLOAD_INPUTS, recordedWorkload } from './recorded-workload.js';
import { recordTypeOf } from './recording-need.js';
import { findingsSha256 } from './within-limit.js';

/** What a record shows of a request, besides its decision. */
export const RECORD_INPUTS: readonly InputPath[] = [
  ...RECORDED_REQUEST_INPUTS,
  ...RECORDED_ACTOR_INPUTS,
  ...RECORDED_WORKLOAD_INPUTS,
];

interface RecordContext {
  /** When the request came in. */
  readonly observedTime?: Date;
  /** Whose word it all is; without it, nobody's who is known. */
  readonly caller?: RecordedCaller;
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
  const recordType = recordTypeOf(decision);
  if (recordType === undefined) return [];
  const entry = admissionEntry(recordType, request, decision, context);
  forgetCutTexts();
  return [entry];
}

function admissionEntry(
  recordType: AdmissionEntry['recordType'],
  request: RequestFacts,
  decision: Decision,
  { observedTime, caller = unauthenticatedCaller }: RecordContext,
): AdmissionEntry {
  const findings = byWeight(decision.findings);
  const [first, ...others] = findings;
  const assignment = decision.assignments.find((one) =>
    first === undefined ? one.result === 'fallback' : one.container === first.container,
  );
  const policy = first?.policy;
  // All members at once, absent ones too: an object that grows member by member is made anew several times.
  const entry: { readonly [Key in keyof Required<AdmissionEntry>]: AdmissionEntry[Key] | undefined } = {
    actor: recordedActor(request.userInfo),
    caller,
    container: first === undefined ? assignedContainer(assignment) : recordedContainer(first),
    controls: first === undefined ? undefined : nonEmpty(controlsOf(first)),
    decision: recordedDecision(decision, first),
    exemption: first?.exemption === undefined ? undefined : recordedExemption(first.exemption),
    finding: first === undefined ? undefined : recordedFinding(first),
    findingsSha256: leftOutSha256(findings, decision),
    observedTime: observedTime?.toISOString(),
    otherFindings: others.length > 0 ? others.slice(0, listLimit).map(otherFinding) : undefined,
    otherFindingsOmitted: others.length > listLimit ? others.length - listLimit : undefined,
    policy: policy === undefined ? undefined : recordedDocument(policy),
    profile: assignment === undefined ? undefined : recordedProfile(assignment),
    recordType,
    request: recordedRequest(request, decision.webhook),
    workload: recordedWorkload(request),
  };
  return entry as AdmissionEntry;
}

/** Where no finding speaks of a container, the one that a fallback was chosen for. */
function assignedContainer(assignment: Assignment | undefined): RecordedContainer | undefined {
  if (assignment === undefined) return undefined;
  return { name: recordedText(assignment.container) ?? '?', type: assignment.containerType };
}

/** Of findings and fallbacks that a record leaves out. */
function leftOutSha256(findings: readonly Finding[], decision: Decision): string | undefined {
  if (findings.length === 0) return fallbacksSha256(decision);
  return findings.length - 1 > listLimit ? findingsSha256(findings.map(otherFinding)) : undefined;
}

/** Of fallbacks that no finding speaks of a record shows the first. */
function fallbacksSha256({ assignments }: Decision): string | undefined {
  const fallbacks = assignments.filter(({ result }) => result === 'fallback');
  if (fallbacks.length < 2) return undefined;
  return findingsSha256(fallbacks.map((one) => [recordedText(one.container), recordedProfile(one)]));
}

function recordedDecision(decision: Decision, first: Finding | undefined): RecordedDecision {
  const recorded: Draft<RecordedDecision> = { allowed: decision.allowed, code: decision.code };
  put(recorded, 'message', recordedText(decision.message, messageLimit));
  recorded.mode = modeOf(first?.mode ?? 'Enforce');
  recorded.outcome = decision.outcome;
  put(recorded, 'warnings', nonEmpty(recordedTexts(decision.warnings) ?? []));
  return recorded as RecordedDecision;
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
