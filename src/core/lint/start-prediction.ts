import { reachOf } from '../compare/decisions.js';
import { asRuntimesRead } from '../profile/as-runtimes-read.js';
import type { Profile } from '../profile/model.js';
import type { ParsedProfile } from '../profile/read/parsed-profile.js';
import { runtimeBase } from '../profile/runtime-base.js';
import type { Architecture } from '../syscalls/architectures.js';
import { MAX_ERRNO } from '../syscalls/errno-names.js';
import { isBigEndian } from '../syscalls/filter-architecture.js';
import { compareVersions, syscallNumber } from '../syscalls/syscall-table.js';
import { listed } from '../text/words.js';
import { allowsNothing } from './subject/allows-nothing.js';
import { type RuleStart, ruleStartOf } from './subject/contradictions.js';
import { LintSubject } from './subject/lint-subject.js';

/** What becomes of a container whose runtime reads this file. */
export interface StartPrediction {
  /** `not foretold`: libseccomp may come to no end with the rules, or refuse one. */
  readonly outcome: 'filtered' | 'unconfined' | 'not started' | 'hangs' | 'not foretold';
  /** Why, where it is not `filtered`. */
  readonly because?: string;
}

export interface StartOptions {
  readonly runtime: 'runc' | 'crun';
  /** Absent: any version; what one of them refuses is taken as refused. */
  readonly runtimeVersion?: string;
  /** The node's own; default x86_64. */
  readonly architecture?: Architecture;
  /** Default true, as in Kubernetes. */
  readonly allowPrivilegeEscalation?: boolean;
}

/**
 * Says before a runtime sees the file whether a container starts with it, as measured with runc 1.1 to 1.3 and crun 1.8 to 1.28: the
 * two read the same mistakes in different ways.
 */
export function predictStart(parsed: ParsedProfile, options: StartOptions): StartPrediction {
  return beforeMeaning(parsed, options) ?? byMeaning(parsed, options) ?? { outcome: 'filtered' };
}

function notStarted(because: string): StartPrediction {
  return { outcome: 'not started', because };
}

/** What follows from the document alone. */
function beforeMeaning(parsed: ParsedProfile, options: StartOptions): StartPrediction | undefined {
  const isRunc = options.runtime === 'runc';
  if (parsed.format === 'spo') return notStarted('a SeccompProfile object is not a file that runtimes read');
  const errors = parsed.problems.filter(({ severity }) => severity === 'error');
  for (const { code, place, message } of errors) {
    const path = place?.path ?? '';
    // crun's reader takes comments of C, and passes over a value where a list should be.
    if (!isRunc && code === 'SP001' && /^a comment is not JSON: `\/[/*]/.test(message)) continue;
    if (!isRunc && /^this must be a list/.test(message) && !path.endsWith('names')) continue;
    if (code === 'SP001') return notStarted('it is not JSON');
    if (code === 'SP052' && !/\.(?:comment|includes|excludes)\b|^archMap|minKernel/.test(path))
      return notStarted(message);
    if (code === 'SP004' && !path.startsWith('archMap')) return notStarted(message);
    if (code === 'SP003') {
      const hasRules = parsed.has('syscalls[0]');
      if (isRunc && !hasRules)
        return { outcome: 'unconfined', because: 'without a default action and rules runc takes it for no profile' };
      return notStarted('there is no default action');
    }
    // Only Go takes keys in another case.
    if (code === 'SP002' && !isRunc && isNeededKey(path, parsed))
      return notStarted('a key that crun needs stands in another case');
    if (code === 'SP007') {
      if (isRunc && message.startsWith('an empty syscall name')) return notStarted('a syscall name is empty');
      if (!/empty syscall name|white space|names no syscall|has no "names"/.test(message)) return notStarted(message);
    }
    if (code === 'SP008') {
      if (/\.index$/.test(path)) return notStarted('an argument has no such index');
      if (/has no "(?:index|value)"/.test(message)) continue;
      // crun takes negative values and numbers in quotes.
      if (/\.value(?:Two)?$/.test(path)) {
        if (isRunc) return notStarted('a value is not an unsigned number of 64 bits');
        continue;
      }
      if (!/conditions, a syscall has/.test(message)) return notStarted(message);
    }
    if (!isRunc && code === 'SP009' && /this is the text "\d+"$/.test(message)) continue;
    if (code === 'SP009' && !/larger than/.test(message) && !/\.?(?:errno|defaultErrno)$/.test(path))
      return notStarted(message);
  }
  if (!isRunc && parsed.rulesWithoutNames.length > 0) return notStarted('a rule has no "names"');
  return undefined;
}

function isNeededKey(path: string, parsed: ParsedProfile): boolean {
  const exact = /^(.*?)(defaultAction|names|action|index|value|op)$/i.exec(path);
  if (exact === null) return false;
  const [, before = '', key = ''] = exact;
  const proper = ['defaultAction', 'names', 'action', 'index', 'value', 'op'].find(
    (each) => each.toLowerCase() === key.toLowerCase(),
  );
  return proper !== key && !parsed.has(`${before}${proper}`);
}

/** What follows from what the rules mean to the runtime. */
function byMeaning(parsed: ParsedProfile, options: StartOptions): StartPrediction | undefined {
  const written = parsed.profile ?? parsed.partial;
  if (written === undefined) return undefined;
  const profile = asRuntimesRead(written);
  const isRunc = options.runtime === 'runc';
  const native = options.architecture ?? 'SCMP_ARCH_X86_64';
  const foreign = (profile.architectures ?? []).find(
    (name) => isBigEndian(name) !== isBigEndian(native) && name !== 'SCMP_ARCH_NATIVE',
  );
  if (foreign !== undefined) return notStarted(`${foreign} has another byte order than the node`);
  if (profile.architectures?.includes('SCMP_ARCH_NATIVE')) return notStarted('runtimes do not know SCMP_ARCH_NATIVE');
  const unknown = profile.architectures?.find((name) => /_(?:M68K|PARISC|PARISC64|SH|SHEB)$/.test(name));
  if (isRunc && unknown !== undefined) return notStarted(`runc does not know ${unknown}`);
  const subject = new LintSubject(parsed, written, { architecture: native }, 0);
  const start = ruleStartOf(subject, options.runtime);
  return (
    errnos(profile, options) ??
    flags(profile, options) ??
    notify(profile, options) ??
    contradictions(start) ??
    runtimeNeeds(subject, options) ??
    doubts(start)
  );
}

function errnos(profile: Profile, { runtime }: StartOptions): StartPrediction | undefined {
  const all = [
    { action: profile.defaultAction, errnoRet: profile.defaultErrnoRet },
    ...profile.rules.filter(({ names }) => names.length > 0),
  ];
  for (const { action, errnoRet } of all) {
    if (errnoRet === undefined) continue;
    if (action === 'SCMP_ACT_ERRNO' && errnoRet > MAX_ERRNO) return notStarted(`there is no error number ${errnoRet}`);
    if (runtime === 'crun' && action !== 'SCMP_ACT_ERRNO' && action !== 'SCMP_ACT_TRACE')
      return notStarted(`crun refuses an error number beside ${action}`);
  }
  return undefined;
}

function flags(profile: Profile, { runtime, runtimeVersion }: StartOptions): StartPrediction | undefined {
  if (runtime === 'crun' || (profile.flags ?? []).length === 0) return undefined;
  const version = runtimeVersion === undefined ? undefined : (/\d+(?:\.\d+)*/.exec(runtimeVersion)?.[0] ?? '0');
  const isBefore = (wanted: string) => version === undefined || compareVersions(version, wanted) < 0;
  if (isBefore('1.2')) return notStarted('runc before 1.2 takes no flags');
  if (profile.flags?.includes('SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV') && isBefore('1.5'))
    return notStarted('runc before 1.5 does not know SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV');
  return undefined;
}

function notify(profile: Profile, { runtime }: StartOptions): StartPrediction | undefined {
  if (profile.defaultAction === 'SCMP_ACT_NOTIFY') return notStarted('no syscall can wait for a listener by default');
  if (runtime === 'crun') return undefined;
  const rules = profile.rules.filter(({ action, names }) => action === 'SCMP_ACT_NOTIFY' && names.length > 0);
  if (rules.length > 0 && profile.listenerPath === undefined)
    return notStarted('SCMP_ACT_NOTIFY has no "listenerPath"');
  if (rules.some(({ names }) => names.includes('write'))) return notStarted('SCMP_ACT_NOTIFY cannot be on write');
  return undefined;
}

function contradictions({ contradictions: found }: RuleStart): StartPrediction | undefined {
  const names = new Set(found.map(({ name }) => name));
  return names.size === 0 ? undefined : notStarted(`the rules on ${listed([...names])} contradict each other`);
}

function doubts({ unforetold }: RuleStart): StartPrediction | undefined {
  if (unforetold.length === 0) return undefined;
  const because = `libseccomp may refuse the rules on ${listed(unforetold)}, or come to no end with them`;
  return { outcome: 'not foretold', because };
}

function runtimeNeeds(subject: LintSubject, options: StartOptions): StartPrediction | undefined {
  if (allowsNothing(subject)) {
    if (options.runtime === 'runc' && subject.defaultOutcome.action === 'SCMP_ACT_KILL_THREAD')
      return { outcome: 'hangs', because: 'every thread of the runtime that makes a syscall is killed' };
    return notStarted('no syscall at all is let through');
  }
  const { required } = runtimeBase({
    runtime: options.runtime,
    ...(options.runtimeVersion === undefined ? {} : { runtimeVersion: options.runtimeVersion }),
    allowPrivilegeEscalation: options.allowPrivilegeEscalation ?? true,
    architecture: subject.native,
  });
  const refused = required.filter(
    (name) => syscallNumber(subject.native, name) !== undefined && reachOf(subject.decision(name)) === 'none',
  );
  return refused.length === 0 ? undefined : notStarted(`${options.runtime} needs ${listed(refused)} to start it`);
}
