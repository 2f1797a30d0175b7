import { reachOf } from '../../compare/decisions.js';
import { hostOf } from '../../compare/target.js';
import { compiledArchitectures, existsNowhere } from '../../compile/architectures.js';
import { isLetThrough } from '../../compile/verdicts.js';
import { asRuntimesRead } from '../../profile/as-runtimes-read.js';
import { versionOf } from '../../profile/conditions.js';
import type { Profile } from '../../profile/model.js';
import { runtimeBase, takesFlags } from '../../profile/runtime-base.js';
import type { Architecture } from '../../syscalls/architectures.js';
import { hasTable, isBigEndian } from '../../syscalls/filter-architecture.js';
import { OBSOLETE } from '../../syscalls/risk-syscalls.js';
import {
  allSyscallNames,
  compareVersions,
  isKnownTo,
  isSyscallName,
  knownSince,
  LIBSECCOMP_VERSIONS,
  syscallNumber,
} from '../../syscalls/syscall-table.js';
import { didYouMean } from '../../text/did-you-mean.js';
import { byNumber, listed } from '../../text/words.js';
import { document, type LintFinding, type LintRule } from '../subject/lint-rule.js';
import type { LintSubject } from '../subject/lint-subject.js';
import { allowsNothing } from './rules-actions.js';

const ONLY = (...names: readonly string[]) =>
  document({
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 38,
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
    syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }],
  });
const BUT = (names: readonly string[], more: object = {}) =>
  document({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names, action: 'SCMP_ACT_ERRNO' }], ...more });

const REQUIRED =
  'capget capset chdir close execve exit_group fstat fstatfs futex getcwd getdents64 getppid mprotect newfstatat openat prctl read rt_sigaction rt_sigprocmask rt_sigreturn setgid setgroups setresgid setresuid setuid statx write'.split(
    ' ',
  );
const HELPFUL =
  'clone close_range epoll_ctl epoll_pwait faccessat faccessat2 fchown fcntl getpid gettid ioctl mmap nanosleep openat2 restart_syscall rseq sched_yield set_robust_list sigaltstack tgkill umask uname'.split(
    ' ',
  );
/** What `sh -c` makes from its start to the command and after it: dash and bash of Debian 12, traced. */
const SHELL =
  'access arch_prctl brk clone close dup2 execve exit_group fcntl getegid geteuid getgid getpid getppid getrandom getuid mmap mprotect munmap newfstatat openat pipe2 pread64 prlimit64 read rseq rt_sigaction rt_sigprocmask rt_sigreturn set_robust_list set_tid_address vfork wait4 write'.split(
    ' ',
  );

/** What runtimes, kernels, libraries and architectures need or make of a profile. */
export const RUNTIME_RULES: readonly LintRule[] = [
  {
    id: 'SP023',
    severity: 'error',
    compiled: 'off',
    title: 'The container runtime cannot start the container',
    why: 'Between the moment the filter holds and the start of the program, the runtime makes syscalls of its own. Where one of those it cannot do without is refused, the container does not start, always or now and then.',
    fix: 'Allow them, or compile the profile: that adds what runc and crun need (seccomply profile compile).',
    failing: { text: ONLY('read', 'write'), options: { allowPrivilegeEscalation: false } },
    passing: { text: ONLY(...REQUIRED), options: { allowPrivilegeEscalation: false } },
    *check(subject) {
      yield* missingBase(subject, 'required');
    },
  },
  {
    id: 'SP024',
    severity: 'warning',
    compiled: 'off',
    title: 'The container runtime works around a refusal',
    why: 'The runtime makes these syscalls, too, and goes on when they are refused. The next version may not.',
    fix: 'Allow them, or compile the profile: that adds what runc and crun make use of (seccomply profile compile).',
    failing: { text: ONLY(...REQUIRED) },
    passing: { text: ONLY(...REQUIRED, ...HELPFUL) },
    *check(subject) {
      yield* missingBase(subject, 'helpful');
    },
  },
  {
    id: 'SP025',
    severity: 'warning',
    compiled: 'off',
    title: 'It only starts with allowPrivilegeEscalation: false',
    why: 'Unless a container sets allowPrivilegeEscalation: false, the runtime installs the filter earlier and needs more syscalls after it: those that set users, groups and capabilities.',
    fix: 'Set allowPrivilegeEscalation: false in every container with this profile, or allow the syscalls; seccomply profile compile does.',
    failing: { text: ONLY(...REQUIRED.filter((name) => name !== 'setgid')) },
    passing: {
      text: ONLY(...REQUIRED.filter((name) => name !== 'setgid')),
      options: { allowPrivilegeEscalation: false },
    },
    *check(subject) {
      if (subject.options.allowPrivilegeEscalation !== undefined) return;
      yield* missingBase(subject, 'without-nnp');
    },
  },
  {
    id: 'SP026',
    severity: 'warning',
    title: 'Commands that the kubelet runs would fail',
    why: 'Exec probes and lifecycle hooks run in the container under its filter: what their shell needs must be allowed, too.',
    fix: 'Allow them, or use probes that need no command (httpGet, tcpSocket, grpc).',
    failing: { text: ONLY(...REQUIRED), options: { runsCommands: true } },
    passing: { text: ONLY(...REQUIRED, ...HELPFUL, ...SHELL), options: { runsCommands: true } },
    *check(subject) {
      if (subject.options.runsCommands !== true || allowsNothing(subject)) return;
      const missing = SHELL.filter((name) => isRefused(subject, name));
      // One of them does for starting a program.
      const needed = missing.filter(
        (name) => (name !== 'vfork' && name !== 'clone') || missing.includes(name === 'vfork' ? 'clone' : 'vfork'),
      );
      if (needed.length > 0)
        yield {
          path: subject.top('defaultAction'),
          message: `the container has exec probes or lifecycle hooks, and a shell needs ${listed(needed)}, which ${byNumber(needed.length, 'is', 'are')} refused`,
        };
    },
  },
  {
    id: 'SP027',
    severity: 'warning',
    compiled: 'off',
    title: 'Callers of another ABI of the node are killed',
    why: 'A 64-bit kernel takes calls of 32-bit programs, too. An ABI that is not in "architectures" is not left alone: its callers are killed with SIGSYS, even where the profile only logs.',
    fix: 'List the sub-architectures, or leave them out on purpose; seccomply profile compile completes the list.',
    failing: { text: BUT(['keyctl'], { architectures: ['SCMP_ARCH_X86_64'] }) },
    passing: { text: BUT(['keyctl'], { architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'] }) },
    *check({ written, native, top, parsed }) {
      if (parsed.format === 'docker' && written.archMap !== undefined) return;
      const { added } = compiledArchitectures(written, native);
      if (added.length > 0)
        yield {
          path: top('architectures'),
          message: `${listed(added)} ${byNumber(added.length, 'is', 'are')} not listed: on a node of ${native} callers of ${byNumber(added.length, 'that ABI', 'those ABIs')} are killed`,
        };
    },
  },
  {
    id: 'SP028',
    severity: 'info',
    title: 'A refused name that another architecture does not have',
    why: 'A name stands for a number on each architecture. Where an architecture does not have the name, the rule does nothing there, and the work can be done by another syscall.',
    fix: 'Refuse what does the same work there, too, or allow by name and refuse by default.',
    failing: { text: BUT(['open'], { architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_AARCH64'] }) },
    passing: { text: BUT(['openat'], { architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_AARCH64'] }) },
    check: refusedElsewhere,
  },
  {
    id: 'SP029',
    severity: 'error',
    compiled: 'off',
    title: 'Architectures that do not go together',
    why: "One filter cannot hold architectures of two byte orders: the container does not start. Those of other machines with the same byte order do nothing; the node's own is always filtered, listed or not.",
    fix: 'List the architectures of one kind of node, or compile the profile for each.',
    failing: { text: BUT(['keyctl'], { architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_S390X'] }) },
    passing: { text: BUT(['keyctl'], { architectures: ['SCMP_ARCH_X86_64'] }) },
    check: unfitArchitectures,
  },
  {
    id: 'SP041',
    severity: 'info',
    title: 'A name that libseccomp does not know',
    why: 'Runtimes pass over names they do not know: the rule is not there. A misspelt name in a list of refusals refuses nothing.',
    fix: 'Correct the name; for a syscall newer than the library, update the library on the nodes.',
    failing: { text: BUT(['keyctrl']) },
    passing: { text: BUT(['keyctl']) },
    check: unknownNames,
  },
  {
    id: 'SP042',
    severity: 'info',
    title: 'A name without a use on these nodes',
    why: "None of the profile's architectures has the syscall, or kernels dropped it long ago. A rule with conditions on such a name can make libseccomp pass over all others.",
    fix: 'Remove it.',
    failing: { text: ONLY('read', 'uselib') },
    passing: { text: ONLY('read') },
    check: useless,
  },
  {
    id: 'SP043',
    severity: 'info',
    title: 'Another C library would not get by',
    why: 'Which of several like syscalls a program makes is up to its C library, and a new image may bring another one: newfstatat for stat, openat for open, the …_time64 ones on 32-bit.',
    fix: 'Allow the younger one, too; profiles that Seccomply derives are closed under such aliases.',
    failing: { text: ONLY('stat', 'open', 'epoll_wait') },
    passing: { text: ONLY('stat', 'newfstatat', 'open', 'openat', 'epoll_wait', 'epoll_pwait') },
    check: incompleteAliases,
  },
  {
    id: 'SP045',
    severity: 'error',
    compiled: 'off',
    title: 'Flags that a runtime does not take',
    why: 'runc before 1.2 does not start a container whose profile has any "flags"; SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs 1.5. crun takes them, and where the kernel does not, it silently goes on without any.',
    fix: 'Remove the flags, or compile the profile with --runtime and --runtime-version of the nodes.',
    failing: {
      text: BUT(['keyctl'], { flags: ['SECCOMP_FILTER_FLAG_LOG'] }),
      options: { runtime: 'runc', runtimeVersion: '1.1.15' },
    },
    passing: {
      text: BUT(['keyctl'], { flags: ['SECCOMP_FILTER_FLAG_LOG'] }),
      options: { runtime: 'runc', runtimeVersion: '1.3.6' },
    },
    *check({ profile, options, top }) {
      if ((profile.flags ?? []).length === 0) return;
      const old = options.runtime !== 'crun' && !takesFlags(options);
      if (old)
        yield {
          path: top('flags'),
          message:
            options.runtimeVersion === undefined
              ? 'runc before 1.2 does not start a container whose profile has "flags"'
              : `runc ${options.runtimeVersion} does not start a container whose profile has "flags"`,
          ...(options.runtimeVersion === undefined ? { severity: 'warning' as const } : {}),
        };
      const killable = profile.flags?.indexOf('SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV') ?? -1;
      const version = options.runtimeVersion;
      const tooOld = version === undefined || compareVersions(digits(version), '1.5') < 0;
      if (!old && killable >= 0 && options.runtime !== 'crun' && tooOld)
        yield {
          path: `${top('flags')}[${killable}]`,
          severity: 'warning',
          message: 'runc before 1.5 does not know SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV',
        };
    },
  },
  {
    id: 'SP046',
    severity: 'warning',
    title: 'Only error numbers have changed',
    why: 'crun up to 1.29 keeps the filters it has made, and takes two profiles for the same one when they differ in error numbers only: containers go on with the old numbers.',
    fix: 'Change something else, too, such as the order of the names in a rule, or update crun.',
    failing: {
      text: document({
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [{ names: ['keyctl'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 }],
      }),
      options: {
        installed: {
          defaultAction: 'SCMP_ACT_ALLOW',
          rules: [{ names: ['keyctl'], action: 'SCMP_ACT_ERRNO', errnoRet: 1, args: [] }],
        },
      },
    },
    passing: {
      text: BUT(['keyctl', 'add_key']),
      options: {
        installed: {
          defaultAction: 'SCMP_ACT_ALLOW',
          rules: [{ names: ['keyctl'], action: 'SCMP_ACT_ERRNO', errnoRet: 1, args: [] }],
        },
      },
    },
    *check({ profile, options, top, parsed, isCompiled }) {
      if (options.installed === undefined || options.runtime === 'runc') return;
      const installed = isCompiled ? options.installed : asRuntimesRead(options.installed);
      const same = textOf(profile, false) === textOf(installed, false);
      if (!same || textOf(profile, true) === textOf(installed, true)) return;
      const changed = profile.rules.findIndex((rule, i) => rule.errnoRet !== installed.rules[i]?.errnoRet);
      yield {
        path:
          changed >= 0 && profile.defaultErrnoRet === installed.defaultErrnoRet
            ? (parsed.rulePaths[changed] ?? '')
            : top('defaultAction'),
        message:
          'this profile differs from the installed one in error numbers only: crun up to 1.29 goes on with the old filter',
      };
    },
  },
];

function isRefused(subject: LintSubject, name: string): boolean {
  return syscallNumber(subject.native, name) !== undefined && reachOf(subject.decision(name)) === 'none';
}

/** What the runtime makes after the filter is on and the profile refuses, said once for each group of runtimes. */
function* missingBase(subject: LintSubject, which: 'required' | 'helpful' | 'without-nnp'): Iterable<LintFinding> {
  const { options, native, profile, top } = subject;
  // The base profile of a SeccompProfile object has the base set; it is not in this document.
  if (profile.baseProfileName !== undefined || allowsNothing(subject)) return;
  const needs = new Map<string, string[]>();
  for (const runtime of options.runtime === undefined ? (['runc', 'crun'] as const) : [options.runtime]) {
    const question = {
      runtime,
      architecture: native,
      ...(options.runtimeVersion === undefined ? {} : { runtimeVersion: options.runtimeVersion }),
    };
    const given = options.allowPrivilegeEscalation;
    const least = runtimeBase({ ...question, allowPrivilegeEscalation: given ?? false });
    const all = runtimeBase(given === undefined ? question : { ...question, allowPrivilegeEscalation: given });
    const names =
      which === 'required'
        ? least.required
        : which === 'helpful'
          ? all.helpful.filter((name) => !least.required.includes(name))
          : all.required.filter((name) => !least.required.includes(name));
    for (const name of names) if (isRefused(subject, name)) needs.set(name, [...(needs.get(name) ?? []), runtime]);
  }
  const groups = new Map<string, string[]>();
  for (const [name, runtimes] of needs) {
    const key = runtimes.join(' and ');
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  const setting =
    options.allowPrivilegeEscalation === undefined
      ? ''
      : `, with allowPrivilegeEscalation: ${options.allowPrivilegeEscalation}`;
  for (const [runtimes, names] of groups) {
    const version = options.runtimeVersion === undefined ? '' : ` ${options.runtimeVersion}`;
    const needsIt = runtimes.includes(' and ') ? 'need' : 'needs';
    const them = byNumber(names.length, 'it', 'them');
    const named = names.find((name) => subject.names(name));
    const refused = `${listed(names.sort(), 12)} ${byNumber(names.length, 'is', 'are')} refused`;
    yield {
      path: named === undefined ? top('defaultAction') : subject.placeOf(named),
      message:
        which === 'helpful'
          ? `${refused}: ${runtimes}${version} ${runtimes.includes(' and ') ? 'make' : 'makes'} use of ${them} after the filter is on${setting}`
          : which === 'required'
            ? `${refused}, and ${runtimes}${version} ${needsIt} ${them} after the filter is on${setting}: the container does not start`
            : `${refused}, and ${runtimes}${version} ${needsIt} ${them} unless the container sets allowPrivilegeEscalation: false`,
    };
  }
}

function* refusedElsewhere(subject: LintSubject): Iterable<LintFinding> {
  const { rules, plain, native, setting, top } = subject;
  if (!subject.defaultLetsThrough) return;
  const architectures = [...new Set<string>([native, ...(plain.architectures ?? [])])].filter(hasTable);
  for (const architecture of architectures) {
    const names = rules
      .filter(({ rule }) => !['SCMP_ACT_ALLOW', 'SCMP_ACT_LOG'].includes(rule.action))
      .flatMap(({ rule }) => rule.names)
      .filter(
        (name) =>
          isSyscallName(name) &&
          syscallNumber(architecture, name) === undefined &&
          architectures.some((other) => syscallNumber(other, name) !== undefined),
      );
    const [first] = names;
    if (first !== undefined)
      yield {
        path: subject.placeOf(first),
        message: `${architecture} has no ${listed([...new Set(names)])}: what does ${byNumber(names.length, 'its', 'their')} work there is not refused by this`,
      };
  }
  const [major, minor] = versionOf(setting.kernel);
  if (plain.architectures?.includes('SCMP_ARCH_X32') && (major < 5 || (major === 5 && minor < 4)))
    yield {
      path: top('architectures'),
      severity: 'warning',
      message: `kernels before 5.4 take x32's numbers 512 to 547 for other syscalls: a refusal by name can be got past through x32`,
      advice: 'Leave SCMP_ARCH_X32 out: its callers are killed then.',
    };
}

function* unfitArchitectures({ profile, native, options, top }: LintSubject): Iterable<LintFinding> {
  const listedHere = (profile.architectures ?? []).filter((name) => name !== 'SCMP_ARCH_NATIVE');
  for (const [i, name] of listedHere.entries())
    if (isBigEndian(name) !== isBigEndian(native))
      yield {
        path: `${top('architectures')}[${i}]`,
        message: `${name} has the other byte order than ${native}: on such a node the container does not start`,
      };
  if (listedHere.length === 0) return;
  const foreign = listedHere.filter(
    (name) => isBigEndian(name) === isBigEndian(native) && hasTable(name) && hostOf(name) !== native,
  );
  if (options.architecture !== undefined && !listedHere.includes(native))
    yield {
      path: top('architectures'),
      severity: 'warning',
      message: `the node's own ${native} is not listed: runtimes filter it with the same rules`,
      advice: `Add "${native}".`,
    };
  if (foreign.length > 0 && options.architecture !== undefined)
    yield {
      path: `${top('architectures')}[${listedHere.indexOf(foreign[0] ?? '')}]`,
      severity: 'info',
      message: `${listed(foreign)} ${byNumber(foreign.length, 'does', 'do')} nothing on a node of ${native}`,
    };
}

let everyName: readonly string[] | undefined;

function* unknownNames(subject: LintSubject): Iterable<LintFinding> {
  const newer: { readonly name: string; readonly path: string; readonly since: string }[] = [];
  const isOlder = subject.libseccomp !== LIBSECCOMP_VERSIONS.at(-1);
  const seen = new Set<string>();
  for (const [index, rule] of subject.written.rules.entries()) {
    for (const [i, name] of rule.names.entries()) {
      if (seen.has(name)) continue;
      seen.add(name);
      const path = subject.parsed.namePaths[index]?.[i] ?? '';
      if (isSyscallName(name)) {
        if (isOlder && !isKnownTo(subject.libseccomp, name)) newer.push({ name, path, since: knownSince(name) ?? '' });
        continue;
      }
      everyName ??= allSyscallNames();
      const near = didYouMean(name, everyName);
      const refuses = !['SCMP_ACT_ALLOW', 'SCMP_ACT_LOG'].includes(rule.action);
      yield {
        path,
        severity: 'warning',
        message: `no syscall is called ${JSON.stringify(name)}: runtimes pass over it${refuses ? ', and nothing is refused' : ''}`,
        advice: near === undefined ? 'Correct the name, or remove it.' : `Did you mean "${near}"?`,
      };
    }
  }
  const [first] = newer;
  if (first !== undefined)
    yield {
      path: first.path,
      message: `libseccomp ${subject.libseccomp} does not know ${listed(newer.map(({ name, since }) => `${name} (since ${since})`))}: on such a node the rule is not there for ${byNumber(newer.length, 'it', 'them')}`,
    };
}

function* useless(subject: LintSubject): Iterable<LintFinding> {
  const architectures = [...new Set<string>([subject.native, ...(subject.plain.architectures ?? [])])];
  const elsewhere: { readonly name: string; readonly path: string }[] = [];
  const obsolete: typeof elsewhere = [];
  for (const placed of subject.rules)
    for (const [i, name] of placed.rule.names.entries()) {
      const found = { name, path: subject.namePath(placed, i) };
      if (OBSOLETE.has(name)) {
        // Refusing one is as good as any refusal.
        if (isLetThrough(placed.outcome)) obsolete.push(found);
      } else if (!subject.isCompiled && existsNowhere(name, architectures)) elsewhere.push(found);
    }
  if (obsolete[0] !== undefined)
    yield {
      path: obsolete[0].path,
      message: `${listed([...new Set(obsolete.map(({ name }) => name))])}: no kernel of today does anything for ${byNumber(obsolete.length, 'it', 'them')}`,
    };
  if (elsewhere[0] !== undefined)
    yield {
      path: elsewhere[0].path,
      message: `${listed([...new Set(elsewhere.map(({ name }) => name))])} ${byNumber(elsewhere.length, 'is', 'are')} not on ${listed(architectures)}`,
      advice: 'Remove what is not needed, or list the architectures that have it.',
    };
}

/** An older syscall, and those that younger C libraries make in its place; one of them will do. */
const YOUNGER: readonly (readonly [string, ...string[]])[] = [
  ['open', 'openat'],
  ['stat', 'newfstatat', 'statx'],
  ['lstat', 'newfstatat', 'statx'],
  ['stat64', 'fstatat64', 'statx'],
  ['access', 'faccessat', 'faccessat2'],
  ['readlink', 'readlinkat'],
  ['unlink', 'unlinkat'],
  ['mkdir', 'mkdirat'],
  ['rename', 'renameat', 'renameat2'],
  ['chmod', 'fchmodat'],
  ['chown', 'fchownat'],
  ['pipe', 'pipe2'],
  ['dup2', 'dup3'],
  ['accept', 'accept4'],
  ['poll', 'ppoll'],
  ['select', 'pselect6'],
  ['epoll_wait', 'epoll_pwait'],
  ['epoll_create', 'epoll_create1'],
  ['eventfd', 'eventfd2'],
  ['signalfd', 'signalfd4'],
  ['inotify_init', 'inotify_init1'],
  ['getdents', 'getdents64'],
  ['fork', 'clone'],
  ['utimes', 'utimensat'],
];
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

function textOf(profile: Profile, withErrnos: boolean): string {
  return JSON.stringify(profile, (key, value) => {
    if (key === 'asOci') return undefined;
    if (!withErrnos && (key === 'errnoRet' || key === 'defaultErrnoRet')) return undefined;
    return typeof value === 'bigint' ? String(value) : value;
  });
}

function digits(version: string): string {
  return /\d+(?:\.\d+)*/.exec(version)?.[0] ?? '0';
}
