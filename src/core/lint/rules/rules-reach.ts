import type { SyscallDecision, SyscallDecisions } from '../../compare/decisions.js';
import { callsWith, decisionFor, reachOf } from '../../compare/decisions.js';
import { callInWords, outcomeInWords } from '../../compare/words.js';
import { isLetThrough } from '../../compile/verdicts.js';
import { findCall } from '../../filter/call-set.js';
import { NAMESPACE_FLAGS } from '../../profile/runtime-base.js';
import { FILTER_ARCHITECTURES } from '../../syscalls/filter-architecture.js';
import { classOf, riskOf } from '../../syscalls/risk-syscalls.js';
import { syscallNumber } from '../../syscalls/syscall-table.js';
import { byNumber, listed } from '../../text/words.js';
import { document, type LintFinding, type LintRule } from '../subject/lint-rule.js';
import type { LintSubject } from '../subject/lint-subject.js';

const MASK = (index: number, value: number, valueTwo: number) => ({ index, value, valueTwo, op: 'SCMP_CMP_MASKED_EQ' });
const ONLY = (...syscalls: readonly object[]) => document({ defaultAction: 'SCMP_ACT_ERRNO', syscalls });
const ALLOW = (names: readonly string[], ...args: readonly object[]) => ({
  names,
  action: 'SCMP_ACT_ALLOW',
  ...(args.length === 0 ? {} : { args }),
});
const FILTERED_CLONE = ALLOW(['clone'], MASK(0, Number(NAMESPACE_FLAGS), 0));
const NO_CLONE3 = { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 };

/** What a profile lets a container reach. */
export const REACH_RULES: readonly LintRule[] = [
  {
    id: 'SP032',
    severity: 'warning',
    title: 'clone can make namespaces',
    why: 'With CLONE_NEWUSER among its flags, clone gives a process all capabilities over new namespaces, from which most kernel exploits of containers start.',
    fix: 'Allow clone with "index": 0 (on s390x 1), "op": "SCMP_CMP_MASKED_EQ", "value": 2114060288, "valueTwo": 0.',
    failing: { text: ONLY(ALLOW(['clone'])) },
    passing: { text: ONLY(FILTERED_CLONE, NO_CLONE3) },
    *check(subject) {
      if (!subject.names('clone') || subject.has('CAP_SYS_ADMIN')) return;
      const flags = NAMESPACES.filter(({ bit }) =>
        canCall(subject.on(subject.native), 'clone', cloneFlags(subject), bit, bit),
      );
      if (flags.length > 0)
        yield {
          path: subject.placeOf('clone'),
          message: `clone is let through with ${listed(
            flags.map(({ name }) => name),
            3,
          )}: it makes namespaces, without CAP_SYS_ADMIN too (user namespaces)`,
        };
    },
  },
  {
    id: 'SP033',
    severity: 'error',
    compiled: 'warning',
    title: 'clone3 is the way around a filtered clone',
    why: 'clone3 has its flags in memory, where no filter can look. Beside a clone whose flags are filtered it does what was to be refused.',
    fix: 'Give clone3 SCMP_ACT_ERRNO with errnoRet 38: programs then use clone.',
    failing: { text: ONLY(FILTERED_CLONE, ALLOW(['clone3'])) },
    passing: { text: ONLY(FILTERED_CLONE, NO_CLONE3) },
    *check(subject) {
      if (reachOf(subject.decision('clone')) !== 'some' || reachOf(subject.decision('clone3')) === 'none') return;
      yield {
        path: subject.placeOf('clone3'),
        message: `the flags of clone are filtered, and clone3 is let through${subject.names('clone3') ? '' : ' by the default'}: it makes the same namespaces with flags that no filter sees`,
      };
    },
  },
  {
    id: 'SP034',
    severity: 'warning',
    title: 'clone3 is refused in a way that programs do not understand',
    why: 'The C library makes threads and processes with clone3, and goes back to clone when that fails with ENOSYS, and with nothing else. With EPERM programs cannot start threads.',
    fix: 'Add a rule: "names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38.',
    failing: { text: ONLY(ALLOW(['clone'])) },
    passing: { text: ONLY(FILTERED_CLONE, NO_CLONE3) },
    *check(subject) {
      const decision = subject.decision('clone3');
      if (decision.kind !== 'always' || isLetThrough(decision.outcome)) return;
      const { action, errno } = decision.outcome;
      if (action === 'SCMP_ACT_ERRNO' && (errno === 38 || errno === 0)) return;
      if (reachOf(subject.decision('clone')) === 'none') return;
      // Compiling gives ENOSYS where no rule speaks of clone3, and beside a filtered clone.
      if (subject.isCompiled && (!subject.names('clone3') || reachOf(subject.decision('clone')) === 'some')) return;
      yield {
        path: subject.names('clone3') ? subject.placeOf('clone3') : subject.placeOf('clone'),
        message: `clone3 ${action.startsWith('SCMP_ACT_KILL') ? '' : 'is '}${outcomeInWords(decision.outcome)}: programs go back to clone on ENOSYS only`,
      };
    },
  },
  {
    id: 'SP036',
    severity: 'warning',
    title: "Wider than the runtime's default",
    why: 'A container without any profile of its own gets the default of the container runtime. What this profile allows beyond that, it opens.',
    fix: 'Refuse them, unless the program needs them; seccomply profile diff against RuntimeDefault shows each one.',
    failing: { text: ONLY(ALLOW(['io_uring_setup'])) },
    passing: { text: ONLY(ALLOW(['read'])) },
    check: aboveDefault,
  },
  {
    id: 'SP037',
    severity: 'error',
    title: 'A dangerous syscall without the capability it needs',
    why: 'The kernel refuses the syscall to a container that lacks the capability, so allowing it is of no use; from inside a user namespace, or through a hole in the check, it is a way into the kernel.',
    fix: 'Refuse it, or give the container the capability if it is to do this (--cap says that it has it).',
    failing: { text: ONLY(ALLOW(['mount', 'init_module'])) },
    passing: { text: ONLY(ALLOW(['mount'])), options: { capabilities: ['CAP_SYS_ADMIN'] } },
    check: withoutCapability,
  },
  {
    id: 'SP038',
    severity: 'warning',
    title: 'io_uring goes past the filter',
    why: 'Operations on an io_uring are made by the kernel: opening files, sockets and the like through it does not meet the filter, and it has been the richest source of kernel exploits of its years.',
    fix: 'Refuse io_uring_setup, io_uring_enter and io_uring_register; programs go back to other calls.',
    failing: { text: ONLY(ALLOW(['io_uring_setup', 'io_uring_enter'])) },
    passing: { text: ONLY(ALLOW(['epoll_wait'])) },
    *check(subject) {
      const open = ['io_uring_setup', 'io_uring_enter', 'io_uring_register'].filter(
        (name) => subject.names(name) && reachOf(subject.decision(name)) !== 'none',
      );
      const [first] = open;
      if (first !== undefined)
        yield {
          path: subject.placeOf(first),
          message: `${listed(open)} ${byNumber(open.length, 'is', 'are')} let through: what is done through an io_uring does not meet this filter`,
        };
    },
  },
  {
    id: 'SP039',
    severity: 'warning',
    title: 'Sockets of every family',
    why: "socket without a condition reaches the kernel's code for every address family: AF_ALG, AF_VSOCK, AF_PACKET, AF_CAN and others that containers hardly ever need and exploits have used.",
    fix: 'Allow the families that are needed, mostly 1 (AF_UNIX), 2 (AF_INET), 10 (AF_INET6) and 16 (AF_NETLINK), each with SCMP_CMP_MASKED_EQ, "value": 4294967295.',
    failing: { text: ONLY(ALLOW(['socket'])) },
    passing: { text: ONLY(ALLOW(['socket'], MASK(0, 0xffffffff, 1)), ALLOW(['socket'], MASK(0, 0xffffffff, 2))) },
    *check(subject) {
      if (subject.names('socket') && !subject.defaultLetsThrough && reachOf(subject.decision('socket')) === 'all')
        yield {
          path: subject.placeOf('socket'),
          message: 'socket is let through for every address family, AF_ALG, AF_VSOCK and AF_PACKET among them',
        };
    },
  },
  {
    id: 'SP040',
    severity: 'warning',
    title: 'A multiplexer is the way around',
    why: 'On x86, ppc64le and s390 sockets and System V IPC can be had through socketcall and ipc, too, whose arguments lie in memory. Where socket is filtered, libseccomp lets socketcall(SYS_SOCKET) through whatever the family, unless a rule of its own closes socketcall.',
    fix: 'Add a rule without conditions that refuses socketcall (ipc) with an errno other than the default\'s, or leave the ABI out of "architectures".',
    failing: {
      text: document({
        defaultAction: 'SCMP_ACT_ERRNO',
        architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
        syscalls: [ALLOW(['socket'], MASK(0, 0xffffffff, 2))],
      }),
    },
    passing: {
      text: document({
        defaultAction: 'SCMP_ACT_ERRNO',
        architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
        syscalls: [
          ALLOW(['socket'], MASK(0, 0xffffffff, 2)),
          { names: ['socketcall'], action: 'SCMP_ACT_ERRNO', errnoRet: 13 },
        ],
      }),
    },
    check: multiplexed,
  },
];

const NAMESPACES = [
  { name: 'CLONE_NEWUSER', bit: 0x10000000n },
  { name: 'CLONE_NEWNS', bit: 0x20000n },
  { name: 'CLONE_NEWNET', bit: 0x40000000n },
  { name: 'CLONE_NEWPID', bit: 0x20000000n },
  { name: 'CLONE_NEWIPC', bit: 0x8000000n },
  { name: 'CLONE_NEWUTS', bit: 0x4000000n },
  { name: 'CLONE_NEWCGROUP', bit: 0x2000000n },
];

function cloneFlags({ native }: LintSubject): number {
  return native === 'SCMP_ARCH_S390X' ? 1 : 0;
}

/** Whether some call whose argument has these bits gets through. */
function canCall(filter: SyscallDecisions, name: string, argument: number, mask: bigint, datum: bigint): boolean {
  const must = [{ argument, operator: 'SCMP_CMP_MASKED_EQ' as const, mask, datum }];
  return callsWith(decisionFor(filter, name), isLetThrough).some(
    (set) => findCall([set, { must, avoid: [] }], filter.bits).kind !== 'none',
  );
}

function* aboveDefault(subject: LintSubject): Iterable<LintFinding> {
  const runtime = subject.options.runtimeDefault ?? 'containerd';
  const excess = new Map<string, { readonly shown: string; readonly decision: SyscallDecision }>();
  for (const filter of subject.filters) {
    const ceiling = subject.ceiling(runtime, filter.architecture);
    if (ceiling === undefined) continue;
    for (const { syscall, args } of subject.excess(filter, ceiling, excess)) {
      const partly = decisionFor(ceiling, syscall).kind === 'when' && args !== undefined;
      excess.set(syscall, {
        shown: partly ? callInWords(syscall, args) : syscall,
        decision: decisionFor(filter, syscall),
      });
    }
  }
  if (excess.size === 0) return;
  const names = [...excess.keys()].sort((a, b) => (classOf(a) + a < classOf(b) + b ? -1 : 1));
  const named = names.find((name) => subject.names(name));
  yield {
    path: named === undefined ? subject.top('defaultAction') : subject.placeOf(named),
    message: `${excess.size} ${byNumber(excess.size, 'syscall is', 'syscalls are')} let through that the default of ${runtime} refuses: ${listed(
      names.map((name) => excess.get(name)?.shown ?? name),
      10,
    )}`,
  };
}

function* withoutCapability(subject: LintSubject): Iterable<LintFinding> {
  const { native, rules } = subject;
  const groups = new Map<string, { readonly capability: string; readonly names: string[]; readonly usual: boolean }>();
  const seen = new Set<string>();
  for (const { rule, outcome } of rules) {
    if (!isLetThrough(outcome)) continue;
    for (const name of rule.names) {
      const risk = riskOf(name);
      if (seen.has(name) || risk?.capability === undefined || risk.class > 'C1' || subject.has(risk.capability))
        continue;
      seen.add(name);
      if (syscallNumber(native, name) === undefined || reachOf(subject.decision(name)) === 'none') continue;
      const usual = (['containerd', 'crio'] as const).some((runtime) => {
        const ceiling = subject.ceiling(runtime, native);
        return ceiling !== undefined && reachOf(decisionFor(ceiling, name)) !== 'none';
      });
      const key = `${risk.capability} ${usual}`;
      const group = groups.get(key) ?? { capability: risk.capability, names: [], usual };
      groups.set(key, group);
      group.names.push(name);
    }
  }
  for (const { capability, names, usual } of groups.values()) {
    const [first = ''] = names;
    yield {
      path: subject.placeOf(first),
      message: `${listed(names)} ${byNumber(names.length, 'is', 'are')} let through to a container without ${capability}, which the kernel asks for${
        names.length === 1 ? ` (it ${riskOf(first)?.reason ?? ''})` : ''
      }: from a user namespace, or through a hole in that check, a way into the kernel${usual ? " (some runtime's default does, too)" : ''}`,
      ...(usual ? { severity: 'warning' as const } : {}),
    };
  }
}

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
