import type { ActionOutcome } from '../compile/verdicts.js';
import type { Comparison } from '../filter/comparison.js';
import type { Argument } from '../profile/model.js';
import { errnoName } from '../syscalls/errno-names.js';
import type { SyscallDecision } from './syscall-decisions.js';

const VERBS: Readonly<Record<ActionOutcome['action'], string>> = {
  SCMP_ACT_ALLOW: 'allowed',
  SCMP_ACT_LOG: 'allowed and logged',
  SCMP_ACT_ERRNO: 'refused',
  SCMP_ACT_TRACE: 'left to a tracer',
  SCMP_ACT_NOTIFY: 'left to a listener',
  SCMP_ACT_TRAP: 'stopped with SIGSYS',
  SCMP_ACT_KILL: 'kills the thread',
  SCMP_ACT_KILL_THREAD: 'kills the thread',
  SCMP_ACT_KILL_PROCESS: 'kills the process',
};

/** `allowed`, `refused with EPERM`, `kills the process`. */
export function outcomeInWords({
  action,
  errno,
}: {
  readonly action: ActionOutcome['action'];
  readonly errno?: number | null;
}): string {
  if (action !== 'SCMP_ACT_ERRNO') return VERBS[action];
  if (errno === 0) return 'refused, but reported as done (errno 0)';
  return `refused with ${errnoName(errno ?? 1) ?? `errno ${errno}`}`;
}

const SIGNS: Readonly<Record<string, string>> = {
  SCMP_CMP_NE: '!=',
  SCMP_CMP_LT: '<',
  SCMP_CMP_LE: '<=',
  SCMP_CMP_EQ: '==',
  SCMP_CMP_GE: '>=',
  SCMP_CMP_GT: '>',
};

/** `arg0 & 0x7e020000 == 0`, as it is compared: without bits outside the mask. Arguments are counted from 0, as in the profile. */
export function argumentInWords(arg: Argument): string {
  if (arg.op === 'SCMP_CMP_MASKED_EQ')
    return `arg${arg.index} & ${number(arg.value)} == ${number(arg.valueTwo & arg.value)}`;
  return `arg${arg.index} ${SIGNS[arg.op] ?? arg.op} ${number(arg.value)}`;
}

/** The conditions of a rule. Where an argument stands twice, runtimes take each for a rule of its own. */
export function conditionsInWords(args: readonly Argument[]): string {
  const isEach = new Set(args.map(({ index }) => index)).size < args.length;
  return args.map(argumentInWords).join(isEach ? ' or ' : ' and ');
}

function comparisonInWords({ argument, operator, mask, datum }: Comparison): string {
  return argumentInWords(
    operator === 'SCMP_CMP_MASKED_EQ'
      ? { index: argument, op: operator, value: mask, valueTwo: datum }
      : { index: argument, op: operator, value: datum, valueTwo: 0n },
  );
}

/** What becomes of a syscall, in one line. */
export function decisionInWords(decision: SyscallDecision): string {
  if (decision.kind === 'always') return outcomeInWords(decision.outcome);
  const groups = new Map<string, string[]>();
  for (const { when, outcome } of decision.rules) {
    const word = outcomeInWords(outcome);
    const conditions = groups.get(word) ?? [];
    groups.set(word, conditions);
    conditions.push(when.map(comparisonInWords).join(' and '));
  }
  const parts = [...groups].map(([word, conditions]) => `${word} when ${shortened(conditions).join(' or ')}`);
  return `${parts.join('; ')}; else ${outcomeInWords(decision.otherwise)}`;
}

function shortened(conditions: readonly string[]): readonly string[] {
  return conditions.length <= 4 ? conditions : [...conditions.slice(0, 3), `${conditions.length - 3} more conditions`];
}

/** A call as a person writes it: `socket(40)`, without the arguments at the end that do not matter. */
export function callInWords(syscall: string, args: readonly bigint[] | undefined): string {
  if (args === undefined) return syscall;
  const last = args.findLastIndex((arg) => arg !== 0n);
  return `${syscall}(${args
    .slice(0, Math.max(1, last + 1))
    .map(number)
    .join(', ')})`;
}

function number(value: bigint): string {
  return value < 1024n ? String(value) : `0x${value.toString(16)}`;
}
