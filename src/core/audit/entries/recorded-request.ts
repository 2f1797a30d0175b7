import type { Webhook } from '../../admission/decision.js';
import { below, type InputPath } from '../../admission/request/input-path.js';
import type { RequestFacts } from '../../admission/request/request-facts.js';
import { membersOrNone } from '../../document/members.js';
import type { RecordedRequest } from '../admission-entry.js';
import { type Draft, put } from './draft.js';
import { recordedText } from './recorded-text.js';

/** Of a request. */
export const RECORDED_REQUEST_INPUTS: readonly InputPath[] = [
  ...['uid', 'name', 'namespace', 'operation', 'subResource', 'dryRun'],
  ...below('resource', ['group', 'version', 'resource']),
  ...belowEitherObject(['metadata.name', 'metadata.generateName', 'metadata.namespace']),
];

export function recordedRequest(request: RequestFacts, webhook: Webhook): RecordedRequest {
  const metadata = metadataOf(request);
  const recorded: Draft<RecordedRequest> = { dryRun: request.dryRun === true };
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

export function belowEitherObject(paths: readonly InputPath[]): readonly InputPath[] {
  return ['object', 'oldObject'].flatMap((object) => below(object, paths));
}

/** The metadata of the object that a request is about, the old one where there is no new one. */
export function metadataOf(request: RequestFacts): Readonly<Record<string, unknown>> {
  return membersOrNone(membersOrNone(request.object ?? request.oldObject).metadata);
}

function resourceName(resource: unknown): string | undefined {
  const { group, version, resource: plural } = membersOrNone(resource);
  const parts = [recordedText(group), recordedText(version), recordedText(plural)];
  return parts[2] === undefined ? undefined : parts.filter((part) => part !== undefined).join('/');
}
