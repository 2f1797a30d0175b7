import type { Decision } from '../../core/admission/decision.js';
import type { RequestFacts } from '../../core/admission/request/request-facts.js';

/** A decision as a person reads it, on the page and on a terminal. */
export interface RecentDecision {
  readonly number: number;
  readonly at: string;
  readonly webhook: Decision['webhook'];
  readonly outcome: 'changed' | 'admitted' | 'refused' | 'error';
  readonly dryRun: boolean;
  /** `Pod shop/web`. */
  readonly subject: string;
  /** Why, a line each. */
  readonly reasons: readonly string[];
  readonly recordId?: string;
}

const textLimit = 400;
const reasonLimit = 12;

/** The last decisions, newest first. */
export class RecentDecisions {
  readonly #limit: number;
  readonly #listeners = new Set<(decision: RecentDecision) => void>();
  #decisions: RecentDecision[] = [];
  #count = 0;

  constructor(limit = 100) {
    this.#limit = limit;
  }

  add(request: RequestFacts, decision: Decision, recordId: string | undefined, at: Date): void {
    this.#count += 1;
    const recent: RecentDecision = {
      number: this.#count,
      at: at.toISOString(),
      webhook: decision.webhook,
      outcome: outcomeOf(decision),
      dryRun: request.dryRun === true,
      subject: subjectOf(request),
      reasons: reasonsOf(decision),
      ...(recordId === undefined ? {} : { recordId }),
    };
    this.#decisions.unshift(recent);
    if (this.#decisions.length > this.#limit) this.#decisions.length = this.#limit;
    for (const listener of this.#listeners) listener(recent);
  }

  /** How many there were since the start. */
  get count(): number {
    return this.#count;
  }

  list(): readonly RecentDecision[] {
    return this.#decisions;
  }

  onAdd(listener: (decision: RecentDecision) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

function outcomeOf({ outcome }: Decision): RecentDecision['outcome'] {
  switch (outcome) {
    case 'patched':
      return 'changed';
    case 'allowed':
      return 'admitted';
    case 'denied':
      return 'refused';
    case 'error':
      return 'error';
  }
}

function subjectOf(request: RequestFacts): string {
  const metadata = member(request.object ?? request.oldObject, 'metadata');
  const kind = text(member(request.kind, 'kind')) ?? text(member(request.object, 'kind')) ?? 'object';
  const generated = text(member(metadata, 'generateName'));
  const name =
    text(request.name) ?? text(member(metadata, 'name')) ?? (generated === undefined ? '?' : `${generated}*`);
  const namespace = text(request.namespace) ?? text(member(metadata, 'namespace'));
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`.slice(0, textLimit);
}

function reasonsOf({ message, assignments, findings, warnings }: Decision): readonly string[] {
  const reasons: string[] = message === undefined ? [] : [message];
  for (const { container, effective, policy, rule, result, profile } of assignments)
    if (message === undefined)
      reasons.push(`${container}: ${assigned[result](profile, effective)} (${policy.name}, rule ${rule})`);
  for (const { kind, container, exemption, requested } of findings)
    if (kind === 'exempted' && exemption !== undefined)
      reasons.push(
        `${container}: ${requested} by the exemption ${exemption.name} until ${exemption.expires} (${exemption.owner})`,
      );
  reasons.push(...warnings.filter((warning) => warning !== message));
  const kept = reasons.slice(0, reasonLimit).map((reason) => reason.slice(0, textLimit));
  return reasons.length > reasonLimit ? [...kept, `… and ${reasons.length - reasonLimit} more`] : kept;
}

const assigned = {
  injected: (profile: string) => `gets ${profile}`,
  replaced: (profile: string) => `gets ${profile} in place of its own`,
  unchanged: (profile: string) => `has ${profile}`,
  kept: (_profile: string, effective: string) => `keeps ${effective}`,
  fallback: (profile: string, effective: string) => `gets ${effective}, since ${profile} is not on the nodes`,
} as const;

function member(of: unknown, key: string): unknown {
  return typeof of === 'object' && of !== null && Object.hasOwn(of, key)
    ? (of as Record<string, unknown>)[key]
    : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
