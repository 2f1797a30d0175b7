import { isLetThrough } from '../../../compile/verdicts.js';
import { reachOf } from '../../../outcomes/syscall-decisions.js';
import { byNumber } from '../../../text/words.js';
import { allow, masked, refuseAllBut } from '../../subject/example-profile.js';
import type { LintFinding, LintRule } from '../../subject/lint-rule.js';
import type { LintSubject } from '../../subject/lint-subject.js';
import { canCall } from './can-call.js';
import { FILTERED_CLONE, NO_CLONE3 } from './example-clone.js';
import { cloneFlags } from './namespaces.js';

export const sp065NoNewProcess: LintRule = {
  id: 'SP065',
  severity: 'warning',
  title: 'Processes are meant to be let through, and cannot be started',
  why: 'glibc forks by clone; threads and posix_spawn are made by clone in every C library (glibc asks clone3 first). musl alone forks by fork, and vfork is a syscall of its own in both. A condition on clone that asks for namespace flags, instead of their absence, refuses every one of these calls; so does a refusal of their absence.',
  fix: 'Allow clone with "index": 0 (on s390x 1), "op": "SCMP_CMP_MASKED_EQ", "value": 2114060288, "valueTwo": 0: none of the namespace flags. Where the default allows, refuse it with the flag that is meant as "value" and as "valueTwo".',
  failing: { text: refuseAllBut([allow(['clone'], masked(0, 0x7e020000, 0x7e020000)), NO_CLONE3]) },
  passing: { text: refuseAllBut([FILTERED_CLONE, NO_CLONE3]) },
  check: withoutNewProcess,
};

/** As C libraries set them to fork (glibc, others) and to spawn. */
const FORK_FLAGS = [0x1200011n, 0x11n, 0x4111n];
/** To make a thread: glibc, musl; Go since 1.9, and before it. */
const THREAD_FLAGS = [0x3d0f00n, 0x7d0f00n, 0xd0f00n, 0x50f00n];

function* withoutNewProcess(subject: LintSubject): Iterable<LintFinding> {
  const named = (name: string) =>
    subject.rules.some(({ rule, outcome }) => isLetThrough(outcome) && rule.names.includes(name));
  const filter = subject.on(subject.native);
  const canClone = (all: readonly bigint[]) =>
    all.some((flags) => canCall(filter, 'clone', cloneFlags(subject), 0xffff_ffffn, flags));
  const clone = reachOf(subject.decision('clone'));
  const isMeant = clone === 'some' && (subject.defaultLetsThrough || named('clone'));
  // glibc and musl make threads by clone3 or clone, processes never by clone3.
  if (reachOf(subject.decision('clone3')) !== 'none') {
    if (isMeant && !canClone([...FORK_FLAGS, ...THREAD_FLAGS]))
      yield {
        path: subject.placeOf('clone'),
        message:
          'clone is let through only with flags that no fork has, and no C library forks by clone3: programs cannot start processes',
      };
    return;
  }
  if (canClone([...FORK_FLAGS, ...THREAD_FLAGS])) return;
  if (isMeant) {
    const forks = named('fork') || (subject.defaultLetsThrough && reachOf(subject.decision('fork')) !== 'none');
    yield {
      path: subject.placeOf('clone'),
      message: `clone is let through only with flags that no fork and no thread has: programs cannot start ${
        forks ? 'threads, nor, with glibc, processes' : 'processes or threads'
      }`,
    };
    return;
  }
  const forks = ['fork', 'vfork'].filter((name) => named(name) && reachOf(subject.decision(name)) !== 'none');
  const [first] = forks;
  if (first !== undefined)
    yield {
      path: subject.placeOf(first),
      message: `${forks.join(' and ')} ${byNumber(forks.length, 'is', 'are')} let through and clone is refused: no thread can be started, and no program with glibc can fork`,
    };
}
