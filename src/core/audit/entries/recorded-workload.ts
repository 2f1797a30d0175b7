import { below, type InputPath } from '../../admission/request/input-path.js';
import type { RequestFacts } from '../../admission/request/request-facts.js';
import { membersOrNone } from '../../document/members.js';
import type { RecordedWorkload } from '../admission-entry.js';
import { type Draft, put } from './draft.js';
import { belowEitherObject, metadataOf } from './recorded-request.js';
import { recordedText } from './recorded-text.js';

/** Of a request. */
export const RECORDED_WORKLOAD_INPUTS: readonly InputPath[] = [
  'kind.kind',
  'name',
  ...belowEitherObject([
    'kind',
    ...below('metadata', ['name', 'generateName', 'uid', 'labels.pod-template-hash']),
    ...below('metadata.ownerReferences[]', ['controller', 'kind', 'name', 'uid']),
  ]),
];

/** The object itself, or what controls it, with the chain of owners as far as a request tells. */
export function recordedWorkload(request: RequestFacts): RecordedWorkload | undefined {
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
  const recorded: Draft<RecordedWorkload> = { chain, kind };
  put(recorded, 'name', name);
  put(recorded, 'uid', recordedText(uid));
  return recorded as RecordedWorkload;
}

function withStar(generateName: string | undefined): string | undefined {
  return generateName === undefined ? undefined : `${generateName}*`;
}
