import { AMBIGUITY_WORDS } from '../filter/ambiguity-words.js';
import type { Evaluator } from '../filter/evaluator.js';
import type { Problem } from '../problem/problem.js';
import { normalCapabilities, resolveConditions } from '../profile/conditions.js';
import type { Profile, Rule } from '../profile/model.js';
import type { Architecture } from '../syscalls/architectures.js';
import { ARCHITECTURES } from '../syscalls/architectures.js';
import { errnoName, MAX_ERRNO } from '../syscalls/errno-names.js';
import { syscallNames } from '../syscalls/syscall-table.js';
import { byNumber, listed } from '../text/words.js';
import { type AmbiguousSyscall, ambiguousSyscalls, evaluatorOf } from './ambiguous-syscalls.js';
import { addAnchor } from './anchor.js';
import { compiledArchitectures } from './architectures.js';
import { classVerdicts } from './class-verdicts.js';
import { ENOSYS_OUTCOME } from './clone3.js';
import { holdsAlways, lostRefusals } from './lost-refusals.js';
import type { VerdictTable } from './verdicts.js';
import { type ActionOutcome, isLetThrough, outcomeOf, sameOutcome, type Verdict, verdictsOf } from './verdicts.js';

export interface TableOptions {
  readonly architecture: Architecture;
  readonly capabilities: readonly string[];
  readonly kernel: string;
  readonly runtime?: 'runc' | 'crun';
  readonly runtimeVersion?: string;
  readonly allowPrivilegeEscalation?: boolean;
}

/** Syscalls that x86 and s390 also enter through one multiplexer: libseccomp makes a rule on the multiplexer for each of them. */
const MULTIPLEXERS: Readonly<Record<string, readonly string[]>> = {
  socketcall: (
    'accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg recvmsg send sendmmsg ' +
    'sendmsg sendto setsockopt shutdown socket socketpair'
  ).split(' '),
  ipc: 'msgctl msgget msgrcv msgsnd semctl semget semop semtimedop shmat shmctl shmdt shmget'.split(' '),
};

/** Resolves everything that a runtime would not: what is left means the same under runc and crun. Undefined with an error among the problems. */
export function verdictTable(
  profile: Profile,
  options: TableOptions,
): { readonly table: VerdictTable | undefined; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const rules = resolveConditions(profile, {
    architecture: options.architecture,
    capabilities: normalCapabilities(options.capabilities),
    kernel: options.kernel,
  });
  const defaultOutcome = outcomeOf(profile.defaultAction, profile.defaultErrnoRet);
  const verdicts = verdictsOf(rules, defaultOutcome);
  problems.push(...unusable(profile, rules));
  for (const { name, outcomes } of verdicts.conflicts) {
    problems.push({
      code: 'PC01',
      severity: 'error',
      message: `two rules give ${name} ${describeOutcome(outcomes[0])} and ${describeOutcome(outcomes[1])} under the same conditions: no runtime starts a container with this profile`,
      advice: 'Keep one of the two rules.',
    });
  }
  for (const { name, outcome, winner } of verdicts.shadowed) {
    problems.push({
      code: 'PC02',
      severity: 'warning',
      message: `the rule that gives ${name} ${describeOutcome(outcome)} never decides, because a rule without conditions gives it ${describeOutcome(winner)}; it is left out`,
      advice: 'Remove the rule that is not meant.',
    });
  }
  for (const { names, args } of rules) {
    if (args.length === 0 || names.length === 0 || !holdsAlways(args)) continue;
    problems.push({
      code: 'PC16',
      severity: 'warning',
      message: `the conditions of the rule on ${listed(names, 5)} compare nothing (their mask is 0): it matches every call`,
      advice: 'SCMP_CMP_MASKED_EQ has the mask in "value", and what the masked argument must be in "valueTwo".',
    });
  }
  for (const { rule, names, by, always } of lostRefusals(rules, defaultOutcome)) {
    const [refusal, passing] = [rules[rule], rules[by]];
    if (refusal === undefined || passing === undefined) continue;
    problems.push({
      code: 'PC02',
      severity: 'warning',
      message: `the rule that gives ${listed(names.map((i) => refusal.names[i] ?? ''))} ${describeOutcome(defaultOutcome)} does what the default does and is left out, and a rule ${
        always ? 'without conditions' : 'whose conditions the same calls can meet'
      } gives ${byNumber(names.length, 'it', 'them')} ${describeOutcome(outcomeOf(passing.action, passing.errnoRet))}`,
      advice: 'Remove the rule that is not meant, or narrow the one that lets through.',
    });
  }
  if (problems.some((problem) => problem.severity === 'error')) return { table: undefined, problems };

  const architectures = compiledArchitectures(profile, options.architecture);
  if (architectures.nativeMissing) {
    problems.push({
      code: 'PC08',
      severity: 'warning',
      message: `the profile does not list ${options.architecture}; runtimes filter it with the same rules, and so does the compiled profile`,
      advice: `Add "${options.architecture}" to "architectures".`,
    });
  }
  if (architectures.added.length > 0 && profile.architectures !== undefined) {
    problems.push({
      code: 'PC09',
      severity: 'info',
      message: `${architectures.added.join(' and ')} added: callers of these ABIs get the same rules instead of being killed`,
      advice: 'To keep an ABI out, give the architecture an "archMap" entry without it.',
    });
  }

  const { byName, problems: ofClass } = classVerdicts(verdicts.byName, defaultOutcome, architectures.names, options);
  problems.push(...ofClass);
  addAnchor(byName, architectures.names);
  const portable = portableDefault(byName, defaultOutcome, architectures.names);
  problems.push(...portable.problems);
  const table = { defaultOutcome: portable.defaultOutcome, byName, architectures: architectures.names };
  const written = evaluatorOf(table, options.architecture);
  const startable =
    written.conflicts.length === 0
      ? { table, problems: [] }
      : withoutConflicts(table, written.conflicts, architectures.added, options.architecture);
  problems.push(...startable.problems);
  if (startable.table === undefined) return { table: undefined, problems };
  const evaluator = startable.table === table ? written : evaluatorOf(startable.table, options.architecture);
  const ambiguous = ambiguousSyscalls(evaluator);
  if (ambiguous.length === 0) return { table: startable.table, problems };
  return { table: undefined, problems: [...problems, ...ambiguous.map(uncertain)] };
}

function uncertain({ name, reason }: AmbiguousSyscall): Problem {
  const { why, fix } = AMBIGUITY_WORDS[reason];
  return {
    code: 'PC14',
    severity: 'error',
    message: `there are calls of ${name} of which it is not certain what libseccomp makes: for each, ${why}`,
    advice: fix,
  };
}

/**
 * Rules that contradict each other stop the container. Where that is so only on a sub-architecture that was
 * added, it is left out again; elsewhere the profile is refused.
 */
function withoutConflicts(
  table: VerdictTable,
  conflicts: Evaluator['conflicts'],
  added: readonly string[],
  native: Architecture,
): { readonly table: VerdictTable | undefined; readonly problems: readonly Problem[] } {
  const left = table.architectures.filter(
    (name) =>
      !added.includes(name) || !conflicts.some(({ architectures }) => architectures.some((each) => each === name)),
  );
  const names = [...new Set(conflicts.map(({ name }) => name))].sort().join(', ');
  if (
    left.length < table.architectures.length &&
    evaluatorOf({ ...table, architectures: left }, native).conflicts.length === 0
  ) {
    const problem: Problem = {
      code: 'PC13',
      severity: 'warning',
      message: `${table.architectures.filter((name) => !left.includes(name)).join(' and ')} left out, callers of that ABI are killed: there the rules on ${names} contradict each other`,
      advice: 'Rewrite the rules so that no two of them can match the same call with different actions.',
    };
    return { table: { ...table, architectures: left }, problems: [problem] };
  }
  const problem: Problem = {
    code: 'PC01',
    severity: 'error',
    message: `the rules on ${names} contradict each other: no runtime starts a container with this profile`,
    advice: 'Rewrite them so that no two of them can match the same call with different actions.',
  };
  return { table: undefined, problems: [problem] };
}

function describeOutcome(outcome: ActionOutcome): string {
  if (outcome.errno === undefined) return outcome.action;
  return outcome.action === 'SCMP_ACT_ERRNO'
    ? `${outcome.action} (${errnoName(outcome.errno) ?? outcome.errno})`
    : `${outcome.action} (${outcome.errno})`;
}

/**
 * A program that meets a syscall newer than the profile must be able to fall back, which it does on ENOSYS only. So an ERRNO
 * default becomes ENOSYS, and every syscall that has a name today and is refused gets the profile's own errno in a rule.
 */
function portableDefault(
  byName: Map<string, Verdict>,
  defaultOutcome: ActionOutcome,
  architectures: readonly string[],
): { readonly defaultOutcome: ActionOutcome; readonly problems: readonly Problem[] } {
  if (
    defaultOutcome.action !== 'SCMP_ACT_ERRNO' ||
    defaultOutcome.errno === 0 ||
    sameOutcome(defaultOutcome, ENOSYS_OUTCOME)
  ) {
    return { defaultOutcome, problems: [] };
  }
  for (const [name, verdict] of byName) {
    // A runtime skips a rule whose action is the default: another rule on the same argument could then answer in its place.
    if (verdict.kind === 'when' && verdict.rules.some((rule) => sameOutcome(rule.outcome, ENOSYS_OUTCOME))) {
      const problem: Problem = {
        code: 'PC10',
        severity: 'info',
        message: `unknown syscalls get ${describeOutcome(defaultOutcome)}, not ENOSYS, because a rule with conditions gives ${name} ENOSYS`,
        advice:
          'Use another errno in that rule, so that programs can fall back when a syscall is newer than the profile.',
      };
      return { defaultOutcome, problems: [problem] };
    }
  }
  const silent = new Set(Object.keys(MULTIPLEXERS));
  for (const [multiplexer, members] of Object.entries(MULTIPLEXERS)) {
    if (byName.get(multiplexer)?.kind === 'when') for (const member of members) silent.add(member);
  }
  for (const architecture of ARCHITECTURES) {
    if (!architectures.includes(architecture)) continue;
    for (const name of syscallNames(architecture)) {
      if (!byName.has(name) && !silent.has(name)) byName.set(name, { kind: 'always', outcome: defaultOutcome });
    }
  }
  return { defaultOutcome: ENOSYS_OUTCOME, problems: [] };
}

function unusable(profile: Profile, rules: readonly Rule[]): readonly Problem[] {
  const problems: Problem[] = [];
  const error = (code: string, message: string, advice: string) =>
    problems.push({ code, severity: 'error', message, advice });
  if (profile.baseProfileName !== undefined) {
    error(
      'PC11',
      `the rules of the base profile "${profile.baseProfileName}" are not in this document`,
      'Merge the base profile into this one first (seccomply profile merge).',
    );
  }
  if (profile.defaultAction === 'SCMP_ACT_NOTIFY') {
    error('PC03', 'SCMP_ACT_NOTIFY as the default action: runc refuses to start the container', 'Name the syscalls.');
  }
  const notify = rules.filter((rule) => rule.action === 'SCMP_ACT_NOTIFY');
  if (notify.length > 0 && profile.listenerPath === undefined) {
    error(
      'PC03',
      'SCMP_ACT_NOTIFY without "listenerPath": runc refuses to start the container, under crun the call gets ENOSYS',
      'Give "listenerPath", or use SCMP_ACT_ERRNO with errnoRet 38.',
    );
  }
  if (notify.some((rule) => rule.names.includes('write'))) {
    error('PC03', 'SCMP_ACT_NOTIFY on write: runc refuses to start the container', 'Leave write out of the rule.');
  }
  const byDefault = { action: profile.defaultAction, errnoRet: profile.defaultErrnoRet, names: undefined };
  for (const { action, errnoRet, names } of [byDefault, ...rules]) {
    if (action !== 'SCMP_ACT_ERRNO' || errnoRet === undefined || errnoRet <= MAX_ERRNO || names?.length === 0) continue;
    error(
      'PC15',
      `${names === undefined ? '"defaultErrnoRet"' : `the "errnoRet" of the rule on ${listed(names, 5)}`} is ${errnoRet}, and there is no such error number: no runtime starts a container with this profile`,
      `Give an error number up to ${MAX_ERRNO}, for example 1 (EPERM).`,
    );
  }
  return problems;
}

/** Whether every call of the syscall gets through, whatever its arguments. */
export function alwaysPasses(verdict: Verdict | undefined, defaultOutcome: ActionOutcome): boolean {
  if (verdict === undefined) return isLetThrough(defaultOutcome);
  if (verdict.kind === 'always') return isLetThrough(verdict.outcome);
  return isLetThrough(defaultOutcome) && verdict.rules.every((rule) => isLetThrough(rule.outcome));
}
