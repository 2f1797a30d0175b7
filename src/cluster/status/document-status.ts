import type { ClusterDocument } from '../../core/policy/load/cluster-object.js';
import { parseTime } from '../../core/policy/values/parse-time.js';
import type { Problem } from '../../core/problem/problem.js';
import { type ConditionState, type ObjectStatus, objectStatus, problemSentence } from './object-status.js';

export interface StatusContext {
  readonly now: number;
  readonly longestExemption: number;
  /** What other policies have against this one, and that something older stays in force. */
  readonly conflicts?: readonly Problem[];
  readonly lastGood?: boolean;
}

const day = 86_400_000;

/** The status of a `SeccompPolicy` or `SeccompExemption`, for a person who looks at it with kubectl. */
export function documentStatusOf(object: unknown, read: ClusterDocument, context: StatusContext): ObjectStatus {
  const { document } = read;
  const conditions: ConditionState[] = [readyCondition(read, context.lastGood === true)];
  if (document?.kind === 'SeccompPolicy') conditions.push(conflictCondition(context.conflicts ?? []));
  if (document?.kind === 'SeccompExemption')
    conditions.push(activeCondition(document.value.spec.expires, context.now, context.longestExemption));
  return {
    ...objectStatus(object, conditions, [...read.problems, ...(context.conflicts ?? [])], context.now),
    ...(document === undefined ? {} : { contentSha256: document.reference.contentSha256 }),
  };
}

function readyCondition({ document, problems }: ClusterDocument, lastGood: boolean): ConditionState {
  if (document !== undefined)
    return { type: 'Ready', status: 'True', reason: 'InForce', message: 'The webhook goes by this version.' };
  const first = problems.find(({ severity }) => severity === 'error');
  const what = lastGood ? 'The version before it stays in force' : 'Nothing of it is in force';
  return {
    type: 'Ready',
    status: 'False',
    reason: lastGood ? 'LastGoodInForce' : 'Invalid',
    message: `${what}: ${first === undefined ? 'it cannot be read' : problemSentence(first)}`,
  };
}

function conflictCondition(conflicts: readonly Problem[]): ConditionState {
  const [first] = conflicts;
  if (first === undefined)
    return {
      type: 'Conflicted',
      status: 'False',
      reason: 'NoConflict',
      message: 'No other policy refuses what this one assigns.',
    };
  const more = conflicts.length === 1 ? '' : ` (and ${conflicts.length - 1} more, see status.problems)`;
  return { type: 'Conflicted', status: 'True', reason: 'Contradicts', message: `${problemSentence(first)}${more}` };
}

function activeCondition(expires: string, now: number, longestExemption: number): ConditionState {
  const end = parseTime(expires);
  const type = 'Active';
  if (!end.ok) return { type, status: 'False', reason: 'Invalid', message: end.message };
  if (end.value <= now)
    return {
      type,
      status: 'False',
      reason: 'Expired',
      message: `It ended on ${expires}: what it allowed is refused now. Delete it, or agree on a new date.`,
    };
  if (end.value > now + longestExemption)
    return {
      type,
      status: 'False',
      reason: 'TooLong',
      message: `${expires} is more than ${Math.round(longestExemption / day)} days ahead, the longest term: it does nothing until then. Choose an earlier date.`,
    };
  const daysLeft = Math.ceil((end.value - now) / day);
  if (daysLeft <= 14)
    return {
      type,
      status: 'True',
      reason: 'EndsSoon',
      message: `It ends on ${expires}, in ${daysLeft} ${daysLeft === 1 ? 'day' : 'days'}: after that what it allows is refused.`,
    };
  return { type, status: 'True', reason: 'InForce', message: `It works until ${expires}.` };
}
