import type { Decision, Finding } from '../../admission/decision.js';
import type { InputPath } from '../../admission/request/input-path.js';
import type { RequestFacts } from '../../admission/request/request-facts.js';
import type { AdmissionEntry, RecordedCaller, RecordedDecision } from '../admission-entry.js';
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
  const entry: Draft<AdmissionEntry> = { actor: recordedActor(request.userInfo), caller };
  if (first !== undefined) {
    entry.container = recordedContainer(first);
    put(entry, 'controls', nonEmpty(controlsOf(first)));
  } else if (assignment !== undefined)
    entry.container = { name: recordedText(assignment.container) ?? '?', type: assignment.containerType };
  entry.decision = recordedDecision(decision, first);
  if (first?.exemption !== undefined) entry.exemption = recordedExemption(first.exemption);
  if (first !== undefined) entry.finding = recordedFinding(first);
  if (others.length > listLimit) entry.findingsSha256 = findingsSha256(findings.map(otherFinding));
  else if (first === undefined) put(entry, 'findingsSha256', fallbacksSha256(decision));
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
