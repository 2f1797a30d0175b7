import { reachOf } from '../../../outcomes/syscall-decisions.js';
import type { LintSubject } from '../../subject/lint-subject.js';
import { canCall } from './can-call.js';

/** The flags of clone and unshare that make namespaces (sched.h); the first lets a program have the others without a capability. */
export const NAMESPACES = [
  { name: 'CLONE_NEWUSER', bit: 0x10000000n },
  { name: 'CLONE_NEWNS', bit: 0x20000n },
  { name: 'CLONE_NEWNET', bit: 0x40000000n },
  { name: 'CLONE_NEWPID', bit: 0x20000000n },
  { name: 'CLONE_NEWIPC', bit: 0x8000000n },
  { name: 'CLONE_NEWUTS', bit: 0x4000000n },
  { name: 'CLONE_NEWCGROUP', bit: 0x2000000n },
];

export const CLONE_NEWUSER = 0x10000000n;

/**
 * Whether the filter of the node's own ABI lets the syscall through with the flag. The flags of clone3 lie in memory; compiling refuses it
 * beside a filtered clone.
 */
export function makesNamespace(subject: LintSubject, name: 'clone' | 'clone3' | 'unshare', bit: bigint): boolean {
  if (name === 'clone3')
    return (
      reachOf(subject.decision(name)) !== 'none' &&
      !(subject.isCompiled && reachOf(subject.decision('clone')) === 'some')
    );
  const flags = name === 'clone' ? cloneFlags(subject) : 0;
  return canCall(subject.on(subject.native), name, flags, bit, bit);
}

/** The argument of clone that has its flags. */
export function cloneFlags({ native }: LintSubject): number {
  return native === 'SCMP_ARCH_S390X' ? 1 : 0;
}
