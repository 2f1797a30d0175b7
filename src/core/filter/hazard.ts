import type { Architecture } from '../syscalls/architectures.js';
import { FILTER_ARCHITECTURES } from '../syscalls/filter-architecture.js';
import type { StandingRule, SyscallRules } from './filter-rules.js';

/**
 * Why it is not known what libseccomp makes of a call. Each but `stub` is a class of rules and calls that was found by asking libseccomp
 * (2.5.1 to 2.6.1) from outside; docs/explanation/ambiguous-answers.md describes them with examples.
 */
export type AmbiguityReason =
  | 'overlap'
  | 'mixed-conditions'
  | 'upper-halves'
  | 'opposite'
  | 'covered-rule'
  | 'shared-number'
  | 'near-miss'
  | 'foreign-name'
  | 'unforetold-rule'
  | 'stub';

export interface Ambiguity {
  readonly reason: AmbiguityReason;
  /** Indices of the profile's rules concerned, ascending. */
  readonly rules: readonly number[];
}

/** A class that rules of a syscall fall into, and the calls of which libseccomp may make something else than the rules say. */
export interface Hazard extends Ambiguity {
  /** The arguments must be within the width of the architecture. `met`: the rules that hold for them. */
  concerns(args: readonly bigint[], met: readonly StandingRule[]): boolean;
}

/** A syscall with conditional rules, on one architecture. */
export interface SyscallOn {
  readonly architecture: Architecture;
  readonly name: string;
  readonly bits: 32 | 64;
  readonly found: Conditional;
  readonly rules: readonly StandingRule[];
}

export type Conditional = Extract<SyscallRules, { kind: 'when' }>;

export function placeOf(architecture: Architecture, name: string, found: Conditional): SyscallOn {
  return { architecture, name, bits: FILTER_ARCHITECTURES[architecture].bits, found, rules: found.rules };
}

/** Beyond this many rules on one syscall the calls that a class concerns are not told apart: every call may be one. */
export const MOST_COMPARED = 200;

export function always(reason: AmbiguityReason, rules: readonly Pick<StandingRule, 'index'>[]): Hazard {
  return { reason, rules: indices(rules), concerns: () => true };
}

/** Ascending, each once. */
export function indices(rules: readonly Pick<StandingRule, 'index'>[]): readonly number[] {
  return [...new Set(rules.map(({ index }) => index))].sort((a, b) => a - b);
}
