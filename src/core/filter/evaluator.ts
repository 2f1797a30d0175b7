import type { Action } from '../profile/model.js';
import type { Architecture } from '../syscalls/architectures.js';
import type { FilterRules, RuleConflict } from './filter-rules.js';
import type { AmbiguityReason, Hazard } from './hazard.js';
import type { EvaluationRuntime } from './runtime-rules.js';

export interface SyscallAnswer {
  /** As the profile spells it: `SCMP_ACT_KILL` where that is what the deciding rule says. */
  readonly action: Action;
  /** What ERRNO returns, what TRACE tells the tracer; null for every other action. */
  readonly errno: number | null;
  /**
   * Index of the rule of the profile that decided; `default` its default action; `stub` runc's ENOSYS stub; `architecture` the
   * end of a call from an architecture that the filter does not have.
   */
  readonly rule: number | 'default' | 'stub' | 'architecture';
  /**
   * Where it is not known that libseccomp makes of the call what the rules say, or depends on its version: the rules concerned; `stub` when
   * it depends on the version of runc. Action, errno and rule are then what the first rule that holds says.
   */
  readonly ambiguous?: readonly (number | 'stub')[];
  /** Present where `ambiguous` is. */
  readonly reason?: AmbiguityReason;
}

export interface EvaluationOptions {
  /** Default `runc`. */
  readonly runtime?: EvaluationRuntime;
  /** The node's own architecture, which is in every filter even when the profile does not list it. Default x86_64. */
  readonly native?: Architecture;
  /**
   * The version to answer for, see LIBSECCOMP_VERSIONS. By default the newest, and what depends on names that older ones do not know is
   * ambiguous; that they ignore rules on these names is not counted as that.
   */
  readonly libseccomp?: string;
}

export interface Evaluator {
  /**
   * What happens to a syscall entered directly, by name or number (`socketcall` and `ipc` under their own names). Missing arguments are 0,
   * present ones count modulo 2^64. Undefined when the architecture has no syscall of that name.
   */
  evaluate(architecture: Architecture, syscall: string | number, args?: readonly bigint[]): SyscallAnswer | undefined;
  /** The architectures the filter has. */
  readonly architectures: readonly Architecture[];
  /**
   * Whether libseccomp takes the rules: `refused` when one contradicts an earlier one (EEXIST) or has an errno above 4094 (EINVAL), so that
   * no runtime starts the container; `not foretold` where it may refuse a rule, come to no end or crash. Other reasons not to start are not looked at.
   */
  readonly start: 'starts' | 'refused' | 'not foretold';
  /** Rules libseccomp refuses because they contradict an earlier one. The filter is then what the others make. */
  readonly conflicts: readonly RuleConflict[];
  /** The names of the syscalls with whose rules it is not foretold that the container starts, sorted. */
  readonly unforetold: readonly string[];
  /** What is hazardous about the rules on a syscall; empty where no answer about it is ambiguous, runc's stub aside. */
  hazards(architecture: Architecture, syscall: string): readonly Hazard[];
  /** Every syscall with rules, on every architecture that has it. */
  syscalls(): Iterable<SyscallPlace>;
  /** The rules that count for a syscall, each with its conditions; undefined where none does. */
  readonly rules: FilterRules;
  /** For every syscall and class one call with an ambiguous answer, as far as one is found; runc's stub aside. Searched for when asked. */
  readonly ambiguousCalls: readonly AmbiguousCall[];
}

export interface SyscallPlace {
  readonly architecture: Architecture;
  readonly name: string;
}

export interface AmbiguousCall extends SyscallPlace {
  readonly reason: AmbiguityReason;
  /** Indices of the profile's rules. */
  readonly rules: readonly number[];
  readonly args: readonly bigint[];
}
