import { profilePath } from '../../core/profile/logical-name.js';
import { isOnNodes, type ProfileObject } from '../policies/profile-object.js';
import { type ConditionState, type ObjectStatus, objectStatus, problemSentence } from './object-status.js';

/** The controller's part of a `SeccompProfile`'s status; the counts of nodes and the files are the agents'. */
export function profileStatusOf(object: unknown, profile: ProfileObject, now: number): ObjectStatus {
  const { read, name } = profile;
  const conditions = [readyCondition(profile), ...(read === undefined ? [] : [approvedCondition(profile)])];
  return {
    ...objectStatus(object, conditions, profile.problems, now),
    ...(read === undefined
      ? {}
      : {
          digest: read.digest,
          path: profilePath(name, read.digest, 'Enforce', []),
          withinRuntimeDefault: read.withinRuntimeDefault,
          approved: read.approved,
        }),
  };
}

function readyCondition(profile: ProfileObject): ConditionState {
  const { read, nodes, problems } = profile;
  const type = 'Ready';
  if (read === undefined) {
    const first = problems.find(({ severity }) => severity === 'error');
    return {
      type,
      status: 'False',
      reason: 'Invalid',
      message: first === undefined ? 'It cannot be read.' : problemSentence(first),
    };
  }
  if (!read.approved)
    return {
      type,
      status: 'False',
      reason: 'WaitsForApproval',
      message: `It allows more than the container runtime's default; policies that assign it go by their \`unavailable\` until someone with the verb approve sets spec.approval.digest to ${read.digest}.`,
    };
  if (nodes.total === 0)
    return {
      type,
      status: 'False',
      reason: 'NotOnNodes',
      message: 'No node has said yet that it has the profile; policies that assign it go by their `unavailable`.',
    };
  return isOnNodes(profile)
    ? { type, status: 'True', reason: 'OnNodes', message: `All ${nodes.total} nodes have it.` }
    : {
        type,
        status: 'False',
        reason: 'NotOnNodes',
        message: `${nodes.ready} of ${nodes.total} nodes have it; policies that assign it go by their \`unavailable\`.`,
      };
}

function approvedCondition({ read }: ProfileObject): ConditionState {
  const type = 'Approved';
  if (read?.withinRuntimeDefault === true)
    return {
      type,
      status: 'True',
      reason: 'WithinRuntimeDefault',
      message: "It allows nothing that the container runtime's default refuses: no approval is needed.",
    };
  return read?.approved === true
    ? { type, status: 'True', reason: 'Approved', message: 'This very content was approved.' }
    : {
        type,
        status: 'False',
        reason: 'WaitsForApproval',
        message: `It allows more than the container runtime's default. To approve it: spec.approval.digest: ${read?.digest ?? ''}`,
      };
}
