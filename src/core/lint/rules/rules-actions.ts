import { outcomeInWords } from '../../compare/words.js';
import { isLetThrough } from '../../compile/verdicts.js';
import { classOf } from '../../syscalls/risk-syscalls.js';
import { listed } from '../../text/words.js';
import { document, type LintFinding, type LintRule } from '../subject/lint-rule.js';
import type { LintSubject } from '../subject/lint-subject.js';

const BASE = { names: ['execve', 'exit_group', 'read', 'write'], action: 'SCMP_ACT_ALLOW' };
const BUT_KEYCTL = (action: string, more: object = {}) =>
  document({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['keyctl'], action }], ...more });

/** What single actions do, and do not do, under a container runtime. */
export const ACTION_RULES: readonly LintRule[] = [
  {
    id: 'SP019',
    severity: 'error',
    title: 'A listener that is not there, or cannot be',
    why: 'SCMP_ACT_NOTIFY asks a listener. runc refuses a profile with it and without "listenerPath", as the default action, and on write, which runc needs to hand the listener over. Under crun the call gets ENOSYS.',
    fix: 'Give "listenerPath" and name the syscalls, or use SCMP_ACT_ERRNO.',
    failing: { text: BUT_KEYCTL('SCMP_ACT_NOTIFY') },
    passing: { text: BUT_KEYCTL('SCMP_ACT_NOTIFY', { listenerPath: '/run/seccomp-agent.sock' }) },
    *check({ profile, rules, top }) {
      if (profile.defaultAction === 'SCMP_ACT_NOTIFY')
        yield {
          path: top('defaultAction'),
          message: 'SCMP_ACT_NOTIFY as the default action: runc refuses the profile',
        };
      const first = rules.find(({ rule }) => rule.action === 'SCMP_ACT_NOTIFY');
      if (first !== undefined && profile.listenerPath === undefined)
        yield {
          path: `${first.path}.action`,
          message: 'SCMP_ACT_NOTIFY without "listenerPath": runc refuses the profile, under crun the call gets ENOSYS',
        };
      for (const { rule, path } of rules)
        if (rule.action === 'SCMP_ACT_NOTIFY' && rule.names.includes('write'))
          yield {
            path,
            message: 'SCMP_ACT_NOTIFY on write: runc refuses the profile',
            advice: 'Take write out of the rule.',
          };
      if (profile.listenerMetadata !== undefined && profile.listenerPath === undefined)
        yield {
          path: top('listenerMetadata'),
          message: '"listenerMetadata" without "listenerPath": there is no listener to get it',
          advice: 'Remove it, or give "listenerPath".',
        };
    },
  },
  {
    id: 'SP020',
    severity: 'warning',
    title: 'The call waits for a tracer',
    why: 'SCMP_ACT_TRACE asks a debugger. Where none traces the process, which is how containers run, the call fails with ENOSYS; the number in errnoRet is not returned.',
    fix: 'Use SCMP_ACT_ERRNO to refuse, SCMP_ACT_LOG to watch.',
    failing: { text: BUT_KEYCTL('SCMP_ACT_TRACE') },
    passing: { text: BUT_KEYCTL('SCMP_ACT_ERRNO') },
    *check(subject) {
      yield* uses(
        subject,
        ['SCMP_ACT_TRACE'],
        (what) => `${what} ENOSYS unless a debugger traces the process`,
        'gets',
        'get',
      );
    },
  },
  {
    id: 'SP021',
    severity: 'warning',
    title: 'One thread is killed, not the process',
    why: 'SCMP_ACT_KILL and SCMP_ACT_KILL_THREAD end the thread that made the call. A server with several threads goes on without it, with locks held and work half done, and Kubernetes sees nothing.',
    fix: 'Use SCMP_ACT_KILL_PROCESS to end the process, or SCMP_ACT_ERRNO to refuse the call.',
    failing: { text: BUT_KEYCTL('SCMP_ACT_KILL') },
    passing: { text: BUT_KEYCTL('SCMP_ACT_KILL_PROCESS') },
    *check(subject) {
      yield* uses(
        subject,
        ['SCMP_ACT_KILL', 'SCMP_ACT_KILL_THREAD'],
        (what) => `${what} the calling thread only, and the process goes on without it`,
        'kills',
        'kill',
      );
    },
  },
  {
    id: 'SP022',
    severity: 'error',
    compiled: 'warning',
    title: 'Nothing is allowed',
    why: "The default action refuses, and no rule lets a syscall through. The filter holds before the container's program starts, so not even that can happen: crun dies, runc dies or hangs.",
    fix: 'Allow what the program needs: start from a profile of the catalogue (seccomply profile list), or record one.',
    failing: { text: document({ defaultAction: 'SCMP_ACT_ERRNO' }) },
    passing: { text: document({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [BASE] }) },
    *check(subject) {
      if (allowsNothing(subject))
        yield {
          path: subject.top('defaultAction'),
          message: `what no rule names is ${refusal(subject)}, and no rule lets anything through: the container does not start${
            subject.defaultOutcome.action === 'SCMP_ACT_KILL_THREAD' ? ', and runc hangs' : ''
          }`,
        };
    },
  },
  {
    id: 'SP030',
    severity: 'warning',
    title: 'Everything is allowed but a list',
    why: 'A list of refusals is never complete: syscalls that are not on it stay open, those of future kernels among them.',
    fix: 'Refuse by default and allow what the program needs; seccomply profile diff against RuntimeDefault says what is open now.',
    failing: { text: BUT_KEYCTL('SCMP_ACT_ERRNO') },
    passing: { text: document({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [BASE] }) },
    *check(subject) {
      if (subject.profile.defaultAction !== 'SCMP_ACT_ALLOW') return;
      const own = subject.on(subject.native);
      const ceiling = subject.ceiling(subject.options.runtimeDefault ?? 'containerd', subject.native);
      const open = ceiling === undefined ? [] : [...subject.excess(own, ceiling)].map(({ syscall }) => syscall);
      const dangerous = open
        .filter((name) => classOf(name) < 'C3')
        .sort((a, b) => (classOf(a) + a < classOf(b) + b ? -1 : 1));
      yield {
        path: subject.top('defaultAction'),
        message: `every syscall that no rule names is allowed${
          dangerous.length === 0
            ? ''
            : `, ${dangerous.length} dangerous ones among them that the runtime's default refuses: ${listed(dangerous, 6)}`
        }; so are those of kernels to come`,
      };
    },
  },
  {
    id: 'SP031',
    severity: 'warning',
    title: 'Nothing is refused, only logged',
    why: 'With SCMP_ACT_LOG as the default the profile watches. Where it stands for good it protects nothing, and fills the log.',
    fix: "Use it for a limited time (stages Record and Complain do that within the runtime's default), then refuse by default.",
    failing: { text: document({ defaultAction: 'SCMP_ACT_LOG' }) },
    passing: { text: document({ defaultAction: 'SCMP_ACT_LOG' }), options: { stage: 'Record' } },
    *check({ profile, options, top }) {
      if (profile.defaultAction === 'SCMP_ACT_LOG' && (options.stage ?? 'Enforce') === 'Enforce')
        yield {
          path: top('defaultAction'),
          message:
            'every syscall that no rule names is let through and logged: this profile refuses nothing by default',
        };
    },
  },
  {
    id: 'SP035',
    severity: 'warning',
    compiled: 'off',
    title: 'Newer syscalls get another answer than ENOSYS',
    why: 'Programs try new syscalls first and go back to older ones on ENOSYS, and on nothing else. With EPERM as the default they break when a C library or runtime is updated. runc answers ENOSYS for syscalls above the highest one that the profile names, crun does not, so the two differ.',
    fix: 'Write "defaultErrnoRet": 38, and name what is to be refused with EPERM in a rule; seccomply profile compile does both.',
    failing: { text: document({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [BASE] }) },
    passing: { text: document({ defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 38, syscalls: [BASE] }) },
    *check(subject) {
      const { defaultOutcome, top } = subject;
      if (defaultOutcome.action !== 'SCMP_ACT_ERRNO' || defaultOutcome.errno === 38 || allowsNothing(subject)) return;
      yield {
        path: top('defaultAction'),
        message: `syscalls newer than this profile are ${outcomeInWords(defaultOutcome)} under crun, with ENOSYS under runc: programs fall back on ENOSYS only`,
      };
    },
  },
];

/** Whether no call at all gets through, whatever its number. */
export function allowsNothing({ rules, defaultOutcome, profile }: LintSubject): boolean {
  if (isLetThrough(defaultOutcome) || profile.baseProfileName !== undefined) return false;
  return defaultOutcome.action !== 'SCMP_ACT_NOTIFY' && rules.every(({ outcome }) => !isLetThrough(outcome));
}

function refusal({ defaultOutcome }: LintSubject): string {
  return defaultOutcome.action.startsWith('SCMP_ACT_KILL') ? 'killed' : outcomeInWords(defaultOutcome);
}

function* uses(
  { profile, rules, top }: LintSubject,
  actions: readonly string[],
  sentence: (what: string) => string,
  verb: string,
  verbs: string,
): Iterable<LintFinding> {
  if (actions.includes(profile.defaultAction))
    yield {
      path: top('defaultAction'),
      message: sentence(`${profile.defaultAction}: a syscall that no rule names ${verb}`),
    };
  for (const { rule, path } of rules)
    if (actions.includes(rule.action))
      yield {
        path: `${path}.action`,
        message: sentence(`${rule.action}: ${listed(rule.names)} ${rule.names.length === 1 ? verb : verbs}`),
      };
}
