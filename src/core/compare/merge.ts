import { addAnchor } from '../compile/anchor.js';
import { rulesOf } from '../compile/rules.js';
import type { ActionOutcome, ConditionalRule, Verdict } from '../compile/verdicts.js';
import { conditionsKey, isLetThrough, outcomeOf, sameOutcome, verdictsOf } from '../compile/verdicts.js';
import { type CallSet, findCall } from '../filter/call-set.js';
import { type NodeTarget, plainProfile } from '../outcomes/node-target.js';
import type { SyscallDecision, SyscallDecisions } from '../outcomes/syscall-decisions.js';
import { callsWith, decisionFor, decisionsOf } from '../outcomes/syscall-decisions.js';
import type { Problem } from '../problem/problem.js';
import type { Action, Profile } from '../profile/model.js';
import type { Architecture } from '../syscalls/architectures.js';
import { FILTER_ARCHITECTURES, hasTable } from '../syscalls/filter-architecture.js';
import { sameDecision } from './compare.js';
import type { Box, Width } from './condition-boxes.js';
import { asMaskedEqualities, complementOf, intersectionOf, unionOf, withoutRedundant } from './condition-boxes.js';

export type MergeMode = 'union' | 'intersection';

export interface Merged {
  /** Plain OCI; undefined with an error among the problems. */
  readonly profile: Profile | undefined;
  readonly problems: readonly Problem[];
}

/**
 * One profile of several: `union` lets through exactly what some of them does, `intersection` exactly what all of them do, on every
 * architecture of the result and for every argument; proven for each result before it is given out. What cannot be said in a
 * profile is refused with a problem, never rounded. Where they let through or refuse in different ways, `union` takes the milder
 * action and `intersection` the harder one; the same bytes come out whatever the order of the profiles.
 *
 * Conditions of Docker's format are resolved first, for the given node and capabilities.
 */
export function mergeProfiles(profiles: readonly Profile[], mode: MergeMode, setting: NodeTarget): Merged {
  const plain = profiles.map((profile) => withoutBase(plainProfile(profile, setting)));
  const [first, ...others] = plain.sort((a, b) => (text(a) < text(b) ? -1 : 1));
  if (first === undefined)
    return { profile: undefined, problems: [problem('PM01', 'there is no profile to merge', 'Give two or more.')] };
  // A profile on its own comes out in the same form as a merged one.
  let result = mergeTwo(first, others[0] ?? first, mode, setting);
  for (const other of others.slice(1)) {
    if (result.profile === undefined) return result;
    const next = mergeTwo(result.profile, other, mode, setting);
    result = { profile: next.profile, problems: [...result.problems, ...next.problems] };
  }
  return result;
}

function withoutBase({ baseProfileName: _, ...profile }: Profile): Profile {
  return profile;
}

function text(profile: Profile): string {
  return JSON.stringify(profile, (_, value) => (typeof value === 'bigint' ? String(value) : value));
}

function mergeTwo(a: Profile, b: Profile, mode: MergeMode, setting: NodeTarget): Merged {
  const problems: Problem[] = [];
  const architectures = commonArchitectures(a, b, setting.architecture);
  if (architectures.left.length > 0)
    problems.push(
      leftOut(architectures.left, 'not all of the profiles have it', 'Give all profiles the same "architectures".'),
    );
  const width = { has32Bit: architectures.names.some(is32Bit) };
  const ofA = verdictsOf(a.rules, outcomeOf(a.defaultAction, a.defaultErrnoRet));
  const ofB = verdictsOf(b.rules, outcomeOf(b.defaultAction, b.defaultErrnoRet));
  for (const { name } of [...ofA.conflicts, ...ofB.conflicts])
    problems.push(
      problem(
        'PM02',
        `two rules of one profile contradict each other on ${name}: no runtime starts a container with it`,
        'Mend that profile first (seccomply profile lint).',
      ),
    );
  const listenerPath = a.listenerPath ?? b.listenerPath;
  if (a.listenerPath !== undefined && b.listenerPath !== undefined && a.listenerPath !== b.listenerPath)
    problems.push(
      problem('PM03', 'the profiles have different listeners', 'A profile can have one "listenerPath" only.'),
    );
  if (problems.some((each) => each.severity === 'error')) return { profile: undefined, problems };

  const defaults = {
    a: outcomeOf(a.defaultAction, a.defaultErrnoRet),
    b: outcomeOf(b.defaultAction, b.defaultErrnoRet),
  };
  const defaultOutcome = chosen(defaults.a, defaults.b, mode);
  const byName = new Map<string, Verdict>();
  for (const name of [...new Set([...ofA.byName.keys(), ...ofB.byName.keys()])].sort()) {
    const verdict = mergeVerdicts(
      { verdict: ofA.byName.get(name), otherwise: defaults.a },
      { verdict: ofB.byName.get(name), otherwise: defaults.b },
      { mode, defaultOutcome, width },
    );
    if (verdict === undefined) problems.push(inexpressible(name));
    else if (verdict !== 'default') byName.set(name, verdict);
  }
  if (problems.some((each) => each.severity === 'error')) return { profile: undefined, problems };

  if (!isLetThrough(defaultOutcome)) addAnchor(byName, architectures.names, defaultOutcome);
  const flags = (a.flags ?? []).filter((flag) => b.flags?.includes(flag)).sort();
  const draft = (names: readonly string[] | undefined): Profile => {
    const rules = rulesOf({ byName, defaultOutcome, architectures: [] });
    const notifies = rules.some((rule) => rule.action === 'SCMP_ACT_NOTIFY');
    const metadata = a.listenerPath === undefined ? b.listenerMetadata : a.listenerMetadata;
    return {
      defaultAction: defaultOutcome.action,
      ...(defaultOutcome.errno === undefined ? {} : { defaultErrnoRet: defaultOutcome.errno }),
      ...(names === undefined ? {} : { architectures: names }),
      ...(flags.length === 0 ? {} : { flags }),
      ...(notifies && listenerPath !== undefined ? { listenerPath } : {}),
      ...(notifies && metadata !== undefined ? { listenerMetadata: metadata } : {}),
      rules,
    };
  };
  return proven(draft, architectures.listed, { a, b, mode, setting }, problems);
}

/** Leaves out the ABIs on which the draft is not exact; refuses it when the node's own is one of them. */
function proven(
  draft: (names: readonly string[] | undefined) => Profile,
  listed: readonly string[] | undefined,
  {
    a,
    b,
    mode,
    setting,
  }: { readonly a: Profile; readonly b: Profile; readonly mode: MergeMode; readonly setting: NodeTarget },
  problems: readonly Problem[],
): Merged {
  const profile = draft(listed);
  const names = new Set<Architecture>([setting.architecture, ...(listed ?? []).filter(hasTable)]);
  const wrong = new Map<Architecture, string>();
  for (const architecture of names) {
    const syscall = firstDifference([profile, a, b], mode, architecture);
    if (syscall !== undefined) wrong.set(architecture, syscall);
  }
  if (wrong.size === 0) return { profile, problems };
  const native = wrong.get(setting.architecture);
  if (native !== undefined || listed === undefined)
    return { profile: undefined, problems: [...problems, inexpressible(native ?? [...wrong.values()][0] ?? '')] };
  const kept = listed.filter((name) => !hasTable(name) || !wrong.has(name));
  const why = `there the rules on ${[...new Set(wrong.values())].sort().join(', ')} cannot be merged exactly`;
  return { profile: draft(kept), problems: [...problems, leftOut([...wrong.keys()], why, SIMPLER)] };
}

/** A syscall on which the result is wider or narrower than it must be. */
function firstDifference(
  profiles: readonly [result: Profile, a: Profile, b: Profile],
  mode: MergeMode,
  architecture: Architecture,
): string | undefined {
  const [made, left, right] = profiles.map((profile) => decisionsOf(profile, architecture)) as [
    SyscallDecisions,
    SyscallDecisions,
    SyscallDecisions,
  ];
  if (made.contradictory) return 'some syscall';
  const names = new Set([made, left, right].flatMap(({ byName }) => [...byName.keys()]));
  return [...names].sort().find((name) => !isExact(name, { made, left, right }, mode));
}

function isExact(
  name: string,
  {
    made,
    left,
    right,
  }: { readonly made: SyscallDecisions; readonly left: SyscallDecisions; readonly right: SyscallDecisions },
  mode: MergeMode,
): boolean {
  const sets = (decisions: SyscallDecisions) => {
    const decision = decisionFor(decisions, name);
    return {
      decision,
      through: callsWith(decision, isLetThrough),
      refused: callsWith(decision, (outcome: ActionOutcome) => !isLetThrough(outcome)),
    };
  };
  const [m, l, r] = [sets(made), sets(left), sets(right)];
  // Rules of which it is not certain what libseccomp makes are only passed on where both sides have them.
  if (isUncertain(m.decision)) return [l, r].every((each) => sameDecision(each.decision, m.decision));
  if (isUncertain(l.decision) || isUncertain(r.decision)) {
    const whole = mode === 'union' ? m.refused.length === 0 : m.through.length === 0;
    return whole && [l, r].some((each) => (mode === 'union' ? each.refused : each.through).length === 0);
  }
  const { bits } = made;
  if (mode === 'union')
    return (
      apart([m.through, l.refused, r.refused], bits) &&
      apart([l.through, m.refused], bits) &&
      apart([r.through, m.refused], bits)
    );
  return (
    apart([m.refused, l.through, r.through], bits) &&
    apart([l.refused, m.through], bits) &&
    apart([r.refused, m.through], bits)
  );
}

function isUncertain(decision: SyscallDecision): boolean {
  return decision.kind === 'when' && !decision.certain;
}

/** Whether no call is in one of each of these lists of sets. */
function apart(lists: readonly (readonly CallSet[])[], bits: 32 | 64): boolean {
  const [first, ...rest] = lists;
  if (first === undefined) return false;
  const combined = rest.reduce<readonly (readonly CallSet[])[]>(
    (sofar, list) => sofar.flatMap((each) => list.map((set) => [...each, set])),
    first.map((set) => [set]),
  );
  return combined.every((sets) => findCall(sets, bits).kind === 'none');
}

interface Said {
  readonly verdict: Verdict | undefined;
  readonly otherwise: ActionOutcome;
}

interface Frame {
  readonly mode: MergeMode;
  readonly defaultOutcome: ActionOutcome;
  readonly width: Width;
}

/** `default`: no rule is needed. Undefined: rules cannot say it. */
function mergeVerdicts(a: Said, b: Said, frame: Frame): Verdict | 'default' | undefined {
  const { mode, defaultOutcome } = frame;
  const [one, other] = [a, b].map(
    ({ verdict, otherwise }): Verdict => verdict ?? { kind: 'always', outcome: otherwise },
  ) as [Verdict, Verdict];
  if (one.kind === 'always' && other.kind === 'always') {
    const explicit = [a, b].filter((side) => side.verdict !== undefined);
    const [only] = explicit;
    const outcome =
      explicit.length === 1 &&
      only !== undefined &&
      sameAction(one.outcome, other.outcome) &&
      only.verdict?.kind === 'always'
        ? only.verdict.outcome
        : chosen(one.outcome, other.outcome, mode);
    return sameOutcome(outcome, defaultOutcome) ? 'default' : { kind: 'always', outcome };
  }
  const decisive = [one, other].find(
    (each): each is Extract<Verdict, { kind: 'always' }> =>
      each.kind === 'always' && isLetThrough(each.outcome) === (mode === 'union'),
  );
  if (decisive !== undefined) {
    const outcome = decisive.outcome;
    return sameOutcome(outcome, defaultOutcome) ? 'default' : { kind: 'always', outcome };
  }
  const unchanged = unchangedOf(a, b, one, other, defaultOutcome);
  if (unchanged !== undefined) return unchanged;
  return boxed(a, b, frame);
}

/** The rules of the one side as they are, when the other says nothing beside them or the same. */
function unchangedOf(
  a: Said,
  b: Said,
  one: Verdict,
  other: Verdict,
  defaultOutcome: ActionOutcome,
): Verdict | undefined {
  const when = one.kind === 'when' ? one : other.kind === 'when' ? other : undefined;
  if (when === undefined) return undefined;
  const otherwise = one === when ? a.otherwise : b.otherwise;
  if (isLetThrough(otherwise) !== isLetThrough(defaultOutcome)) return undefined;
  if (when.rules.some((rule) => sameOutcome(rule.outcome, defaultOutcome))) return undefined;
  const isSame =
    one.kind === 'when' &&
    other.kind === 'when' &&
    isLetThrough(a.otherwise) === isLetThrough(b.otherwise) &&
    ruleKeys(one.rules).join('\n') === ruleKeys(other.rules).join('\n');
  return isSame || one.kind === 'always' || other.kind === 'always' ? when : undefined;
}

function ruleKeys(rules: readonly ConditionalRule[]): readonly string[] {
  return rules.map(({ args, outcome }) => `${conditionsKey(args)} ${outcome.action} ${outcome.errno ?? ''}`);
}

function boxed(a: Said, b: Said, { mode, defaultOutcome, width }: Frame): Verdict | 'default' | undefined {
  // What needs rules: the calls let through where the default refuses, else those refused.
  const wanted = !isLetThrough(defaultOutcome);
  const combine =
    wanted === (mode === 'union') ? unionOf : (x: readonly Box[], y: readonly Box[]) => intersectionOf(x, y, width);
  const left = boxesOf(a, wanted, width);
  const right = boxesOf(b, wanted, width);
  const plain = left === undefined || right === undefined ? undefined : combine(left, right);
  if (plain === undefined) return undefined;
  if (plain.length === 0) return 'default';
  const outcome = outcomeAmong(a, b, wanted, mode);
  if (plain.some((box) => box.length === 0)) return { kind: 'always', outcome };
  const isDelicate = plain.length > 1 && plain.some((box) => box.some((arg) => !/EQ$/.test(arg.op)));
  const boxes = isDelicate ? asMaskedEqualities(plain, width) : plain;
  if (boxes === undefined) return undefined;
  return { kind: 'when', rules: boxes.map((args) => ({ args, outcome })) };
}

/** The calls of one side that are let through (`wanted`), or refused, as boxes. */
function boxesOf({ verdict, otherwise }: Said, wanted: boolean, width: Width): readonly Box[] | undefined {
  if (verdict === undefined) return isLetThrough(otherwise) === wanted ? [[]] : [];
  if (verdict.kind === 'always') return isLetThrough(verdict.outcome) === wanted ? [[]] : [];
  const matching = withoutRedundant(
    verdict.rules.filter((rule) => isLetThrough(rule.outcome) === wanted).map((rule) => rule.args),
  );
  if (isLetThrough(otherwise) !== wanted) return matching;
  const others = verdict.rules.filter((rule) => isLetThrough(rule.outcome) !== wanted).map((rule) => rule.args);
  return complementOf(others, width);
}

/** One action for all rules of the syscall: the mildest (union) or hardest among those that either side has. */
function outcomeAmong(a: Said, b: Said, wanted: boolean, mode: MergeMode): ActionOutcome {
  const outcomes = [a, b].flatMap(({ verdict, otherwise }) => {
    if (verdict === undefined) return [otherwise];
    return verdict.kind === 'always' ? [verdict.outcome] : [...verdict.rules.map((rule) => rule.outcome), otherwise];
  });
  return outcomes.filter((outcome) => isLetThrough(outcome) === wanted).reduce((x, y) => chosen(x, y, mode));
}

/** From the hardest to the mildest, as the kernel ranks what several filters say. */
const HARDNESS: readonly Action[] = [
  'SCMP_ACT_KILL_PROCESS',
  'SCMP_ACT_KILL_THREAD',
  'SCMP_ACT_KILL',
  'SCMP_ACT_TRAP',
  'SCMP_ACT_ERRNO',
  'SCMP_ACT_NOTIFY',
  'SCMP_ACT_TRACE',
  'SCMP_ACT_LOG',
  'SCMP_ACT_ALLOW',
];

function chosen(a: ActionOutcome, b: ActionOutcome, mode: MergeMode): ActionOutcome {
  const ranks = HARDNESS.indexOf(a.action) - HARDNESS.indexOf(b.action);
  if (ranks !== 0) return ranks > 0 === (mode === 'union') ? a : b;
  return (a.errno ?? 0) <= (b.errno ?? 0) ? a : b;
}

function sameAction(a: ActionOutcome, b: ActionOutcome): boolean {
  return a.action === b.action;
}

function commonArchitectures(
  a: Profile,
  b: Profile,
  native: Architecture,
): {
  readonly listed: readonly string[] | undefined;
  readonly names: readonly string[];
  readonly left: readonly string[];
} {
  const [one, other] = [a, b].map((profile) => [...new Set([native, ...(profile.architectures ?? [])])]) as [
    string[],
    string[],
  ];
  const names = one.filter((name) => other.includes(name));
  const left = [...one, ...other].filter((name) => !names.includes(name));
  const neitherLists = a.architectures === undefined && b.architectures === undefined;
  const order = [native, ...names.filter((name) => name !== native).sort()];
  return { listed: neitherLists ? undefined : order, names: order, left: [...new Set(left)].sort() };
}

function is32Bit(name: string): boolean {
  return !hasTable(name) || FILTER_ARCHITECTURES[name].bits === 32;
}

function problem(code: string, message: string, advice: string): Problem {
  return { code, severity: 'error', message, advice };
}

const SIMPLER =
  'Write its conditions with SCMP_CMP_EQ or SCMP_CMP_MASKED_EQ under the mask 0xffffffff, or allow or refuse it whole in one of the profiles.';

function inexpressible(name: string): Problem {
  return problem('PM04', `the argument rules on ${name} cannot be merged exactly: no rules say it`, SIMPLER);
}

function leftOut(architectures: readonly string[], why: string, advice: string): Problem {
  return {
    code: 'PM05',
    severity: 'warning',
    message: `${architectures.join(', ')} left out of the result, calls of that ABI are killed: ${why}`,
    advice,
  };
}
