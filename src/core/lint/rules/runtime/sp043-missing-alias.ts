import { reachOf } from '../../../outcomes/syscall-decisions.js';
import type { Architecture } from '../../../syscalls/architectures.js';
import { syscallNumber } from '../../../syscalls/syscall-table.js';
import { listed } from '../../../text/words.js';
import type { LintFinding, LintRule } from '../../subject/lint-rule.js';
import type { LintSubject } from '../../subject/lint-subject.js';
import { allowOnly } from './example-allow-list.js';
import { YOUNGER } from './younger-syscalls.js';

export const sp043MissingAlias: LintRule = {
  id: 'SP043',
  severity: 'info',
  title: 'Another C library would not get by',
  why: 'Which of several like syscalls a program makes is up to its C library, and a new image may bring another one: newfstatat for stat, openat for open, the …_time64 ones on 32-bit.',
  fix: 'Allow the younger one, too; profiles that Seccomply derives are closed under such aliases.',
  failing: { text: allowOnly('stat', 'open', 'epoll_wait') },
  passing: { text: allowOnly('stat', 'newfstatat', 'open', 'openat', 'epoll_wait', 'epoll_pwait') },
  check: incompleteAliases,
};

const YOUNGER_32_BIT: readonly (readonly [string, string])[] = [
  ['clock_gettime', 'clock_gettime64'],
  ['clock_nanosleep', 'clock_nanosleep_time64'],
  ['futex', 'futex_time64'],
  ['ppoll', 'ppoll_time64'],
  ['pselect6', 'pselect6_time64'],
  ['recvmmsg', 'recvmmsg_time64'],
  ['timerfd_settime', 'timerfd_settime64'],
  ['utimensat', 'utimensat_time64'],
];

function* incompleteAliases(subject: LintSubject): Iterable<LintFinding> {
  if (subject.defaultLetsThrough) return;
  for (const filter of subject.filters) {
    const { architecture } = filter;
    const isOpen = (name: string) =>
      reachOf(filter.byName.get(name) ?? { kind: 'always', outcome: filter.otherwise, rule: 'default' }) !== 'none';
    const pairs = architecture === subject.native ? YOUNGER : IS_32_BIT.has(architecture) ? YOUNGER_32_BIT : [];
    const missing = pairs.flatMap(([old, ...young]) => {
      const there = young.filter((name) => syscallNumber(architecture, name) !== undefined);
      return subject.names(old) && isOpen(old) && there.length > 0 && !there.some(isOpen)
        ? [{ old, young: there }]
        : [];
    });
    const [first] = missing;
    if (first !== undefined)
      yield {
        path: subject.placeOf(first.old),
        message: `${listed(missing.map(({ old, young }) => `${old} without ${young.join(' or ')}`))}${architecture === subject.native ? '' : ` on ${architecture}`}: a program with another C library fails`,
      };
  }
}

const IS_32_BIT: ReadonlySet<Architecture> = new Set(['SCMP_ARCH_X86', 'SCMP_ARCH_ARM'] as const);
