import { memberOf, type ObjectNode } from '../document/document-node.js';
import { compileEvaluator } from '../filter/evaluate.js';
import type { Evaluator } from '../filter/evaluator.js';
import { areTakenAlike } from '../filter/runtime-rules.js';
import { asCrioReads } from '../profile/as-crio-reads.js';
import { asksListener, listenerRefusal } from '../profile/listener.js';
import type { Profile } from '../profile/model.js';
import type { ParsedProfile } from '../profile/read/parsed-profile.js';
import { plainVersion, startNeeds, versionsWhere } from '../profile/runtime-base.js';
import { profileOfDocument } from '../profile/runtime-read/profile-of-document.js';
import { readAsCrun } from '../profile/runtime-read/read-as-crun.js';
import { readAsRunc } from '../profile/runtime-read/read-as-runc.js';
import { isUnknownArchitecture } from '../profile/unknown-architecture.js';
import type { Architecture } from '../syscalls/architectures.js';
import { MAX_ERRNO } from '../syscalls/errno-names.js';
import { isBigEndian } from '../syscalls/filter-architecture.js';
import { compareVersions, isKnownTo, LIBSECCOMP_VERSIONS } from '../syscalls/syscall-table.js';
import { listed } from '../text/words.js';
import { crioRefusal } from './crio-refusal.js';
import { allowsNothing } from './subject/allows-nothing.js';
import { LintSubject } from './subject/lint-subject.js';
import { refusedCalls } from './subject/refused-calls.js';

/** What becomes of a container whose runtime reads this file. */
export interface StartPrediction {
  /** `not foretold`: that hangs on what is not known here, which `because` says. `not always started`: on a race inside of the runtime. */
  readonly outcome: 'filtered' | 'unconfined' | 'not started' | 'not always started' | 'hangs' | 'not foretold';
  /** Why, where it is not `filtered`. */
  readonly because?: string;
}

export interface StartOptions {
  readonly runtime: 'runc' | 'crun';
  /** Absent: any version; what one of them refuses is taken as refused. */
  readonly runtimeVersion?: string;
  /** The node's own; default x86_64. */
  readonly architecture?: Architecture;
  /** The node's library. Absent: any version. */
  readonly libseccomp?: string;
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
  if (options.reading === 'crio') return throughCrio(parsed, options);
  const isRunc = options.runtime === 'runc';
  for (const problem of parsed.problems) {
    if (problem.code !== 'SP001') continue;
    const kind = parsed.details.get(problem)?.kind;
    if (kind === 'beyond-limits') return { outcome: 'not foretold', because: problem.message };
    if (kind === undefined || isRunc) return notStarted('it is not JSON');
  }
  if (parsed.root === undefined) return notStarted('it is not JSON');
  if (!isRunc && parsed.mayBeNotUtf8)
    return { outcome: 'not foretold', because: 'crun refuses bytes that are not UTF-8, and U+FFFD may stand for some' };
  const { root, refusals } = isRunc ? readAsRunc(parsed.root) : readAsCrun(parsed.root);
  if (refusals[0] !== undefined) return notStarted(refusals[0]);
  if (root === undefined) return { outcome: 'unconfined', because: `${options.runtime} takes it for no profile` };
  if (isRunc && isEmpty(root))
    return { outcome: 'unconfined', because: 'without a default action and rules runc takes it for no profile' };
  const { profile, refused } = profileOfDocument(root, options.runtime);
  if (profile === undefined) return notStarted(refused);
  return byMeaning(parsed, profile, options) ?? { outcome: 'filtered' };
}

function notStarted(because: string): StartPrediction {
  return { outcome: 'not started', because };
}

/** What becomes of it where CRI-O reads the file and hands the runtime what it makes of it. */
function throughCrio(parsed: ParsedProfile, options: StartOptions): StartPrediction {
  const refusal = crioRefusal(parsed);
  const written = parsed.profile ?? parsed.partial;
  if (refusal !== undefined || written === undefined) return refusal ?? { outcome: 'filtered' };
  const { architecture = 'SCMP_ARCH_X86_64', capabilities = [] } = options;
  const profile = asCrioReads(written, { architecture, capabilities });
  if (profile.architectures?.includes('SCMP_ARCH_NATIVE')) return notStarted('runtimes do not know SCMP_ARCH_NATIVE');
  return byMeaning(parsed, profile, options) ?? { outcome: 'filtered' };
}

function isEmpty(root: ObjectNode): boolean {
  const action = memberOf(root, 'defaultAction')?.value;
  const rules = memberOf(root, 'syscalls')?.value;
  return (
    (action === undefined || (action.kind === 'string' && action.value === '')) &&
    (rules === undefined || (rules.kind === 'array' && rules.items.length === 0))
  );
}

/** What follows from what the rules mean to the runtime. */
function byMeaning(parsed: ParsedProfile, profile: Profile, options: StartOptions): StartPrediction | undefined {
  const native = options.architecture ?? 'SCMP_ARCH_X86_64';
  const subject = new LintSubject(parsed, profile, { architecture: native }, 0);
  const evaluator = areTakenAlike(subject.plain.rules)
    ? subject.evaluator
    : compileEvaluator(subject.plain, { runtime: options.runtime, native, libseccomp: subject.libseccomp });
  return (
    architectures(profile, native, options) ??
    emptyNames(profile, options) ??
    errnos(profile, options) ??
    flags(profile, options) ??
    notify(profile, options) ??
    contradictions(evaluator) ??
    runtimeNeeds(subject, options) ??
    listener(profile, options) ??
    doubts(evaluator)
  );
}

function architectures(profile: Profile, native: Architecture, options: StartOptions): StartPrediction | undefined {
  const { libseccomp } = options;
  const names = profile.architectures ?? [];
  const foreign = names.find((name) => isBigEndian(name) !== isBigEndian(native));
  if (foreign !== undefined) return notStarted(`${foreign} has another byte order than the node`);
  const unknown = names.find((name) => isUnknownArchitecture(name, options));
  if (unknown !== undefined) return notStarted(`${options.runtime} does not know ${unknown}`);
  const isNew = names.find((name) => /_(?:LOONGARCH64|M68K|SH|SHEB)$/.test(name) && name !== native);
  if (isNew === undefined || (libseccomp !== undefined && compareVersions(libseccomp, '2.6') >= 0)) return undefined;
  return libseccomp === undefined
    ? { outcome: 'not foretold', because: `libseccomp before 2.6 does not know ${isNew}` }
    : notStarted(`libseccomp ${libseccomp} does not know ${isNew}`);
}

function emptyNames({ rules }: Profile, { runtime }: StartOptions): StartPrediction | undefined {
  return runtime === 'runc' && rules.some(({ names }) => names.includes(''))
    ? notStarted('a syscall name is empty')
    : undefined;
}

/** libseccomp is asked about the names that it knows. */
function errnos(
  { defaultAction, defaultErrnoRet, rules }: Profile,
  { runtime }: StartOptions,
): StartPrediction | undefined {
  const newest = LIBSECCOMP_VERSIONS.at(-1) ?? '';
  const all = [{ action: defaultAction, errnoRet: defaultErrnoRet, names: undefined }, ...rules];
  for (const { action, errnoRet, names } of all) {
    if (errnoRet === undefined) continue;
    const isAsked = names === undefined || names.some((name) => isKnownTo(newest, name));
    if (isAsked && action === 'SCMP_ACT_ERRNO' && errnoRet > MAX_ERRNO)
      return notStarted(`there is no error number ${errnoRet}`);
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

/** crun connects to it at any rate, runc where a rule is for it. */
function listener(profile: Profile, { runtime }: StartOptions): StartPrediction | undefined {
  if (profile.listenerPath === undefined || (runtime === 'runc' && !asksListener(profile))) return undefined;
  return { outcome: 'not foretold', because: `it only starts while something listens at ${profile.listenerPath}` };
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
  const { runtime, runtimeVersion, allowPrivilegeEscalation = true } = options;
  const needsOf = (version: string | undefined) =>
    startNeeds({
      runtime,
      ...(version === undefined ? {} : { runtimeVersion: version }),
      allowPrivilegeEscalation,
      architecture: subject.native,
    });
  const needs = needsOf(runtimeVersion);
  const { fatal, sometimes, unknown, endsThread } = refusedCalls(subject, needs);
  if (fatal.length > 0 && endsThread && runtime === 'runc')
    return { outcome: 'hangs', because: 'every thread of the runtime that makes a refused syscall is killed' };
  if (allowsNothing(subject)) return notStarted('no syscall at all is let through');
  if (fatal.length > 0) {
    const isFatal = (version: string) => refusedCalls(subject, needsOf(version)).fatal.length > 0;
    const versions = runtimeVersion === undefined ? versionsWhere(runtime, isFatal) : '';
    return notStarted(`${runtime}${versions} needs ${listed(fatal)} to start it`);
  }
  if (unknown.length > 0)
    return {
      outcome: 'not foretold',
      because: `${runtime} makes ${listed(unknown)}, which the rules answer by arguments or with a pretended success`,
    };
  if (sometimes.length === 0) return undefined;
  return { outcome: 'not always started', because: `${runtime} needs ${listed(sometimes)} now and then` };
}
