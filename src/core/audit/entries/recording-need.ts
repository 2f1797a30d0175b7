import type { Decision, Finding } from '../../admission/decision.js';
import type { AdmissionEntry } from '../admission-entry.js';

/** `before-answer`: the answer waits for the disk, and without it there is no letting through. `soon`: written, not waited for. */
type RecordingNeed = 'before-answer' | 'soon' | 'none';

/** How much a decision's record matters to its answer: refusals and uses of exemptions are evidence first. */
export function recordingNeed(decision: Decision): RecordingNeed {
  if (!decision.allowed) return 'before-answer';
  if (decision.webhook === 'mutate') return 'none';
  if (decision.findings.some((finding) => finding.kind === 'exempted')) return 'before-answer';
  return recordTypeOf(decision) === undefined ? 'none' : 'soon';
}

/** The type of the record that a decision leaves; undefined where it leaves none. */
export function recordTypeOf(decision: Decision): AdmissionEntry['recordType'] | undefined {
  if (!decision.allowed) return 'denial';
  if (decision.webhook === 'mutate') return undefined;
  const has = (kind: Finding['kind']): boolean => decision.findings.some((finding) => finding.kind === kind);
  if (has('exempted')) return 'exemption';
  if (has('violation')) return 'violation';
  if (has('fallback') || decision.assignments.some((assignment) => assignment.result === 'fallback')) return 'fallback';
  return has('warning') || decision.warnings.length > 0 ? 'warning' : undefined;
}
