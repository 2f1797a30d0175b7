import { canonicalJson } from '../../core/document/canonical-json.js';
import { membersOrNone } from '../../core/document/members.js';
import type { Problem } from '../../core/problem/problem.js';

/** `metav1.Condition`. */
export interface StatusCondition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly observedGeneration?: number;
  readonly lastTransitionTime: string;
  readonly reason: string;
  readonly message: string;
}

/** What a condition says, without when it began to. */
export type ConditionState = Pick<StatusCondition, 'type' | 'status' | 'reason' | 'message'>;

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

const mostProblems = 64;

/** A status of these conditions, each since when `object` has had it. */
export function objectStatus(
  object: unknown,
  conditions: readonly ConditionState[],
  problems: readonly Problem[],
  now: number,
): ObjectStatus {
  const { metadata, status } = membersOrNone(object);
  const { generation } = membersOrNone(metadata);
  const observed = typeof generation === 'number' ? { observedGeneration: generation } : {};
  return {
    ...observed,
    conditions: conditions.map((condition) => ({
      ...condition,
      ...observed,
      lastTransitionTime: transitionTime(condition, status, now),
    })),
    problems: statusProblems(problems),
  };
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

/** A problem as a condition's message tells it. */
export function problemSentence({ message, advice, place }: Problem): string {
  const at = place?.path === undefined || place.path === '' ? '' : `${place.path}: `;
  return `${at}${message}${advice === undefined ? '' : `; ${advice}`}`.slice(0, 2_000);
}

function transitionTime(condition: ConditionState, status: unknown, now: number): string {
  const { conditions } = membersOrNone(status);
  const before = (Array.isArray(conditions) ? conditions : [])
    .map(membersOrNone)
    .find(({ type }) => type === condition.type);
  const since = before?.status === condition.status ? before.lastTransitionTime : undefined;
  return typeof since === 'string' ? since : new Date(now).toISOString().replace(/\.\d{3}Z$/, 'Z');
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
