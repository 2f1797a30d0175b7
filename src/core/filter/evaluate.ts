import { actionOf, BAD_ARCHITECTURE, ENOSYS, filterAction, isRefused } from '../profile/filter-action.js';
import type { Action, Profile } from '../profile/model.js';
import type { Architecture } from '../syscalls/architectures.js';
import {
  enteredOn,
  FILTER_ARCHITECTURES,
  hasTable,
  isBigEndian,
  isX86Family,
  X32_BIT,
} from '../syscalls/filter-architecture.js';
import {
  isKnownTo,
  LIBSECCOMP_VERSIONS,
  syscallName,
  syscallNumber,
  syscallNumberIn,
} from '../syscalls/syscall-table.js';
import { type FilterShape, Hazards } from './ambiguity.js';
import { isMet, widest } from './comparison.js';
import { enosysLimits, isAboveLimit } from './enosys-stub.js';
import type { AmbiguousCall, EvaluationOptions, Evaluator, SyscallAnswer, SyscallPlace } from './evaluator.js';
import { FilterRules, type RuleConflict, type StandingRule } from './filter-rules.js';
import { type Hazard, indices } from './hazard.js';
import { runtimeRules } from './runtime-rules.js';
import { searchAmbiguous } from './search-ambiguous.js';

/** One answer; `compileEvaluator` is the way for many. */
export function evaluate(
  profile: Profile,
  question: { readonly arch: Architecture; readonly syscall: string | number; readonly args?: readonly bigint[] },
  options: EvaluationOptions = {},
): SyscallAnswer | undefined {
  return compileEvaluator(profile, options).evaluate(question.arch, question.syscall, question.args);
}

/**
 * Reads the rules of a profile as its runtime and libseccomp take them in, to answer any number of questions. Conditions of Docker's format
 * (`includes`, `excludes`, `archMap`) are ignored, as runtimes ignore them: compile the profile to have them honoured.
 *
 * It knows what the manual pages say (seccomp(2), seccomp_rule_add(3)) and what was measured of libseccomp from outside, nothing of
 * how libseccomp works inside: where it was ever seen to make something else of rules than they say, the answer is ambiguous.
 */
export function compileEvaluator(profile: Profile, options: EvaluationOptions = {}): Evaluator {
  return new ProfileEvaluator(profile, options);
}

const NO_ARGUMENTS: readonly bigint[] = [0n, 0n, 0n, 0n, 0n, 0n];

type Settled = (args: readonly bigint[]) => SyscallAnswer;

class ProfileEvaluator implements Evaluator {
  readonly architectures: readonly Architecture[];
  readonly rules: FilterRules;
  readonly #profile: Profile;
  readonly #version: string;
  readonly #default: number;
  readonly #byDefault: SyscallAnswer;
  readonly #native: Architecture;
  readonly #impliesNative: boolean;
  readonly #limits: ReadonlyMap<Architecture, number>;
  readonly #hazards: Hazards;
  readonly #answers: ReadonlyMap<Architecture, Map<number, SyscallAnswer | Settled>>;
  readonly #hasBadErrno: boolean;

  constructor(profile: Profile, { runtime = 'runc', native = 'SCMP_ARCH_X86_64', libseccomp }: EvaluationOptions) {
    const version = libseccomp ?? LIBSECCOMP_VERSIONS.at(-1) ?? '';
    this.#version = version;
    this.#profile = profile;
    this.#native = native;
    this.#impliesNative = !namesArchitecture(profile, native);
    this.architectures = filterArchitectures(profile, native);
    this.#default = filterAction(profile.defaultAction, profile.defaultErrnoRet);
    this.#byDefault = { ...spelt(profile.defaultAction, this.#default), rule: 'default' };
    const taken = runtimeRules(profile, runtime, version, native);
    this.rules = new FilterRules(taken, this.architectures, (architecture, name) => this.#has(architecture, name));
    this.#hasBadErrno = hasBadErrno(profile, this.#default, version);
    this.#limits = runtime === 'runc' ? enosysLimits(profile, this.architectures, version) : new Map();
    this.#hazards = new Hazards(
      shapeFor(this.rules, this.architectures, libseccomp === undefined ? LIBSECCOMP_VERSIONS : [version]),
    );
    this.#answers = new Map(this.architectures.map((architecture) => [architecture, new Map()]));
  }

  get conflicts(): readonly RuleConflict[] {
    return this.rules.conflicts;
  }

  get start(): Evaluator['start'] {
    if (this.#hasBadErrno || this.conflicts.length > 0) return 'refused';
    return this.unforetold.length > 0 ? 'not foretold' : 'starts';
  }

  get unforetold(): readonly string[] {
    return [...new Set(this.architectures.flatMap((each) => [...this.rules.unforetold(each)]))].sort();
  }

  hazards(architecture: Architecture, syscall: string): readonly Hazard[] {
    return this.architectures.includes(architecture) ? this.#hazards.of(architecture, syscall) : [];
  }

  *syscalls(): Iterable<SyscallPlace> {
    for (const architecture of this.architectures)
      for (const name of this.rules.names(architecture))
        if (syscallNumber(architecture, name) !== undefined) yield { architecture, name };
  }

  get ambiguousCalls(): readonly AmbiguousCall[] {
    return [...searchAmbiguous(this)];
  }

  evaluate(
    asked: Architecture,
    syscall: string | number,
    args: readonly bigint[] = NO_ARGUMENTS,
  ): SyscallAnswer | undefined {
    const number = typeof syscall === 'number' ? syscall >>> 0 : syscallNumber(asked, syscall);
    if (number === undefined) return undefined;
    const stub = this.#stubbed(asked, number);
    if (stub !== undefined) return stub;
    const entered = enteredOn(asked, number);
    // -1 is what a tracer leaves of a call it takes away: libseccomp does not count it as x32.
    const isTakenAway = number === 0xffff_ffff && entered === 'SCMP_ARCH_X32' && !this.#answers.has(entered);
    const architecture = isTakenAway ? 'SCMP_ARCH_X86_64' : entered;
    const known = this.#answers.get(architecture);
    if (known === undefined) return NOT_IN_FILTER;
    let found = known.get(number);
    if (found === undefined) {
      found = this.#settle(architecture, number);
      known.set(number, found);
    }
    return typeof found === 'function' ? found(args) : found;
  }

  #has(architecture: Architecture, name: string): boolean {
    return syscallNumberIn(this.#version, architecture, name) !== undefined;
  }

  #stubbed(asked: Architecture, number: number): SyscallAnswer | undefined {
    if (this.#limits.size === 0) return undefined;
    const architecture = isX86Family(asked) ? (hasX32Bit(number) ? 'SCMP_ARCH_X32' : 'SCMP_ARCH_X86_64') : asked;
    if (!isAboveLimit(this.#limits, architecture, number)) return undefined;
    // Before 1.1.15 runc's stub left out a native architecture that the profile does not list.
    return architecture === this.#native && this.#impliesNative && this.#default !== ENOSYS ? DISPUTED_STUB : STUB;
  }

  /** The answer where arguments do not matter, else how to find it. */
  #settle(architecture: Architecture, number: number): SyscallAnswer | Settled {
    const name = syscallName(architecture, number);
    const found = name !== undefined && this.#has(architecture, name) ? this.rules.of(architecture, name) : undefined;
    if (name === undefined || found === undefined) return this.#byDefault;
    if (found.kind === 'always') {
      const answer = this.#decidedBy(found.index, found.action);
      const [hazard] = this.#hazards.of(architecture, name);
      return hazard === undefined ? answer : { ...answer, ambiguous: hazard.rules, reason: hazard.reason };
    }
    const { rules } = found;
    const hazards = this.#hazards.of(architecture, name);
    const width = widest(FILTER_ARCHITECTURES[architecture].bits);
    const decided = new Map(rules.map((rule) => [rule, this.#decidedBy(rule.index, rule.action)]));
    const byDefault = this.#byDefault;
    const used = [...new Set(rules.flatMap(({ comparisons }) => comparisons.map(({ argument }) => argument)))];
    const seenOf = (args: readonly bigint[]) => {
      const seen = [...NO_ARGUMENTS];
      for (const argument of used) seen[argument] = (args[argument] ?? 0n) & width;
      return seen;
    };
    const holds = (rule: StandingRule, seen: readonly bigint[]) => rule.comparisons.every((one) => isMet(one, seen));
    if (hazards.length === 0)
      return (args) => {
        const seen = seenOf(args);
        for (const rule of rules) if (holds(rule, seen)) return decided.get(rule) ?? byDefault;
        return byDefault;
      };
    return (args) => {
      const seen = seenOf(args);
      const met = rules.filter((rule) => holds(rule, seen));
      const [first] = met;
      const answer = (first === undefined ? undefined : decided.get(first)) ?? byDefault;
      const hazard = hazards.find((each) => each.concerns(seen, met));
      if (hazard === undefined) return answer;
      const { reason } = hazard;
      return { ...answer, ambiguous: reason === 'overlap' ? indices(met) : hazard.rules, reason };
    };
  }

  #decidedBy(index: number, returned: number): SyscallAnswer {
    return { ...spelt(this.#profile.rules[index]?.action ?? this.#profile.defaultAction, returned), rule: index };
  }
}

const NOT_IN_FILTER: SyscallAnswer = { ...actionOf(BAD_ARCHITECTURE), rule: 'architecture' };
const STUB: SyscallAnswer = { ...actionOf(ENOSYS), rule: 'stub' };
const DISPUTED_STUB: SyscallAnswer = { ...STUB, ambiguous: ['stub'], reason: 'stub' };

function shapeFor(
  rules: FilterRules,
  architectures: readonly Architecture[],
  versions: readonly string[],
): FilterShape {
  const hasIn = (version: string, architecture: Architecture, name: string) =>
    syscallNumberIn(version, architecture, name) !== undefined;
  return {
    rules,
    architectures,
    exists: (architecture, name) => versions.every((version) => hasIn(version, architecture, name)),
    isForeign: (architecture, name) =>
      versions.some((version) => isKnownTo(version, name) && !hasIn(version, architecture, name)),
  };
}

/** libseccomp refuses a rule with such an errno; a rule that does what the default does never comes to it. */
function hasBadErrno(profile: Profile, byDefault: number, libseccomp: string): boolean {
  return profile.rules.some(({ action, errnoRet, names }) => {
    const returned = filterAction(action, errnoRet);
    return returned !== byDefault && isRefused(returned) && names.some((name) => isKnownTo(libseccomp, name));
  });
}

/** How runc's stub tells x32 from x86_64: a number without this bit may still be above what libseccomp takes for x32. */
function hasX32Bit(number: number): boolean {
  return (number & X32_BIT) !== 0;
}

/** The native architecture first, then those of the profile that can be in one filter with it and have a table here. */
function filterArchitectures(profile: Profile, native: Architecture): readonly Architecture[] {
  const listed = (profile.architectures ?? []).filter(hasTable);
  const sameOrder = listed.filter((architecture) => isBigEndian(architecture) === isBigEndian(native));
  return [...new Set([native, ...sameOrder])];
}

function namesArchitecture(profile: Profile, native: Architecture): boolean {
  const listed = profile.architectures ?? [];
  return listed.includes(native) || listed.includes('SCMP_ARCH_NATIVE');
}

/** What a filter returns, with the action in the spelling of the profile where that means the same. */
function spelt(named: Action, returned: number): Pick<SyscallAnswer, 'action' | 'errno'> {
  const meant = actionOf(returned);
  const killsThread = named === 'SCMP_ACT_KILL' && meant.action === 'SCMP_ACT_KILL_THREAD';
  return killsThread ? { action: named, errno: null } : meant;
}
