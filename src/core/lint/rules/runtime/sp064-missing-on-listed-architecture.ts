import { isLetThrough } from '../../../compile/verdicts.js';
import { hostOf } from '../../../outcomes/node-target.js';
import { decisionFor, reachOf } from '../../../outcomes/syscall-decisions.js';
import { hasTable } from '../../../syscalls/filter-architecture.js';
import { syscallNumber } from '../../../syscalls/syscall-table.js';
import { listed } from '../../../text/words.js';
import { allow, refuseAllBut } from '../../subject/example-profile.js';
import type { LintFinding, LintRule } from '../../subject/lint-rule.js';
import type { LintSubject } from '../../subject/lint-subject.js';
import { YOUNGER } from './younger-syscalls.js';

const BOTH = { architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_AARCH64'] };

export const sp064MissingOnListedArchitecture: LintRule = {
  id: 'SP064',
  severity: 'warning',
  title: 'An allowed name that a listed architecture does not have',
  why: 'A name stands for a number on each architecture. aarch64 and riscv64 have no open, mkdir, unlink, pipe, dup2, poll or fork: their C libraries make openat, mkdirat and so on, for the same function of the library. A profile that lists such an architecture and allows the older names only works on x86_64 and fails there.',
  fix: 'Allow the younger ones, too, or leave the architecture out.',
  failing: { text: refuseAllBut([allow(['read', 'open', 'mkdir'])], BOTH) },
  passing: { text: refuseAllBut([allow(['read', 'open', 'openat', 'mkdir', 'mkdirat'])], BOTH) },
  check: missingOnListed,
};

function* missingOnListed(subject: LintSubject): Iterable<LintFinding> {
  if (subject.defaultLetsThrough) return;
  const allowed = new Set(
    subject.rules.filter(({ outcome }) => isLetThrough(outcome)).flatMap(({ rule }) => rule.names),
  );
  const listedHere = [subject.native, ...(subject.profile.architectures ?? []).filter(hasTable).map(hostOf)];
  for (const architecture of new Set(listedHere)) {
    const has = (name: string) => syscallNumber(architecture, name) !== undefined;
    const filter = subject.on(architecture);
    const missing = OF_64_BIT.flatMap(([old, ...young]) => {
      if (!allowed.has(old) || has(old)) return [];
      const there = young.filter(has);
      const isOpen = there.some((name) => reachOf(decisionFor(filter, name)) !== 'none');
      return there.length === 0 || isOpen ? [] : [{ old, there }];
    });
    const [first] = missing;
    if (first !== undefined)
      yield {
        path: subject.placeOf(first.old),
        message: `${architecture} has no ${listed(missing.map(({ old }) => old))}, and what programs call there in ${
          missing.length === 1 ? 'its' : 'their'
        } place is refused: ${listed([...new Set(missing.flatMap(({ there }) => there))])}`,
      };
  }
}

/** x86_64 has every older name that a 64-bit architecture has. */
const OF_64_BIT: typeof YOUNGER = [
  ...YOUNGER.filter(([old]) => syscallNumber('SCMP_ARCH_X86_64', old) !== undefined),
  ['fork', 'clone', 'clone3'],
  ['vfork', 'clone', 'clone3'],
];
