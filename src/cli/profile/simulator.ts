import { compileEvaluator } from '../../core/filter/evaluate.js';
import type { Evaluator, SyscallAnswer } from '../../core/filter/evaluator.js';
import type { RuleConflict } from '../../core/filter/filter-rules.js';
import type { EvaluationRuntime } from '../../core/filter/runtime-rules.js';
import { hostOf } from '../../core/outcomes/node-target.js';
import type { Architecture } from '../../core/syscalls/architectures.js';
import { isBigEndian } from '../../core/syscalls/filter-architecture.js';
import type { ReadProfile } from './reading.js';

export interface SimulatorOptions {
  readonly runtime: EvaluationRuntime;
  readonly libseccomp?: string;
  /** Absent: x86_64, unless the architecture asked about is listed and cannot be in one filter with it. */
  readonly native?: Architecture;
}

/** Asks one profile any number of questions, on as many kinds of nodes as the questions need. Rules are counted as in the document. */
export class Simulator {
  private readonly read: ReadProfile;
  private readonly options: SimulatorOptions;
  private readonly evaluators = new Map<Architecture, Evaluator>();
  private readonly renumbered: boolean;

  constructor(read: ReadProfile, options: SimulatorOptions) {
    this.read = read;
    this.options = options;
    this.renumbered = read.ruleIndexes?.some((index, i) => index !== i) ?? false;
  }

  /** Undefined when the architecture has no such syscall. */
  ask(architecture: Architecture, syscall: string | number, args: readonly bigint[]): SyscallAnswer | undefined {
    const answer = this.evaluatorFor(architecture).evaluate(architecture, syscall, args);
    return answer !== undefined && this.renumbered ? this.inDocument(answer) : answer;
  }

  /** Rules that keep a container from starting. */
  conflicts(architecture: Architecture): readonly RuleConflict[] {
    return this.evaluatorFor(architecture).conflicts;
  }

  /** Syscalls with whose rules it is not foretold that a container starts. */
  unforetold(architecture: Architecture): readonly string[] {
    return this.evaluatorFor(architecture).unforetold;
  }

  ruleIndex(index: number): number {
    return this.read.ruleIndexes?.[index] ?? index;
  }

  /** The node's own architecture where calls come from this one. */
  nativeFor(architecture: Architecture): Architecture {
    if (this.options.native !== undefined) return this.options.native;
    const listed = this.read.profile.architectures?.includes(architecture) ?? false;
    return listed && isBigEndian(architecture) ? hostOf(architecture) : 'SCMP_ARCH_X86_64';
  }

  private evaluatorFor(architecture: Architecture): Evaluator {
    const native = this.nativeFor(architecture);
    const known = this.evaluators.get(native);
    if (known !== undefined) return known;
    const { runtime, libseccomp } = this.options;
    const made = compileEvaluator(this.read.profile, {
      runtime,
      native,
      ...(libseccomp === undefined ? {} : { libseccomp }),
    });
    this.evaluators.set(native, made);
    return made;
  }

  private inDocument(answer: SyscallAnswer): SyscallAnswer {
    const { rule, ambiguous } = answer;
    return {
      ...answer,
      rule: typeof rule === 'number' ? this.ruleIndex(rule) : rule,
      ...(ambiguous === undefined
        ? {}
        : { ambiguous: ambiguous.map((each) => (typeof each === 'number' ? this.ruleIndex(each) : each)) }),
    };
  }
}

/** A number of 64 bits as a person writes it: decimal, 0x…, 0o… or with a leading 0, negative; undefined for anything else. */
export function parseArgument(word: string): bigint | undefined {
  const match = /^(-?)(?:(0x[0-9a-f]{1,16}|0o[0-7]{1,22})|0([0-7]{1,22})|(\d{1,20}))$/i.exec(word.trim());
  if (match === null) return undefined;
  const [, sign, prefixed, octal, decimal] = match;
  const value = BigInt(prefixed ?? (octal === undefined ? (decimal ?? '0') : `0o${octal}`));
  if (sign === '-') return value > 0x8000_0000_0000_0000n ? undefined : BigInt.asUintN(64, -value);
  return value > 0xffff_ffff_ffff_ffffn ? undefined : value;
}
