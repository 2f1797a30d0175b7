import type { Action, Argument, Rule } from '../profile/model.js';

/** An action with its errno (ERRNO) or message (TRACE); KILL is spelt KILL_THREAD, which it is. */
export interface ActionOutcome {
  readonly action: Action;
  readonly errno?: number;
}

/** One rule with conditions. Its conditions are ANDed; no argument occurs twice. */
export interface ConditionalRule {
  readonly args: readonly Argument[];
  readonly outcome: ActionOutcome;
}

/** What the rules say about one syscall. What matches no conditional rule gets the profile's default. */
export type Verdict =
  | { readonly kind: 'always'; readonly outcome: ActionOutcome }
  | { readonly kind: 'when'; readonly rules: readonly ConditionalRule[] };

export interface ShadowedRule {
  readonly name: string;
  readonly outcome: ActionOutcome;
  /** The outcome of the unconditional rule that wins. */
  readonly winner: ActionOutcome;
}

export interface VerdictConflict {
  readonly name: string;
  readonly outcomes: readonly [ActionOutcome, ActionOutcome];
}

export interface Verdicts {
  readonly byName: ReadonlyMap<string, Verdict>;
  readonly shadowed: readonly ShadowedRule[];
  /** Two rules with the same conditions and different actions: libseccomp answers EEXIST and the container does not start. */
  readonly conflicts: readonly VerdictConflict[];
}

const DEFAULT_ERRNO = 1;

export function outcomeOf(action: Action, errnoRet: number | undefined): ActionOutcome {
  if (action === 'SCMP_ACT_KILL') return { action: 'SCMP_ACT_KILL_THREAD' };
  return action === 'SCMP_ACT_ERRNO' || action === 'SCMP_ACT_TRACE'
    ? { action, errno: errnoRet ?? DEFAULT_ERRNO }
    : { action };
}

export function sameOutcome(a: ActionOutcome, b: ActionOutcome): boolean {
  return a.action === b.action && a.errno === b.errno;
}

/** Whether the syscall gets through to the kernel. */
export function isLetThrough(outcome: ActionOutcome): boolean {
  return outcome.action === 'SCMP_ACT_ALLOW' || outcome.action === 'SCMP_ACT_LOG';
}

/**
 * The rules as libseccomp takes them in from runc and crun (measured on 2.5.4 to 2.6.1): a rule whose action is the default is
 * skipped; of several unconditional rules the first wins; an unconditional rule beats conditional ones in any order; a rule that
 * names one argument twice becomes a rule for each of its conditions. The order of conditional rules is kept.
 */
export function verdictsOf(rules: readonly Rule[], defaultOutcome: ActionOutcome): Verdicts {
  const always = new Map<string, ActionOutcome>();
  const when = new Map<string, ConditionalRule[]>();
  /** By name and conditions the first rule. */
  const twins = new Map<string, ConditionalRule>();
  const shadowed: ShadowedRule[] = [];
  const conflicts: VerdictConflict[] = [];
  for (const rule of rules) {
    const outcome = outcomeOf(rule.action, rule.errnoRet);
    if (sameOutcome(outcome, defaultOutcome)) continue;
    for (const args of alternativesOf(rule.args)) {
      const key = args.length === 0 ? '' : conditionsKey(args);
      for (const name of rule.names) {
        if (args.length === 0) {
          const first = always.get(name);
          if (first === undefined) always.set(name, outcome);
          else if (!sameOutcome(first, outcome)) shadowed.push({ name, outcome, winner: first });
          continue;
        }
        const known = when.get(name) ?? [];
        when.set(name, known);
        const twin = twins.get(`${name} ${key}`);
        if (twin === undefined) twins.set(`${name} ${key}`, { args, outcome });
        // Said twice it stays twice: with overlapping rules beside it, libseccomp's tree is another one without the second.
        if (twin === undefined || sameOutcome(twin.outcome, outcome)) known.push({ args, outcome });
        else conflicts.push({ name, outcomes: [twin.outcome, outcome] });
      }
    }
  }
  const byName = new Map<string, Verdict>();
  for (const [name, outcome] of always) {
    byName.set(name, { kind: 'always', outcome });
    for (const rule of when.get(name) ?? []) {
      if (!sameOutcome(rule.outcome, outcome)) shadowed.push({ name, outcome: rule.outcome, winner: outcome });
    }
  }
  for (const [name, rules] of when) if (!always.has(name)) byName.set(name, { kind: 'when', rules });
  return { byName, shadowed, conflicts: conflicts.filter(({ name }) => !always.has(name)) };
}

/** The same for the same conditions, whatever their order; a `valueTwo` that the operator ignores does not count. */
export function conditionsKey(args: readonly Argument[]): string {
  return args
    .map((arg) => {
      if (arg.op !== 'SCMP_CMP_MASKED_EQ') return `${arg.index} ${arg.op} ${arg.value}`;
      return `${arg.index} ${arg.op} ${arg.value} ${arg.valueTwo & arg.value}`;
    })
    .sort()
    .join(' && ');
}

/** Each is a rule of its own; an empty one holds always. A mask of 0 asks nothing, and libseccomp passes it over. */
export function alternativesOf(args: readonly Argument[]): readonly (readonly Argument[])[] {
  const indices = new Set(args.map((arg) => arg.index));
  const alternatives = indices.size === args.length ? [args] : args.map((arg) => [arg]);
  return alternatives.map((each) => each.filter((arg) => arg.op !== 'SCMP_CMP_MASKED_EQ' || arg.value !== 0n));
}

/** A profile without conditions: one verdict for each syscall it speaks of, one outcome for all others. */
export interface VerdictTable {
  readonly defaultOutcome: ActionOutcome;
  readonly byName: ReadonlyMap<string, Verdict>;
  readonly architectures: readonly string[];
}
