import { below, type InputPath } from '../../admission/request/input-path.js';
import { membersOrNone } from '../../document/members.js';
import type { RecordedActor } from '../admission-entry.js';
import { type Draft, put } from './draft.js';
import { recordedText, recordedTexts } from './recorded-text.js';

/** Keys of `userInfo.extra` that the API server sets itself; others may hold anything, a token too. */
const knownExtra = [
  'authentication.kubernetes.io/credential-id',
  'authentication.kubernetes.io/node-name',
  'authentication.kubernetes.io/node-uid',
  'authentication.kubernetes.io/pod-name',
  'authentication.kubernetes.io/pod-uid',
];

/** Of a request. */
export const RECORDED_ACTOR_INPUTS: readonly InputPath[] = below('userInfo', [
  'username',
  'uid',
  'groups[]',
  'extra.*[]',
]);

export function recordedActor(userInfo: unknown): RecordedActor {
  const user = membersOrNone(userInfo);
  const recorded: Draft<RecordedActor> = {};
  put(recorded, 'extra', recordedExtra(membersOrNone(user.extra)));
  put(recorded, 'groups', recordedTexts(user.groups));
  put(recorded, 'uid', recordedText(user.uid));
  put(recorded, 'username', recordedText(user.username));
  return recorded as RecordedActor;
}

function recordedExtra(extra: Readonly<Record<string, unknown>>): RecordedActor['extra'] {
  let known: Record<string, readonly string[]> | undefined;
  for (const key of knownExtra) {
    const values = recordedTexts(Object.hasOwn(extra, key) ? extra[key] : undefined);
    if (values === undefined) continue;
    known ??= {};
    known[key] = values;
  }
  return known;
}
