import type { Finding } from '../../admission/decision.js';
import type { OtherFinding, RecordedContainer, RecordedExemption, RecordedFinding } from '../admission-entry.js';
import { type Draft, put } from './draft.js';
import { recordedDocument } from './recorded-document.js';
import { messageLimit, nonEmpty, recordedText, recordedTexts } from './recorded-text.js';

export function recordedFinding(finding: Finding): RecordedFinding {
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

export function recordedContainer({ container, containerType, image, inheritedBy }: Finding): RecordedContainer {
  const recorded: Draft<RecordedContainer> = {};
  put(recorded, 'image', recordedText(image));
  put(recorded, 'imageDigest', image?.match(/@(sha256:[0-9a-f]{64})$/)?.[1]);
  put(recorded, 'inheritedBy', nonEmpty(recordedTexts(inheritedBy) ?? []));
  recorded.name = recordedText(container) ?? '?';
  recorded.type = containerType;
  return recorded as RecordedContainer;
}

export function recordedExemption(exemption: NonNullable<Finding['exemption']>): RecordedExemption {
  const recorded: Draft<RecordedExemption> = {
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

export function otherFinding(finding: Finding): OtherFinding {
  const recorded: Draft<OtherFinding> = { container: recordedContainer(finding) };
  if (finding.exemption !== undefined) recorded.exemption = recordedExemption(finding.exemption);
  recorded.finding = recordedFinding(finding);
  recorded.policy = recordedDocument(finding.policy);
  return recorded as OtherFinding;
}

export function modeOf(mode: Finding['mode']): 'enforce' | 'warn' | 'audit' {
  return mode === 'Enforce' ? 'enforce' : mode === 'Warn' ? 'warn' : 'audit';
}
