import { canonicalJson } from '../../core/document/canonical-json.js';
import { membersOrNone } from '../../core/document/members.js';
import type { ClusterDocument } from '../../core/policy/load/cluster-object.js';
import { parseTime } from '../../core/policy/match/parse-time.js';
import type { Problem } from '../../core/problem/problem.js';
import { profilePath } from '../../core/profile/logical-name.js';
import { isOnNodes, type ProfileObject } from '../policies/profiles.js';

/** `metav1.Condition`. */
export interface StatusCondition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly observedGeneration?: number;
  readonly lastTransitionTime: string;
  readonly reason: string;
  readonly message: string;
}

type Judged = Pick<StatusCondition, 'type' | 'status' | 'reason' | 'message'>;

/** The part of an object's status that the controller writes. */
export interface ObjectStatus {
  readonly observedGeneration?: number;
  readonly conditions: readonly StatusCondition[];
  readonly problems: readonly StatusProblem[];
  readonly [key: string]: unknown;
}

interface StatusProblem {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
  readonly advice?: string;
  readonly path?: string;
  readonly line?: number;
  readonly column?: number;
}

export interface StatusContext {
  readonly now: number;
  readonly longestExemption: number;
  /** What other policies have against this one, and that something older stays in force. */
  readonly conflicts?: readonly Problem[];
  readonly lastGood?: boolean;
}

const day = 86_400_000;
const mostProblems = 64;

/** The status of a `SeccompPolicy` or `SeccompExemption`, for a person who looks at it with kubectl. */
export function documentStatusOf(object: unknown, read: ClusterDocument, context: StatusContext): ObjectStatus {
  const { generation, status } = partsOf(object);
  const { document } = read;
  const conditions: Judged[] = [readyCondition(read, context.lastGood === true)];
  if (document?.kind === 'SeccompPolicy') conditions.push(conflictCondition(context.conflicts ?? []));
  if (document?.kind === 'SeccompExemption')
    conditions.push(activeCondition(document.value.spec.expires, context.now, context.longestExemption));
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(document === undefined ? {} : { contentSha256: document.reference.contentSha256 }),
    conditions: conditions.map((one) => withTransition(one, status, generation, context.now)),
    problems: statusProblems([...read.problems, ...(context.conflicts ?? [])]),
  };
}

/** The controller's part of a `SeccompProfile`'s status; the counts of nodes and the files are the agents'. */
export function profileStatusOf(object: unknown, profile: ProfileObject, now: number): ObjectStatus {
  const { generation, status } = partsOf(object);
  const { read, name } = profile;
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(read === undefined
      ? {}
      : {
          digest: read.digest,
          path: profilePath(name, read.digest, 'Enforce', []),
          withinRuntimeDefault: read.withinRuntimeDefault,
          approved: read.approved,
        }),
    conditions: [profileReady(profile), ...(read === undefined ? [] : [approvedCondition(profile)])].map((one) =>
      withTransition(one, status, generation, now),
    ),
    problems: statusProblems(profile.problems),
  };
}

/** When a status has to be looked at again although nothing was changed: the next day on which an exemption's state turns. */
export function nextTurn(expires: string, now: number, longestExemption: number): number | undefined {
  const end = parseTime(expires);
  if (!end.ok) return undefined;
  return [end.value - longestExemption, end.value - 14 * day, end.value].filter((time) => time > now)[0];
}

/** Whether two statuses say the same, whenever each was written. */
export function isSameStatus(one: ObjectStatus, other: unknown): boolean {
  const own = new Set(one.conditions.map(({ type }) => type));
  const there = membersOrNone(other);
  const conditions = Array.isArray(there.conditions) ? there.conditions.map(membersOrNone) : [];
  // Conditions of others stand in the same list.
  const known: Readonly<Record<string, unknown>> = {
    ...there,
    conditions: conditions.filter(({ type }) => own.has(String(type))),
  };
  return Object.entries(one).every(
    ([key, value]) => canonicalJson(value) === canonicalJson(known[key] ?? emptyFor(value)),
  );
}

function emptyFor(value: unknown): unknown {
  return Array.isArray(value) ? [] : null;
}

function readyCondition({ document, problems }: ClusterDocument, lastGood: boolean): Judged {
  if (document !== undefined)
    return { type: 'Ready', status: 'True', reason: 'InForce', message: 'The webhook goes by this version.' };
  const first = problems.find(({ severity }) => severity === 'error');
  const what = lastGood ? 'The version before it stays in force' : 'Nothing of it is in force';
  return {
    type: 'Ready',
    status: 'False',
    reason: lastGood ? 'LastGoodInForce' : 'Invalid',
    message: `${what}: ${first === undefined ? 'it cannot be read' : sentenceOf(first)}`,
  };
}

function conflictCondition(conflicts: readonly Problem[]): Judged {
  const [first] = conflicts;
  if (first === undefined)
    return {
      type: 'Conflicted',
      status: 'False',
      reason: 'NoConflict',
      message: 'No other policy refuses what this one assigns.',
    };
  const more = conflicts.length === 1 ? '' : ` (and ${conflicts.length - 1} more, see status.problems)`;
  return { type: 'Conflicted', status: 'True', reason: 'Contradicts', message: `${sentenceOf(first)}${more}` };
}

function activeCondition(expires: string, now: number, longestExemption: number): Judged {
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

function profileReady(profile: ProfileObject): Judged {
  const { read, nodes, problems } = profile;
  const type = 'Ready';
  if (read === undefined) {
    const first = problems.find(({ severity }) => severity === 'error');
    return {
      type,
      status: 'False',
      reason: 'Invalid',
      message: first === undefined ? 'It cannot be read.' : sentenceOf(first),
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

function approvedCondition({ read }: ProfileObject): Judged {
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

function withTransition(judged: Judged, status: unknown, generation: number | undefined, now: number): StatusCondition {
  const conditions = membersOrNone(status).conditions;
  const before = (Array.isArray(conditions) ? conditions : [])
    .map(membersOrNone)
    .find(({ type }) => type === judged.type);
  const since = before?.status === judged.status ? before.lastTransitionTime : undefined;
  return {
    ...judged,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    lastTransitionTime: typeof since === 'string' ? since : new Date(now).toISOString().replace(/\.\d{3}Z$/, 'Z'),
  };
}

function statusProblems(problems: readonly Problem[]): readonly StatusProblem[] {
  return problems.slice(0, mostProblems).map(({ code, severity, message, advice, place }) => ({
    code,
    severity,
    message: message.slice(0, 4_096),
    ...(advice === undefined ? {} : { advice: advice.slice(0, 4_096) }),
    ...(place?.path === undefined || place.path === '' ? {} : { path: place.path.slice(0, 1_024) }),
    ...(place?.line === undefined ? {} : { line: place.line }),
    ...(place?.column === undefined ? {} : { column: place.column }),
  }));
}

function sentenceOf({ message, advice, place }: Problem): string {
  const at = place?.path === undefined || place.path === '' ? '' : `${place.path}: `;
  return `${at}${message}${advice === undefined ? '' : `; ${advice}`}`.slice(0, 2_000);
}

function partsOf(object: unknown): { readonly generation: number | undefined; readonly status: unknown } {
  const { metadata, status } = membersOrNone(object);
  const { generation } = membersOrNone(metadata);
  return { generation: typeof generation === 'number' ? generation : undefined, status };
}
