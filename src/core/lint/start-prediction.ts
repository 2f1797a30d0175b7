import { compileEvaluator } from '../filter/evaluate.js';
import type { Evaluator } from '../filter/evaluator.js';
import { areTakenAlike } from '../filter/runtime-rules.js';
import type { Problem } from '../problem/problem.js';
import { asCrioReads } from '../profile/as-crio-reads.js';
import { asRuntimesRead } from '../profile/as-runtimes-read.js';
import { listenerRefusal } from '../profile/listener.js';
import type { Profile } from '../profile/model.js';
import type { ParsedProfile } from '../profile/read/parsed-profile.js';
import { plainVersion, runtimeBase } from '../profile/runtime-base.js';
import type { Architecture } from '../syscalls/architectures.js';
import { MAX_ERRNO } from '../syscalls/errno-names.js';
import { isBigEndian } from '../syscalls/filter-architecture.js';
import { compareVersions } from '../syscalls/syscall-table.js';
import { listed } from '../text/words.js';
import { crioRefusal } from './crio-refusal.js';
import { allowsNothing } from './subject/allows-nothing.js';
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
  /** Who reads the file: `crio` CRI-O, which hands the runtime what it makes of it; default the runtime itself. */
  readonly reading?: 'raw' | 'crio';
  /** What the container adds: CRI-O looks at it. */
  readonly capabilities?: readonly string[];
}

/**
 * Says before a runtime sees the file whether a container starts with it, as measured with runc 1.1 to 1.3 and crun 1.8 to 1.28: the
 * two read the same mistakes in different ways.
 */
export function predictStart(parsed: ParsedProfile, options: StartOptions): StartPrediction {
  if (parsed.format === 'spo') return notStarted('a SeccompProfile object is not a file that runtimes read');
  const written = parsed.profile ?? parsed.partial;
  const isCrio = options.reading === 'crio';
  const before = isCrio ? crioRefusal(parsed) : beforeMeaning(parsed, options);
  if (before !== undefined || written === undefined) return before ?? { outcome: 'filtered' };
  const { architecture = 'SCMP_ARCH_X86_64', capabilities = [] } = options;
  const profile = isCrio ? asCrioReads(written, { architecture, capabilities }) : asRuntimesRead(written);
  return byMeaning(parsed, profile, options) ?? { outcome: 'filtered' };
}

function notStarted(because: string): StartPrediction {
  return { outcome: 'not started', because };
}

/** What follows from the document alone. */
function beforeMeaning(parsed: ParsedProfile, { runtime }: StartOptions): StartPrediction | undefined {
  for (const problem of parsed.problems) {
    const found = problem.severity === 'error' ? ofMistake(problem, parsed, runtime) : undefined;
    if (found !== undefined) return found;
  }
  if (runtime === 'crun' && parsed.rulesWithoutNames.length > 0) return notStarted('a rule has no "names"');
  return undefined;
}

function ofMistake(
  problem: Problem,
  parsed: ParsedProfile,
  runtime: StartOptions['runtime'],
): StartPrediction | undefined {
  const isRunc = runtime === 'runc';
  const detail = parsed.details.get(problem);
  switch (detail?.kind) {
    case 'no-names':
    case 'white-space-in-name':
    case 'argument-key-missing':
    case 'too-many-conditions':
    case 'errno-too-large':
      return undefined;
    case 'c-comment':
      if (!isRunc) return undefined;
      break;
    case 'not-a-list':
      // crun passes over a value where a list should be, but for that of "names".
      if (!isRunc && problem.code !== 'SP007') return undefined;
      break;
    case 'key-in-other-case':
      // Only Go takes it.
      return !isRunc && CRUN_NEEDS.has(detail.key) && !parsed.has(detail.exactPath)
        ? notStarted('a key that crun needs stands in another case')
        : undefined;
    case 'empty-name':
      return isRunc ? notStarted('a syscall name is empty') : undefined;
    case 'argument-number':
      if (detail.of === 'index') return notStarted('an argument has no such index');
      // crun takes negative values and numbers in quotes.
      return isRunc ? notStarted('a value is not an unsigned number of 64 bits') : undefined;
    case 'errno-in-quotes':
      if (!isRunc) return undefined;
  }
  switch (problem.code) {
    case 'SP001':
      return notStarted('it is not JSON');
    case 'SP003':
      return isRunc && !parsed.has('syscalls[0]')
        ? { outcome: 'unconfined', because: 'without a default action and rules runc takes it for no profile' }
        : notStarted('there is no default action');
    case 'SP004':
    case 'SP007':
    case 'SP008':
    case 'SP009':
    case 'SP052':
      return UNKNOWN_TO_RUNTIMES.test(problem.place?.path ?? '') ? undefined : notStarted(problem.message);
    default:
      return undefined;
  }
}

const CRUN_NEEDS: ReadonlySet<string> = new Set(['defaultAction', 'names', 'action', 'index', 'value', 'op']);

/** The path of a key that runtimes do not know, or of something in it. */
const UNKNOWN_TO_RUNTIMES = /(?:^|\.)(?:archMap|comment|defaultErrno|errno|excludes|includes)(?![A-Za-z])/;

/** What follows from what the rules mean to the runtime. */
function byMeaning(parsed: ParsedProfile, profile: Profile, options: StartOptions): StartPrediction | undefined {
  const isRunc = options.runtime === 'runc';
  const native = options.architecture ?? 'SCMP_ARCH_X86_64';
  const foreign = (profile.architectures ?? []).find(
    (name) => isBigEndian(name) !== isBigEndian(native) && name !== 'SCMP_ARCH_NATIVE',
  );
  if (foreign !== undefined) return notStarted(`${foreign} has another byte order than the node`);
  if (profile.architectures?.includes('SCMP_ARCH_NATIVE')) return notStarted('runtimes do not know SCMP_ARCH_NATIVE');
  const unknown = profile.architectures?.find((name) => /_(?:M68K|PARISC|PARISC64|SH|SHEB)$/.test(name));
  if (isRunc && unknown !== undefined) return notStarted(`runc does not know ${unknown}`);
  const subject = new LintSubject(parsed, profile, { architecture: native }, 0);
  const evaluator = areTakenAlike(subject.plain.rules)
    ? subject.evaluator
    : compileEvaluator(subject.plain, { runtime: options.runtime, native, libseccomp: subject.libseccomp });
  return (
    errnos(profile, options) ??
    flags(profile, options) ??
    notify(profile, options) ??
    contradictions(evaluator) ??
    runtimeNeeds(subject, options) ??
    doubts(evaluator)
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
  const version = runtimeVersion === undefined ? undefined : plainVersion(runtimeVersion);
  const isBefore = (wanted: string) => version === undefined || compareVersions(version, wanted) < 0;
  if (isBefore('1.2')) return notStarted('runc before 1.2 takes no flags');
  if (profile.flags?.includes('SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV') && isBefore('1.5'))
    return notStarted('runc before 1.5 does not know SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV');
  return undefined;
}

function notify(profile: Profile, { runtime }: StartOptions): StartPrediction | undefined {
  const refusal = listenerRefusal(profile, runtime);
  return refusal === undefined ? undefined : notStarted(refusal);
}

function contradictions({ conflicts }: Evaluator): StartPrediction | undefined {
  const names = new Set(conflicts.map(({ name }) => name));
  return names.size === 0 ? undefined : notStarted(`the rules on ${listed([...names])} contradict each other`);
}

function doubts({ unforetold }: Evaluator): StartPrediction | undefined {
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
  const refused = required.filter((name) => subject.refuses(name));
  return refused.length === 0 ? undefined : notStarted(`${options.runtime} needs ${listed(refused)} to start it`);
}
