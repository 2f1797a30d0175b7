import type { Assignment } from '../../admission/decision.js';
import type { RecordedProfile } from '../admission-entry.js';
import { type Draft, put } from './draft.js';
import { recordedDocument } from './recorded-document.js';
import { recordedText } from './recorded-text.js';

export function recordedProfile(assignment: Assignment): RecordedProfile {
  const recorded: Draft<RecordedProfile> = {};
  put(recorded, 'digest', assignment.effective.match(/\.([0-9a-f]{32})\.json$/)?.[1]);
  recorded.effective = recordedText(assignment.effective) ?? '';
  recorded.policy = { ...recordedDocument(assignment.policy), rule: recordedText(assignment.rule) ?? '' };
  recorded.reference = recordedText(assignment.profile) ?? '';
  recorded.result = assignment.result;
  recorded.stage = assignment.stage;
  return recorded as RecordedProfile;
}
