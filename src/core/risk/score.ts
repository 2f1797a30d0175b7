import { closedFilter, excessOf } from '../compare/ceiling.js';
import { type ActionOutcome, isLetThrough } from '../compile/verdicts.js';
import { findCall } from '../filter/call-set.js';
import { filterArchitecturesOf, type NodeTarget, plainProfile } from '../outcomes/node-target.js';
import { lettingThrough } from '../outcomes/self-tracing.js';
import type { SyscallDecisions } from '../outcomes/syscall-decisions.js';
import { callsWith, decisionFor, decisionsOf, reachOf } from '../outcomes/syscall-decisions.js';
import type { Profile } from '../profile/model.js';
import { cloneFlagsIndex } from '../profile/runtime-base.js';
import type { ContainerRuntime } from '../profile/runtime-default.js';
import { runtimeDefault } from '../profile/runtime-default.js';
import type { Architecture } from '../syscalls/architectures.js';
import type { RiskClass } from '../syscalls/risk-class.js';
import { DANGEROUS, RISK_CLASSES } from '../syscalls/risk-class.js';
import { classOf, riskOf } from '../syscalls/risk-syscalls.js';
import { syscallNames, syscallNumber } from '../syscalls/syscall-table.js';
import { bypassableBits } from './bypass.js';
import type { Exploit, ExploitCall, ExploitStep } from './exploits.js';
import { EXPLOITS } from './exploits.js';

/** What of the pod makes syscalls more or less dangerous; for the sort key only. */
export interface ScoredPod {
  readonly hostPID?: boolean;
  readonly hostNetwork?: boolean;
  /** False: the pod has a user namespace of its own. */
  readonly hostUsers?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
}

export interface ScoreOptions extends NodeTarget {
  /** Whose default is the measure; default containerd's. */
  readonly runtimeDefault?: ContainerRuntime;
  readonly pod?: ScoredPod;
}

export interface AllowedCount {
  readonly architecture: Architecture;
  /** Whatever their arguments. */
  readonly whole: number;
  /** With some arguments. */
  readonly partly: number;
  /** Syscalls the architecture has. */
  readonly of: number;
}

export interface ClassCount {
  readonly class: RiskClass;
  readonly title: string;
  readonly whole: readonly string[];
  readonly partly: readonly string[];
  /** Syscalls of this class on any architecture of the filter. */
  readonly of: number;
}

export interface ExploitFacts {
  readonly id: string;
  readonly verified: boolean;
}

export interface ExploitCount {
  readonly known: number;
  readonly blocked: number;
  readonly blockedByRuntimeDefault: number;
  readonly blockedBeyondRuntimeDefault: readonly ExploitFacts[];
  /** The runtime default blocks these, this profile does not. */
  readonly openedBeyondRuntimeDefault: readonly ExploitFacts[];
}

export interface CeilingViolation {
  readonly syscall: string;
  readonly class: RiskClass;
  readonly architectures: readonly Architecture[];
  readonly example?: readonly bigint[];
}

/** Four figures, and a key to sort by. No one of them stands for the others. */
export interface Score {
  readonly architecture: Architecture;
  readonly runtimeDefault: ContainerRuntime;
  /** Figure 1, for each architecture of the filter; the node's own first. */
  readonly allowed: readonly AllowedCount[];
  /** Figure 2: reachable on some architecture of the filter, by class. */
  readonly dangerous: readonly ClassCount[];
  /** Figure 3. */
  readonly exploits: ExploitCount;
  /** Figure 4: what the runtime default refuses and this profile lets through. */
  readonly aboveRuntimeDefault: readonly CeilingViolation[];
  /** From 0 (everything allowed) to 100 (nothing): to sort profiles by, and for nothing else. */
  readonly sortKey: number;
}

/** How much of the kernel a profile leaves open, on one kind of node with one set of capabilities. */
export function scoreProfile(profile: Profile, options: ScoreOptions): Score {
  const runtime = options.runtimeDefault ?? 'containerd';
  const own = filtersOf(profile, options);
  const ceiling = filtersOf(runtimeDefault(runtime), options);
  const letsThrough = lettingThrough(own);
  return {
    architecture: options.architecture,
    runtimeDefault: runtime,
    allowed: own.map((filter) => countAllowed(filter, letsThrough)),
    dangerous: DANGEROUS.map((id) => countClass(id, own, letsThrough)),
    exploits: countExploits(own, ceiling, letsThrough),
    aboveRuntimeDefault: violations(own, ceiling, letsThrough),
    sortKey: sortKey(plainProfile(profile, options), own, options, letsThrough),
  };
}

type Passing = (outcome: ActionOutcome) => boolean;

function filtersOf(profile: Profile, options: ScoreOptions): readonly SyscallDecisions[] {
  const plain = plainProfile(profile, options);
  return filterArchitecturesOf(plain, options.architecture).map((architecture) => decisionsOf(plain, architecture));
}

function countAllowed(filter: SyscallDecisions, letsThrough: Passing): AllowedCount {
  const reaches = syscallNames(filter.architecture).map((name) => reachOf(decisionFor(filter, name), letsThrough));
  return {
    architecture: filter.architecture,
    whole: reaches.filter((reach) => reach === 'all').length,
    partly: reaches.filter((reach) => reach === 'some').length,
    of: reaches.length,
  };
}

function countClass(id: RiskClass, filters: readonly SyscallDecisions[], letsThrough: Passing): ClassCount {
  const ofClass = [...new Set(filters.flatMap((filter) => syscallNames(filter.architecture)))]
    .filter((name) => classOf(name) === id)
    .sort();
  const whole: string[] = [];
  const partly: string[] = [];
  for (const name of ofClass) {
    const reaches = filters
      .filter((filter) => syscallNumber(filter.architecture, name) !== undefined)
      .map((filter) => reachOf(decisionFor(filter, name), letsThrough));
    if (reaches.includes('all')) whole.push(name);
    else if (reaches.includes('some')) partly.push(name);
  }
  const title = RISK_CLASSES.find((each) => each.id === id)?.title ?? '';
  return { class: id, title, whole, partly, of: ofClass.length };
}

function countExploits(
  own: readonly SyscallDecisions[],
  ceiling: readonly SyscallDecisions[],
  letsThrough: Passing,
): ExploitCount {
  const facts = ({ id, verified }: Exploit): ExploitFacts => ({ id, verified });
  const blocked = new Set(EXPLOITS.filter((exploit) => isBlocked(exploit, own, letsThrough)));
  const byDefault = new Set(EXPLOITS.filter((exploit) => isBlocked(exploit, ceiling, isLetThrough)));
  return {
    known: EXPLOITS.length,
    blocked: blocked.size,
    blockedByRuntimeDefault: byDefault.size,
    blockedBeyondRuntimeDefault: [...blocked].filter((exploit) => !byDefault.has(exploit)).map(facts),
    openedBeyondRuntimeDefault: [...byDefault].filter((exploit) => !blocked.has(exploit)).map(facts),
  };
}

/** Whether some step that the exploit needs is refused on every architecture of the filter. */
function isBlocked(exploit: Exploit, filters: readonly SyscallDecisions[], letsThrough: Passing): boolean {
  return exploit.steps.some((step) => isStepBlocked(step, filters, letsThrough));
}

function isStepBlocked(step: ExploitStep, filters: readonly SyscallDecisions[], letsThrough: Passing): boolean {
  if ('architecture' in step) return !filters.some((filter) => filter.architecture === step.architecture);
  return !filters.some((filter) => step.anyOf.some((call) => canPass(filter, call, letsThrough)));
}

function canPass(filter: SyscallDecisions, { syscall, args = [] }: ExploitCall, letsThrough: Passing): boolean {
  if (syscallNumber(filter.architecture, syscall) === undefined) return false;
  const given = args.map((datum, argument) => {
    // Only the bits that are asked for: other flags beside them are the exploit's choice.
    const mask = syscall === 'clone' || syscall === 'unshare' ? datum : 0xffff_ffffn;
    return { argument: syscall === 'clone' ? 0 : argument, operator: 'SCMP_CMP_MASKED_EQ' as const, mask, datum };
  });
  const must =
    syscall === 'clone'
      ? given.slice(0, 1).map((each) => ({ ...each, argument: cloneFlagsIndex(filter.architecture) }))
      : given;
  return callsWith(decisionFor(filter, syscall), letsThrough).some(
    (set) => findCall([set, { must, avoid: [] }], filter.bits).kind !== 'none',
  );
}

function violations(
  own: readonly SyscallDecisions[],
  ceiling: readonly SyscallDecisions[],
  letsThrough: Passing,
): readonly CeilingViolation[] {
  const bySyscall = new Map<string, CeilingViolation & { architectures: Architecture[] }>();
  for (const filter of own) {
    const other =
      ceiling.find((each) => each.architecture === filter.architecture) ?? closedFilter(filter.architecture);
    for (const { syscall, architecture, args } of excessOf(filter, other, letsThrough)) {
      const known = bySyscall.get(syscall);
      if (known !== undefined) known.architectures.push(architecture);
      else {
        const example = args === undefined || decisionFor(other, syscall).kind === 'always' ? {} : { example: args };
        bySyscall.set(syscall, { syscall, class: classOf(syscall), architectures: [architecture], ...example });
      }
    }
  }
  return [...bySyscall.values()].sort((a, b) => (a.class + a.syscall < b.class + b.syscall ? -1 : 1));
}

/** The share of a filtered syscall that counts, and of one whose filter can be got past. */
const FILTERED = 0.3;
const BYPASSED = 0.9;
const WITHOUT_CAPABILITY = 0.3;

function sortKey(
  profile: Profile,
  filters: readonly SyscallDecisions[],
  options: ScoreOptions,
  letsThrough: Passing,
): number {
  const native = filters[0];
  if (native === undefined) return 0;
  const bypassed = bypassable(profile, native.architecture);
  let exposure = 0;
  let everything = 0;
  for (const name of syscallNames(native.architecture)) {
    const weight = weightOf(name, options);
    everything += weight;
    exposure += weight * share(reachOf(decisionFor(native, name), letsThrough), bypassed.has(name));
  }
  return Math.round(1000 * (1 - exposure / everything)) / 10;
}

function share(reach: ReturnType<typeof reachOf>, canBypass: boolean): number {
  if (reach === 'none') return 0;
  if (reach === 'all') return 1;
  return canBypass ? BYPASSED : FILTERED;
}

function bypassable(profile: Profile, architecture: Architecture): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { names: syscalls, action, args } of profile.rules) {
    for (const name of syscalls)
      if (args.some((arg) => bypassableBits(architecture, name, arg, isLetThrough({ action })) !== undefined))
        names.add(name);
  }
  return names;
}

function weightOf(name: string, { capabilities, pod = {} }: ScoreOptions): number {
  const risk = riskOf(name);
  const id = risk?.class ?? 'C7';
  let weight = RISK_CLASSES.find((each) => each.id === id)?.weight ?? 1;
  const has = (capability: string) =>
    capabilities.some((each) => each === 'ALL' || capability === (each.startsWith('CAP_') ? each : `CAP_${each}`));
  if (risk?.capability !== undefined && !has(risk.capability)) weight *= WITHOUT_CAPABILITY;
  if (id === 'C3' && pod.hostPID === true) weight *= 2;
  if (id === 'C5' && pod.hostNetwork === true) weight *= 1.5;
  if ((id === 'C0' || id === 'C1') && pod.hostUsers === false) weight *= 0.5;
  if (id === 'C6' && pod.readOnlyRootFilesystem === false) weight *= 1.5;
  return weight;
}
