import { decisionFor, reachOf } from '../../../outcomes/syscall-decisions.js';
import { FILTER_ARCHITECTURES } from '../../../syscalls/filter-architecture.js';
import { syscallNumber } from '../../../syscalls/syscall-table.js';
import { allow, masked } from '../../subject/example-profile.js';
import type { LintFinding, LintRule } from '../../subject/lint-rule.js';
import type { LintSubject } from '../../subject/lint-subject.js';
import { canCall } from './can-call.js';

export const sp040MultiplexerBypass: LintRule = {
  id: 'SP040',
  severity: 'warning',
  title: 'A multiplexer is the way around',
  why: 'On x86, ppc64le and s390 sockets and System V IPC can be had through socketcall and ipc, too, whose arguments lie in memory. Where socket is filtered, libseccomp lets socketcall(SYS_SOCKET) through whatever the family, unless a rule of its own closes socketcall. A note where it is closed beside a socket that is let through: the C library of 32-bit programs knows no other way.',
  fix: 'Add a rule without conditions that refuses socketcall (ipc) with an errno other than the default\'s, or leave the ABI out of "architectures". Either has its price: 32-bit x86 programs of Debian, Ubuntu and Fedora (Steam, Wine, i386 images) make every socket call through socketcall and get no sockets then, which is why Docker took that refusal back.',
  failing: {
    text: JSON.stringify({
      defaultAction: 'SCMP_ACT_ERRNO',
      architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
      syscalls: [allow(['socket'], masked(0, 0xffffffff, 2))],
    }),
  },
  passing: {
    text: JSON.stringify({
      defaultAction: 'SCMP_ACT_ERRNO',
      architectures: ['SCMP_ARCH_X86_64'],
      syscalls: [allow(['socket'], masked(0, 0xffffffff, 2))],
    }),
  },
  *check(subject) {
    yield* multiplexed(subject);
    yield* withoutSockets(subject);
  },
};

const INSIDE = { socketcall: 'socket', ipc: 'shmget semget msgget' } as const;

function* multiplexed(subject: LintSubject): Iterable<LintFinding> {
  for (const filter of subject.filters) {
    if (!FILTER_ARCHITECTURES[filter.architecture].multiplexed) continue;
    for (const [entry, inside] of Object.entries(INSIDE)) {
      if (syscallNumber(filter.architecture, entry) === undefined) continue;
      for (const name of inside.split(' ')) {
        const own = decisionFor(filter, name);
        if (own.kind !== 'when' || reachOf(own) !== 'some') continue;
        const call = CALLS[name] ?? 0n;
        if (!canCall(filter, entry, 0, 0xffff_ffffn, call)) continue;
        yield {
          path: subject.placeOf(subject.names(entry) ? entry : name),
          message: `${name} is filtered by its arguments, and on ${filter.architecture} ${entry}(${call}) does the same with arguments that no filter sees`,
        };
        break;
      }
    }
  }
}

/** Closing socketcall costs 32-bit programs their sockets, as Docker 29.4 was told by its users. */
function* withoutSockets(subject: LintSubject): Iterable<LintFinding> {
  // Compiling lists x86 by itself, also for profiles that are not for its programs.
  if (subject.isCompiled) return;
  const x86 = subject.filters.find(({ architecture }) => architecture === 'SCMP_ARCH_X86');
  if (x86 === undefined || reachOf(decisionFor(x86, 'socket')) === 'none') return;
  if (canCall(x86, 'socketcall', 0, 0xffff_ffffn, CALLS.socket ?? 0n)) return;
  yield {
    path: subject.placeOf(subject.names('socketcall') ? 'socketcall' : 'socket'),
    severity: 'info',
    message:
      'on SCMP_ARCH_X86 socket is let through and socketcall is refused: 32-bit programs of Debian, Ubuntu and Fedora make every socket call through socketcall, and get no sockets',
    advice:
      'Where such programs are to run, let socketcall through, at the price that they reach every address family; elsewhere nothing is to be done.',
  };
}

const CALLS: Readonly<Record<string, bigint>> = { socket: 1n, semget: 2n, msgget: 13n, shmget: 23n };
