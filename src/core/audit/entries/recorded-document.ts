import type { DocumentReference } from '../../policy/load/loaded-document.js';
import type { RecordedDocument } from '../admission-entry.js';
import { type Draft, put } from './draft.js';
import { recordedText } from './recorded-text.js';

export function recordedDocument({ name, contentSha256, origin }: DocumentReference): RecordedDocument {
  const recorded: Draft<RecordedDocument> = { contentSha256, name: recordedText(name) ?? '' };
  put(recorded, 'origin', recordedText(origin));
  return recorded as RecordedDocument;
}
