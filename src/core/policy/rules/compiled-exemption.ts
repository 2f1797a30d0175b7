import type { LoadedExemption } from '../load/loaded-document.js';
import {
  type ContainerFacts,
  type ContainerMatch,
  compileContainerMatch,
  matchesContainer,
} from '../match/container-match.js';
import {
  coversSubject,
  type ExemptionPattern,
  type ExemptionSubject,
  parseExemptionPattern,
} from '../match/exemption-pattern.js';
import { ALL_TYPES } from '../values/container-type.js';
import { parseTime } from '../values/parse-time.js';
import { compileScope, type PodScope } from './pod-scope.js';

/** What an exemption is for, and what it lifts. */
export interface ExemptionTerms {
  readonly scope: PodScope;
  readonly match: ContainerMatch;
  /** Whether it is for all of a pod's containers. */
  readonly wholePod: boolean;
  readonly allow: readonly ExemptionPattern[];
  /** Undefined: every policy, and the built-in requirement. */
  readonly policies: ReadonlySet<string> | undefined;
}

export interface CompiledExemption extends ExemptionTerms {
  readonly document: LoadedExemption;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** `in-force` while now < expires ≤ now + the longest term. */
export type ExemptionState = 'in-force' | 'expired' | 'too-far';

/** What decides whether one is in force: the time, and the longest that it may last, in milliseconds. */
export interface ExemptionTerm {
  readonly now: number;
  readonly longest: number;
}

export const EXPIRY_WARNING = 14 * 24 * 60 * 60 * 1000;

export function compileExemption(document: LoadedExemption): CompiledExemption {
  return { document, expires: expiryOf(document), ...compileTerms(document) };
}

export function expiryOf({ value }: LoadedExemption): number {
  const time = parseTime(value.spec.expires);
  return time.ok ? time.value : 0;
}

export function compileTerms({ value }: LoadedExemption): ExemptionTerms {
  const { match, images, containers, containerTypes, allow, policies } = value.spec;
  const container = compileContainerMatch({ images, containers, containerTypes });
  return {
    scope: compileScope(match),
    match: container,
    wholePod: images === undefined && containers === undefined && container.types === ALL_TYPES,
    allow: allow.flatMap((text) => {
      const parsed = parseExemptionPattern(text);
      return parsed.ok ? [parsed.value] : [];
    }),
    policies: policies === undefined ? undefined : new Set(policies),
  };
}

export function stateOf(
  { expires }: Pick<CompiledExemption, 'expires'>,
  now: number,
  longestTerm: number,
): ExemptionState {
  if (!(now < expires)) return 'expired';
  return expires <= now + longestTerm ? 'in-force' : 'too-far';
}

/** Whether it lifts this policy's requirement for this subject from whatever it is for, was it in force. */
export function lifts({ policies, allow }: ExemptionTerms, policy: string, subject: ExemptionSubject): boolean {
  if (policies !== undefined && !policies.has(policy)) return false;
  return allow.some((pattern) => coversSubject(pattern, subject));
}

/** Whether it is for this container; `undefined` stands for the pod as a whole. */
export function isFor({ wholePod, match }: ExemptionTerms, container: ContainerFacts | undefined): boolean {
  return container === undefined ? wholePod : matchesContainer(match, container);
}
