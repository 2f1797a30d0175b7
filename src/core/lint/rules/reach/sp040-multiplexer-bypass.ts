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
  why: 'On x86, ppc64le and s390 sockets and System V IPC can be had through socketcall and ipc, too, whose arguments lie in memory. Where socket is filtered, libseccomp lets socketcall(SYS_SOCKET) through whatever the family, unless a rule of its own closes socketcall.',
  fix: 'Add a rule without conditions that refuses socketcall (ipc) with an errno other than the default\'s, or leave the ABI out of "architectures".',
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
      architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
      syscalls: [
        allow(['socket'], masked(0, 0xffffffff, 2)),
        { names: ['socketcall'], action: 'SCMP_ACT_ERRNO', errnoRet: 13 },
      ],
    }),
  },
  check: multiplexed,
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

const CALLS: Readonly<Record<string, bigint>> = { socket: 1n, semget: 2n, msgget: 13n, shmget: 23n };
