import { areLetThrough } from '../compare/table-within.js';
import { cloneWithoutNamespaces } from '../compile/add-runtime-base.js';
import { verdictTable } from '../compile/verdict-table.js';
import type { VerdictTable } from '../compile/verdicts.js';
import { conditionsKey, isLetThrough, type Verdict } from '../compile/verdicts.js';
import type { Argument, Profile, Rule } from '../profile/model.js';
import { runtimeBase } from '../profile/runtime-base.js';

/** A socket family that was asked for, with the protocol where that decides (netlink). */
export interface ObservedSocket {
  readonly family: number;
  readonly protocol?: number;
}

export interface Evidence {
  readonly syscalls: readonly string[];
  readonly sockets: readonly ObservedSocket[];
}

export interface DeriveOptions {
  /** Names that another libc, kernel or architecture uses for the same work. */
  readonly closure: (names: readonly string[]) => readonly string[];
  /** Nothing that one of these refuses (without added capabilities) is allowed. */
  readonly ceilings: readonly Profile[];
}

export interface Derived {
  readonly profile: Profile;
  /** What came in beside the evidence, and what the evidence had that is left out; each sorted. */
  readonly addedByClosure: readonly string[];
  readonly addedForRuntime: readonly string[];
  readonly removedByCeiling: readonly string[];
}

/** Calls that the vDSO answers without entering the kernel, unless the machine's clock forbids it: no recorder sees them. */
const VDSO = ['clock_getres', 'clock_gettime', 'getcpu', 'gettimeofday', 'time'];

/** Where the arguments of clone are as on x86 (s390 has them the other way round): what a profile with a filtered clone is for. */
const ARCHITECTURES = [
  'SCMP_ARCH_X86_64',
  'SCMP_ARCH_X86',
  'SCMP_ARCH_X32',
  'SCMP_ARCH_AARCH64',
  'SCMP_ARCH_ARM',
  'SCMP_ARCH_PPC64LE',
  'SCMP_ARCH_RISCV64',
];

/**
 * On 32-bit x86 libseccomp lets socketcall(SYS_SOCKET) through beside a filtered socket, whatever the family; only a rule of its own closes
 * it. EACCES, since a rule with the default's errno is skipped.
 */
export const CLOSED_SOCKETCALL: Rule = { names: ['socketcall'], action: 'SCMP_ACT_ERRNO', errnoRet: 13, args: [] };

/**
 * The profile that evidence supports: what was seen, its aliases, what every runtime needs, nothing beyond the ceilings; `socket`
 * with the families seen, `clone` without new namespaces, the rest with the ceilings' own conditions.
 */
export function deriveProfile(evidence: Evidence, options: DeriveOptions): Derived {
  const ceilings = options.ceilings.map(tableOf);
  const seen = new Set([...evidence.syscalls, ...VDSO]);
  const closed = new Set(options.closure([...seen].sort()));
  const base = runtimeBase({ architecture: 'SCMP_ARCH_X86_64' });
  const needed = new Set([...base.required, ...base.helpful]);
  const wanted = new Set([...seen, ...closed, ...needed]);

  const allowed: string[] = [];
  const conditional: Rule[] = [];
  const removed: string[] = [];
  for (const name of [...wanted].sort()) {
    const verdicts = ceilings.map((table) => verdictIn(table, name));
    if (name === 'clone3' || name === 'socketcall') continue;
    if (name === 'clone') conditional.push(...rulesOf(name, cloneWithoutNamespaces('SCMP_ARCH_X86_64')));
    else if (name === 'socket') conditional.push(...socketRules(evidence.sockets, verdicts));
    else if (verdicts.every((verdict) => verdict.kind === 'always' && isLetThrough(verdict.outcome)))
      allowed.push(name);
    else {
      const shared = sharedRules(verdicts);
      if (shared === undefined) removed.push(name);
      else conditional.push(...rulesOf(name, shared));
    }
  }
  const rules: readonly Rule[] = [
    { names: allowed, action: 'SCMP_ACT_ALLOW', args: [] },
    ...conditional,
    { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38, args: [] },
    CLOSED_SOCKETCALL,
  ];
  const kept = new Set([...allowed, ...conditional.flatMap((rule) => rule.names)]);
  return {
    profile: { defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 1, architectures: ARCHITECTURES, rules },
    addedByClosure: [...closed].filter((name) => !seen.has(name) && kept.has(name)).sort(),
    addedForRuntime: [...needed].filter((name) => !seen.has(name) && !closed.has(name) && kept.has(name)).sort(),
    removedByCeiling: removed.filter((name) => seen.has(name)),
  };
}

function tableOf(ceiling: Profile): VerdictTable {
  const { table } = verdictTable(ceiling, { architecture: 'SCMP_ARCH_X86_64', capabilities: [], kernel: '6.18' });
  if (table === undefined) throw new TypeError('the ceiling is not a profile that can be compiled');
  return table;
}

function verdictIn(table: VerdictTable, name: string): Verdict {
  return table.byName.get(name) ?? { kind: 'always', outcome: table.defaultOutcome };
}

function socketRules(sockets: readonly ObservedSocket[], verdicts: readonly Verdict[]): readonly Rule[] {
  const rules = new Map<string, readonly Argument[]>();
  for (const { family, protocol } of sockets) {
    const args = [equals32(0, family), ...(protocol === undefined ? [] : [equals32(2, protocol)])];
    if (verdicts.every((verdict) => covers(verdict, args))) rules.set(conditionsKey(args), args);
  }
  return [...rules.keys()]
    .sort()
    .map((key) => ({ names: ['socket'], action: 'SCMP_ACT_ALLOW', args: rules.get(key) ?? [] }));
}

function covers(verdict: Verdict, args: readonly Argument[]): boolean {
  return verdict.kind === 'always' ? isLetThrough(verdict.outcome) : areLetThrough(args, verdict.rules);
}

/** The rules that all ceilings with conditions share, when no ceiling refuses the syscall whole. */
function sharedRules(verdicts: readonly Verdict[]): Verdict | undefined {
  const [first, ...others] = verdicts.filter((verdict) => verdict.kind === 'when');
  if (first?.kind !== 'when') return undefined;
  if (verdicts.some((verdict) => verdict.kind === 'always' && !isLetThrough(verdict.outcome))) return undefined;
  const rules = first.rules.filter(
    (rule) => isLetThrough(rule.outcome) && others.every((other) => covers(other, rule.args)),
  );
  return rules.length === 0 ? undefined : { kind: 'when', rules };
}

function rulesOf(name: string, verdict: Verdict): readonly Rule[] {
  if (verdict.kind === 'always') return [{ names: [name], action: 'SCMP_ACT_ALLOW', args: [] }];
  return verdict.rules.map(({ args }) => ({ names: [name], action: 'SCMP_ACT_ALLOW', args }));
}

function equals32(index: number, value: number): Argument {
  return { index, value: 0xffffffffn, valueTwo: BigInt(value), op: 'SCMP_CMP_MASKED_EQ' };
}
