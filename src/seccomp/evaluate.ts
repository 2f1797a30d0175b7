import type { TreeVariant } from './argument-tree.js';
import { comparisonHolds } from './comparison-holds.js';
import { enosysLimits, isAboveLimit } from './enosys-stub.js';
import { actionOf, BAD_ARCHITECTURE, ENOSYS, filterAction } from './filter-action.js';
import { FILTER_ARCHITECTURES, hasTable, isBigEndian, MULTIPLEXED_CALLS } from './filter-architecture.js';
import type { FilterRule, PlacedRule, PlainRules } from './filter-database.js';
import { FilterDatabase, variantOf } from './filter-database.js';
import type { FilterStart, SyscallOrder } from './filter-program.js';
import { FilterProgram, shapeOf } from './filter-program.js';
import type { Action, Architecture, Profile } from './model.js';
import type { EvaluationRuntime } from './runtime-rules.js';
import { runtimeRules } from './runtime-rules.js';
import {
  isInEveryVersion,
  isKnownTo,
  knownSince,
  LIBSECCOMP_VERSIONS,
  syscallName,
  syscallNumber,
  syscallNumberIn,
} from './syscall-table.js';
import { uncertainCall } from './uncertain-call.js';

export interface Answer {
  /** As the profile spells it: `SCMP_ACT_KILL` where that is what the deciding rule says. */
  readonly action: Action;
  /** What ERRNO returns, what TRACE tells the tracer; null for every other action. */
  readonly errno: number | null;
  /**
   * Index of the rule of the profile that decided; `default` its default action; `stub` runc's ENOSYS stub; `architecture` the
   * end of a call from an architecture that the filter does not have.
   */
  readonly rule: number | 'default' | 'stub' | 'architecture';
  /**
   * The rules of this syscall, when what they do together depends on more than the profile: on the version of libseccomp, or on
   * how the runtime asks it to lay out the filter; `stub` when it depends on the version of runc.
   */
  readonly ambiguous?: readonly (number | 'stub')[];
}

export interface EvaluationOptions {
  /** Default `runc`. */
  readonly runtime?: EvaluationRuntime;
  /** The node's own architecture, which is in every filter even when the profile does not list it. Default x86_64. */
  readonly native?: Architecture;
  /**
   * The version to answer for, see LIBSECCOMP_VERSIONS. By default the newest, and answers on which versions differ for the same
   * rules are ambiguous; names that an older one does not know are not counted as that.
   */
  readonly libseccomp?: string;
}

export interface Evaluator {
  /**
   * What happens to a syscall entered directly, by name or number (`socketcall` and `ipc` under their own names). Missing arguments are 0,
   * present ones count modulo 2^64. Undefined when the architecture has no syscall of that name.
   */
  evaluate(architecture: Architecture, syscall: string | number, args?: readonly bigint[]): Answer | undefined;
  /**
   * What the filter does with a syscall, as text; actions by the label they are given. The same text is the same answer to every call;
   * the reverse does not hold. Undefined where answers are ambiguous whatever the arguments.
   */
  shape(
    architecture: Architecture,
    syscall: string,
    label: (answer: Pick<Answer, 'action' | 'errno'>) => string,
  ): string | undefined;
  /** The architectures the filter has. */
  readonly architectures: readonly Architecture[];
  /** Rules libseccomp refuses because they contradict an earlier one: the runtime does not start the container. */
  readonly conflicts: readonly Conflict[];
  /**
   * Syscalls with whose rules libseccomp comes to no end or uses memory it has given back: the container may not start, and
   * what a filter then does is not known. Answers about these syscalls are ambiguous.
   */
  readonly undefinedBehaviour: readonly UndefinedSyscall[];
  /** For every syscall with ambiguous answers one call that has one; runc's stub aside. Searched for when asked. */
  readonly uncertainCalls: readonly UncertainCall[];
  /** Comparisons of arguments in the filter, over all architectures. */
  readonly comparisons: number;
}

export interface UncertainCall {
  readonly architecture: Architecture;
  readonly name: string;
  readonly args: readonly bigint[];
}

export interface UndefinedSyscall {
  readonly architecture: Architecture;
  readonly name: string;
}

export interface Conflict {
  /** Index of the profile's rule. */
  readonly rule: number;
  readonly name: string;
  /** The architectures on which the contradiction arises. */
  readonly architectures: readonly Architecture[];
}

/** One answer; `compileEvaluator` is the way for many. */
export function evaluate(
  profile: Profile,
  question: { readonly arch: Architecture; readonly syscall: string | number; readonly args?: readonly bigint[] },
  options: EvaluationOptions = {},
): Answer | undefined {
  return compileEvaluator(profile, options).evaluate(question.arch, question.syscall, question.args);
}

/**
 * Builds the filter of a profile as its runtime and libseccomp build it, to ask it any number of questions. Conditions of Docker's format
 * (`includes`, `excludes`, `archMap`) are ignored, as runtimes ignore them: compile the profile to have them honoured.
 */
export function compileEvaluator(profile: Profile, options: EvaluationOptions = {}): Evaluator {
  const runtime = options.runtime ?? 'runc';
  const libseccomp = options.libseccomp ?? LIBSECCOMP_VERSIONS.at(-1) ?? '';
  const native = options.native ?? 'SCMP_ARCH_X86_64';
  const architectures = filterArchitectures(profile, native);
  const defaultAction = filterAction(profile.defaultAction, profile.defaultErrnoRet);
  const rules = runtimeRules(profile, runtime, libseccomp, native);
  const variants =
    options.libseccomp === undefined && dependsOnVariant(rules) ? BOTH_VARIANTS : [variantOf(libseccomp)];
  const [variant = '2.6.1', ...otherVariants] = variants;
  const { plain, others: merged } = splitRules(rules, architectures);
  const made = architectures.map((arch) => new FilterDatabase(arch, libseccomp, variant, plain));
  const conflicts = addRules(made, merged);
  const orders = ordersOf(profile, runtime);
  const filters = [made, ...otherVariants.map((other) => inVariant(made, merged, other))].flatMap((all) =>
    orders.map((order) => filterOf(all, defaultAction, order, libseccomp)),
  );
  const [filter, ...otherFilters] = filters as [Filter, ...Filter[]];
  if (options.libseccomp === undefined)
    for (const older of olderVersions(rules, architectures)) {
      const split = splitRules(runtimeRules(profile, runtime, older, native), architectures);
      const all = architectures.map((arch) => new FilterDatabase(arch, older, undefined, split.plain));
      addRules(all, split.others);
      const ofOlder = orders.map((order) => filterOf(all, defaultAction, order, older));
      filters.push(...ofOlder);
      otherFilters.push(...ofOlder);
    }
  const hasOlder = otherFilters.some((each) => each.libseccomp !== libseccomp);
  const { databases } = filter;
  const limits =
    runtime === 'runc' ? enosysLimits(profile, architectures, libseccomp) : new Map<Architecture, number>();
  const impliedNative = !namesArchitecture(profile, native);

  const badArchitecture: Answer = { ...actionOf(BAD_ARCHITECTURE), rule: 'architecture' };
  const byDefault: Answer = { ...spelt(profile.defaultAction, defaultAction), rule: 'default' };
  const byStub: Answer = { ...actionOf(ENOSYS), rule: 'stub' };
  const byDisputedStub: Answer = { ...byStub, ambiguous: ['stub'] };
  const settled = new Map<Architecture, Map<number, Answer>>(architectures.map((arch) => [arch, new Map()]));

  const stubbed = (asked: Architecture, number: number): Answer | undefined => {
    if (limits.size === 0) return undefined;
    const architecture = isX86Family(asked) ? (hasX32Bit(number) ? 'SCMP_ARCH_X32' : 'SCMP_ARCH_X86_64') : asked;
    if (!isAboveLimit(limits, architecture, number)) return undefined;
    // Before 1.1.15 runc's stub left out a native architecture that the profile does not list.
    return architecture === native && impliedNative && defaultAction !== ENOSYS ? byDisputedStub : byStub;
  };

  /** The other filters that have the syscall: whether a version knows it at all is not what is in doubt. */
  const comparableWith = (architecture: Architecture, number: number): readonly Filter[] => {
    if (!hasOlder) return otherFilters;
    const name = syscallName(architecture, number);
    return otherFilters.filter(
      (each) => each.libseccomp === libseccomp || name === undefined || hasIn(each.libseccomp, architecture, name),
    );
  };

  /** The answer where arguments do not matter. */
  const settle = (database: FilterDatabase, number: number): Answer | undefined => {
    const { architecture } = database;
    const comparable = comparableWith(architecture, number);
    if (
      [filter, ...comparable].some((each) => each.program.isLost(each.databases.get(architecture) ?? database, number))
    )
      return { ...byDefault, ambiguous: overlapping(database.rulesOf(number)) };
    const start = filter.program.start(database, number) ?? defaultAction;
    const isSettled =
      typeof start === 'number' &&
      comparable.every((other) => (startIn(other, architecture, number) ?? defaultAction) === start);
    return isSettled ? attribute(database, number, start, []) : undefined;
  };

  const attribute = (database: FilterDatabase, number: number, returned: number, args: readonly bigint[]): Answer => {
    const rules = database.rulesOf(number);
    const { bits } = FILTER_ARCHITECTURES[database.architecture];
    const same = rules.filter((rule) => rule.action === returned);
    const decided = same.find((rule) => rule.comparisons.every((one) => comparisonHolds(one, args, bits)));
    if (decided === undefined && returned === defaultAction) return byDefault;
    const rule = decided ?? same[0] ?? rules[0];
    if (rule === undefined) return byDefault;
    const named = profile.rules[rule.index]?.action ?? profile.defaultAction;
    return { ...spelt(named, returned), rule: rule.index };
  };

  const uncertainArguments = (database: FilterDatabase, number: number): readonly bigint[] | undefined => {
    const { architecture } = database;
    const always = settle(database, number);
    if (always !== undefined) return always.ambiguous === undefined ? undefined : [];
    const start = startIn(filter, architecture, number) ?? defaultAction;
    const shape = shapeOf(start, String);
    const others = comparableWith(architecture, number)
      .map((other) => startIn(other, architecture, number) ?? defaultAction)
      .filter((other) => shapeOf(other, String) !== shape);
    return others.length > 0 || filter.program.hasDisputes ? uncertainCall(start, others) : undefined;
  };

  function* findUncertain(): Iterable<UncertainCall> {
    if (otherFilters.length === 0 && !filter.program.hasDisputes && !filter.program.hasLost) return;
    for (const [architecture, database] of databases) {
      const all = filters.flatMap((each) => each.databases.get(architecture) ?? []);
      const isForgotten = filters.some(({ program }) => all.some((each) => program.forgets(each)));
      const numbers = new Set(all.flatMap((each) => [...each.numbers(isForgotten)]));
      for (const number of numbers) {
        const name = syscallName(architecture, number);
        if (name === undefined || stubbed(architecture, number) !== undefined) continue;
        const args = uncertainArguments(database, number);
        if (args !== undefined) yield { architecture, name, args };
      }
    }
  }

  return {
    architectures,
    conflicts,
    get uncertainCalls() {
      return [...findUncertain()];
    },
    get undefinedBehaviour() {
      return undefinedIn(filters);
    },
    comparisons: Math.max(...filters.map(({ program }) => program.comparisons)),
    shape(architecture, syscall, label) {
      const database = databases.get(architecture);
      const number = syscallNumber(architecture, syscall);
      if (database === undefined || number === undefined) return undefined;
      const always = stubbed(architecture, number) ?? settle(database, number);
      if (always !== undefined) return always.ambiguous === undefined ? label(always) : undefined;
      const shapes = [filter, ...comparableWith(architecture, number)].map((each) => {
        const start = startIn(each, architecture, number);
        return start === undefined ? '' : shapeOf(start, (returned) => label(actionOf(returned)));
      });
      return shapes.join('\n\n');
    },
    evaluate(asked, syscall, args = []) {
      const number = typeof syscall === 'number' ? syscall >>> 0 : syscallNumber(asked, syscall);
      if (number === undefined) return undefined;
      const stub = stubbed(asked, number);
      if (stub !== undefined) return stub;
      const entered = enteredOn(asked, number);
      // -1 is what a tracer leaves of a call it takes away: libseccomp does not count it as x32.
      const architecture =
        number === 0xffff_ffff && entered === 'SCMP_ARCH_X32' && !databases.has(entered) ? 'SCMP_ARCH_X86_64' : entered;
      const database = databases.get(architecture);
      const known = settled.get(architecture);
      if (database === undefined || known === undefined) return badArchitecture;
      const before = known.get(number);
      if (before !== undefined) return before;
      const always = settle(database, number);
      if (always !== undefined) {
        known.set(number, always);
        return always;
      }
      const returned = filter.program.answer(database, number, args);
      const isDisputed = filter.program.strayed;
      const answer = attribute(database, number, returned, args);
      if (isDisputed) return { ...answer, ambiguous: overlapping(database.rulesOf(number)) };
      for (const other of hasOlder ? comparableWith(architecture, number) : otherFilters) {
        const otherDatabase = other.databases.get(architecture);
        if (otherDatabase !== undefined && other.program.answer(otherDatabase, number, args) !== returned)
          return { ...answer, ambiguous: overlapping(database.rulesOf(number)) };
      }
      return answer;
    },
  };
}

/** x32 and x86_64 are one architecture to the kernel, told apart by the number. */
function enteredOn(asked: Architecture, number: number): Architecture {
  if (!isX86Family(asked)) return asked;
  return number >= X32_BIT ? 'SCMP_ARCH_X32' : 'SCMP_ARCH_X86_64';
}

function isX86Family(architecture: Architecture): boolean {
  return architecture === 'SCMP_ARCH_X86_64' || architecture === 'SCMP_ARCH_X32';
}

/** How runc's stub tells x32 from x86_64: a number without this bit may still be above what libseccomp takes for x32. */
function hasX32Bit(number: number): boolean {
  return (number & X32_BIT) !== 0;
}

const X32_BIT = 0x4000_0000;

/** The native architecture first, then those of the profile that can be in one filter with it and have a table here. */
function filterArchitectures(profile: Profile, native: Architecture): readonly Architecture[] {
  const listed = (profile.architectures ?? []).filter(hasTable);
  const sameOrder = listed.filter((arch) => isBigEndian(arch) === isBigEndian(native));
  return [...new Set([native, ...sameOrder])];
}

function namesArchitecture(profile: Profile, native: Architecture): boolean {
  const listed = profile.architectures ?? [];
  return listed.includes(native) || listed.includes('SCMP_ARCH_NATIVE');
}

/** How the syscalls may be ordered in the filter: runc asks for a binary tree above 32 rules, crun never. */
function ordersOf(profile: Profile, runtime: EvaluationRuntime): readonly SyscallOrder[] {
  const names = profile.rules.reduce((sum, rule) => sum + rule.names.length, 0);
  if (runtime === 'crun' || names <= 32) return ['priority'];
  return runtime === 'runc' ? ['number'] : ['priority', 'number'];
}

/** Sets aside the rules that only need to be looked up. What is left must be merged. */
function splitRules(
  rules: readonly FilterRule[],
  architectures: readonly Architecture[],
): { readonly plain: PlainRules; readonly others: readonly FilterRule[] } {
  const isMultiplexed = architectures.some((arch) => FILTER_ARCHITECTURES[arch].multiplexed);
  const merged = new Set<string>(isMultiplexed ? MULTIPLEXERS : []);
  for (const { name, comparisons } of rules)
    if (comparisons.length > 0 || (isMultiplexed && MULTIPLEXED_CALLS.has(name))) merged.add(name);
  const plain = new Map<string, PlacedRule[]>();
  const others: FilterRule[] = [];
  for (const rule of rules) {
    if (merged.has(rule.name)) {
      others.push(rule);
      continue;
    }
    const known = plain.get(rule.name);
    if (known === undefined) plain.set(rule.name, [rule]);
    else known.push(rule);
  }
  return { plain, others };
}

const MULTIPLEXERS: ReadonlySet<string> = new Set([...MULTIPLEXED_CALLS.values()].map(({ entry }) => entry));

/** Adds every rule to every architecture; a rule that one of them refuses is taken back from all. */
function addRules(databases: readonly FilterDatabase[], rules: readonly FilterRule[]): Conflict[] {
  const conflicts: Conflict[] = [];
  // Mostly architectures differ in the numbers of their syscalls only: what rules come to is found out once for all of a kind.
  const leaders: FilterDatabase[] = [];
  const leaderOf = new Map<FilterDatabase, FilterDatabase>();
  for (const database of databases) {
    const leader = leaders.find((each) => each.isLike(database));
    if (leader === undefined) leaders.push(database);
    else leaderOf.set(database, leader);
  }
  for (const rule of rules) {
    const refused = new Set<FilterDatabase>();
    for (const leader of leaders) if (leader.add(rule) === 'conflict') refused.add(leader);
    if (refused.size === 0) continue;
    for (const leader of leaders) leader.takeBack();
    const refusing = databases.filter((database) => refused.has(leaderOf.get(database) ?? database));
    conflicts.push({
      rule: rule.index,
      name: rule.name,
      architectures: refusing.map(({ architecture }) => architecture),
    });
  }
  for (const [database, leader] of leaderOf) database.follow(leader);
  return conflicts;
}

/** The rules as another version of libseccomp merges them. Only syscalls with conditions need to be done again. */
function inVariant(
  databases: readonly FilterDatabase[],
  rules: readonly FilterRule[],
  variant: TreeVariant,
): readonly FilterDatabase[] {
  const names = new Set<string>();
  const entries = new Set<string>();
  for (const { name, comparisons } of rules) {
    if (comparisons.length > 0) names.add(name);
    const inside = MULTIPLEXED_CALLS.get(name);
    if (inside !== undefined) entries.add(inside.entry);
  }
  // A call on a multiplexer is a condition there, and a conflict on either takes back both.
  for (const { name } of rules) if (entries.has(MULTIPLEXED_CALLS.get(name)?.entry ?? name)) names.add(name);
  for (const entry of entries) names.add(entry);
  const others = databases.map((database) => database.without(names, variant));
  addRules(
    others,
    rules.filter(({ name }) => names.has(name)),
  );
  return others;
}

function undefinedIn(filters: readonly Filter[]): readonly UndefinedSyscall[] {
  const found = new Map<string, UndefinedSyscall>();
  for (const { databases, program } of filters)
    for (const database of databases.values()) {
      const { architecture } = database;
      const numbers = database.layout().trees.map(({ number }) => number);
      for (const key of [...database.lost(), ...numbers.filter((number) => program.isLost(database, number))]) {
        const name = typeof key === 'number' ? (syscallName(architecture, key) ?? String(key)) : key;
        found.set(`${architecture} ${name}`, { architecture, name });
      }
    }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
}

/** One way in which libseccomp may make the filter of a profile. */
interface Filter {
  readonly databases: ReadonlyMap<Architecture, FilterDatabase>;
  readonly program: FilterProgram;
  /** The version whose names it has. */
  readonly libseccomp: string;
}

function filterOf(
  all: readonly FilterDatabase[],
  defaultAction: number,
  order: SyscallOrder,
  libseccomp: string,
): Filter {
  const program = new FilterProgram(all, defaultAction, order);
  return { databases: new Map(all.map((database) => [database.architecture, database])), program, libseccomp };
}

/**
 * The older versions for which the rules on syscalls that they do not know matter to other syscalls: where such a rule has conditions,
 * which shape blocks that are shared, and where an architecture has conditional rules only, of which a foreign syscall may take the first place.
 */
function olderVersions(rules: readonly FilterRule[], architectures: readonly Architecture[]): readonly string[] {
  const newer = [
    ...new Set(rules.filter(({ name }) => knownSince(name) !== LIBSECCOMP_VERSIONS[0]).map(({ name }) => name)),
  ];
  if (newer.length === 0) return [];
  const conditional = new Set<string>();
  const unconditional: string[] = [];
  for (const { name, comparisons } of rules)
    if (comparisons.length > 0) conditional.add(name);
    else unconditional.push(name);
  const isShared = newer.some((name) => conditional.has(name));
  if (!isShared && architectures.every((arch) => unconditional.some((name) => isInEveryVersion(arch, name)))) return [];
  const found = new Map<string, string>();
  for (const version of LIBSECCOMP_VERSIONS.slice(0, -1)) {
    if (!isShared && architectures.every((arch) => unconditional.some((name) => hasIn(version, arch, name)))) continue;
    const missing = newer.flatMap((name) => [
      ...(isKnownTo(version, name) ? [] : [name]),
      ...architectures
        .filter((arch) => syscallNumber(arch, name) !== undefined && !hasIn(version, arch, name))
        .map((arch) => `${name} ${arch}`),
    ]);
    if (missing.length > 0) found.set(missing.join(), version);
  }
  return [...found.values()];
}

function hasIn(version: string, architecture: Architecture, name: string): boolean {
  return syscallNumberIn(version, architecture, name) !== undefined;
}

function startIn({ databases, program }: Filter, architecture: Architecture, number: number): FilterStart | undefined {
  const database = databases.get(architecture);
  return database === undefined ? undefined : program.start(database, number);
}

const BOTH_VARIANTS: readonly TreeVariant[] = ['2.6.1', '2.5'];

/**
 * Whether two rules of one syscall have conditions that are met as soon as the upper word of an argument differs, and different actions:
 * only there the versions of libseccomp differ.
 */
function dependsOnVariant(rules: readonly FilterRule[]): boolean {
  const actions = new Map<string, number>();
  for (const { name, action, comparisons } of rules) {
    if (!comparisons.some(({ operator }) => MET_BY_OTHER_UPPER_WORDS.has(operator))) continue;
    for (const each of [name, MULTIPLEXED_CALLS.get(name)?.entry]) {
      if (each === undefined) continue;
      const known = actions.get(each);
      if (known !== undefined && known !== action) return true;
      actions.set(each, action);
    }
  }
  return false;
}

const MET_BY_OTHER_UPPER_WORDS: ReadonlySet<string> = new Set(['SCMP_CMP_NE', 'SCMP_CMP_LT', 'SCMP_CMP_LE']);

function overlapping(rules: readonly PlacedRule[]): readonly number[] {
  return [...new Set(rules.map((rule) => rule.index))].sort((a, b) => a - b);
}

/** What a filter returns, with the action in the spelling of the profile where that means the same. */
function spelt(named: Action, returned: number): Pick<Answer, 'action' | 'errno'> {
  const meant = actionOf(returned);
  const killsThread = named === 'SCMP_ACT_KILL' && meant.action === 'SCMP_ACT_KILL_THREAD';
  return killsThread ? { action: named, errno: null } : meant;
}
