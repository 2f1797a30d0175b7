import { sameDecision } from '../../../compare/compare.js';
import { isLetThrough } from '../../../compile/verdicts.js';
import { decisionFor, type SyscallDecision } from '../../../outcomes/syscall-decisions.js';
import type { Rule } from '../../../profile/model.js';
import type { ContainerRuntime } from '../../../profile/runtime-default.js';
import type { LintSubject } from '../../subject/lint-subject.js';

const RUNTIMES: readonly ContainerRuntime[] = ['containerd', 'crio'];

/** The runtime whose own default filters the syscalls of a rule in the same way as the profile; undefined when none does. */
export function runtimeFilteringAlike(subject: LintSubject, { names }: Rule): ContainerRuntime | undefined {
  return RUNTIMES.find((runtime) => {
    const ceiling = subject.ceiling(runtime, subject.native);
    return (
      ceiling !== undefined && names.every((name) => filtersAlike(subject.decision(name), decisionFor(ceiling, name)))
    );
  });
}

/** By the same rules; what happens to the rest may differ in its errno. */
function filtersAlike(a: SyscallDecision, b: SyscallDecision): boolean {
  if (a.kind === 'always' || b.kind === 'always') return false;
  return isLetThrough(a.otherwise) === isLetThrough(b.otherwise) && sameDecision({ ...a, otherwise: b.otherwise }, b);
}
