import { type ActionOutcome, isLetThrough } from '../../compile/verdicts.js';
import { type CallSet, findCall, type SearchBudget, searchBudget } from '../../filter/call-set.js';
import { callsWith } from '../../outcomes/syscall-decisions.js';
import type { RuntimeNeeds } from '../../profile/runtime-base.js';
import { syscallNumber } from '../../syscalls/syscall-table.js';
import type { LintSubject } from './lint-subject.js';
import { runtimeCalls } from './runtime-calls.js';

/** What becomes of a runtime whose calls a profile refuses; each list sorted. */
export interface RefusedCalls {
  /** It fails. */
  readonly fatal: readonly string[];
  /** It fails now and then. */
  readonly sometimes: readonly string[];
  /** It goes on. */
  readonly livedWith: readonly string[];
  /** Not known: some calls get through and some do not, or they pretend to succeed. */
  readonly unknown: readonly string[];
  /** Whether each fatal one ends only the thread that makes it. */
  readonly endsThread: boolean;
}

const ENOSYS = 38;

/** How some calls of a syscall are refused. */
interface Refusal {
  readonly outcomes: readonly ActionOutcome[];
  /** Whether all of them are. */
  readonly isWhole: boolean;
}

type Effect = 'fatal' | 'lived with' | 'unknown';

/** On the node's own architecture, as measured (runtime-base-table.ts). */
export function refusedCalls(subject: LintSubject, needs: RuntimeNeeds): RefusedCalls {
  const fatal = new Map<string, readonly ActionOutcome[]>();
  const sometimes = new Set<string>();
  const livedWith = new Set<string>();
  const unknown = new Set<string>();
  const refusals = new Refusals(subject);

  for (const name of [...needs.required, ...needs.unlessErrno.keys(), ...needs.helpful]) {
    for (const { set, isRequired } of runtimeCalls(name, subject.native)) {
      const refusal = refusals.of(name, set);
      if (refusal === undefined) continue;
      const fails = needs.required.has(name) && isRequired;
      const effect = effectOf(refusal, (outcome) => effectOn(name, outcome, fails, needs));
      if (effect === 'fatal') fatal.set(name, refusal.outcomes);
      else if (effect === 'unknown') unknown.add(name);
      else {
        const instead = needs.instead.get(name);
        const other = instead === undefined ? undefined : refusals.of(instead.by);
        const both =
          other === undefined ? 'lived with' : effectOfBoth(refusal, other, instead?.whileAgree ?? [], refusals);
        if (both === 'unknown') unknown.add(name);
        else if (both === 'fatal')
          for (const each of [name, instead?.by ?? name]) fatal.set(each, other?.outcomes ?? refusal.outcomes);
        else if (refusal.isWhole) livedWith.add(name);
      }
    }
  }
  for (const name of needs.sometimes) {
    const refusal = refusals.of(name);
    if (refusal !== undefined) (refusal.isWhole ? sometimes : unknown).add(name);
  }
  for (const name of needs.rarely) {
    for (const { set } of runtimeCalls(name, subject.native)) {
      const refusal = refusals.of(name, set);
      if (refusal === undefined) continue;
      const endsIt = refusal.outcomes.some((outcome) => errnoOf(outcome) === undefined);
      if (refusal.isWhole) (endsIt ? sometimes : livedWith).add(name);
      else if (endsIt) unknown.add(name);
    }
  }
  return {
    fatal: [...fatal.keys()].sort(),
    sometimes: [...sometimes].filter((name) => !fatal.has(name)).sort(),
    livedWith: [...livedWith].filter((name) => !fatal.has(name) && !sometimes.has(name)).sort(),
    unknown: [...unknown].filter((name) => !fatal.has(name)).sort(),
    endsThread:
      fatal.size > 0 &&
      [...fatal.values()].every((outcomes) =>
        outcomes.every(({ action }) => action === 'SCMP_ACT_KILL' || action === 'SCMP_ACT_KILL_THREAD'),
      ),
  };
}

/** What of given calls the filter refuses. */
class Refusals {
  readonly #subject: LintSubject;
  readonly #budget: SearchBudget = searchBudget();

  constructor(subject: LintSubject) {
    this.#subject = subject;
  }

  /** Undefined: all of them get through, or the architecture has no such syscall. */
  of(name: string, set?: CallSet): Refusal | undefined {
    if (syscallNumber(this.#subject.native, name) === undefined) return undefined;
    const decision = this.#subject.decision(name);
    if (decision.kind === 'always')
      return isLetThrough(decision.outcome) ? undefined : { outcomes: [decision.outcome], isWhole: true };
    const all = [...decision.rules.map(({ outcome }) => outcome), decision.otherwise];
    const met = [...new Set(all)].filter((outcome) =>
      callsWith(decision, (each) => each === outcome).some((calls) => this.#canMeet(set, calls)),
    );
    const outcomes = met.filter((outcome) => !isLetThrough(outcome));
    return outcomes.length === 0 ? undefined : { outcomes, isWhole: outcomes.length === met.length };
  }

  #canMeet(set: CallSet | undefined, calls: CallSet): boolean {
    const { bits } = this.#subject.on(this.#subject.native);
    return findCall(set === undefined ? [calls] : [set, calls], bits, this.#budget).kind !== 'none';
  }
}

function effectOf({ outcomes, isWhole }: Refusal, effect: (outcome: ActionOutcome) => Effect): Effect {
  const effects = new Set(outcomes.map(effect));
  const [only] = effects;
  if (only === undefined || effects.size > 1) return 'unknown';
  return isWhole || only === 'lived with' ? only : 'unknown';
}

function effectOn(name: string, outcome: ActionOutcome, isRequired: boolean, needs: RuntimeNeeds): Effect {
  const errno = errnoOf(outcome);
  if (errno === 0 && name !== 'execve') return 'unknown';
  if (isRequired || errno === undefined) return 'fatal';
  return needs.unlessErrno.get(name)?.includes(errno) === false ? 'fatal' : 'lived with';
}

/** Where a call and the one in its place are both refused. The latter is made only while the calls of each pair give the same answer. */
function effectOfBoth(
  one: Refusal,
  other: Refusal,
  pairs: readonly (readonly [string, string])[],
  refusals: Refusals,
): Effect {
  if (!one.isWhole || !other.isWhole) return 'unknown';
  for (const pair of pairs) {
    const answers = pair.map((name) => {
      const refusal = refusals.of(name);
      if (refusal === undefined) return 'let through';
      return refusal.isWhole && refusal.outcomes.every((outcome) => (errnoOf(outcome) ?? 0) > 0)
        ? 'refused'
        : 'unknown';
    });
    if (answers.includes('unknown')) return 'unknown';
    if (answers[0] !== answers[1]) return 'lived with';
  }
  return 'fatal';
}

/** What the runtime gets; undefined where the refusal ends it. Without a tracer or a listener the call gets ENOSYS. */
function errnoOf({ action, errno }: ActionOutcome): number | undefined {
  if (action === 'SCMP_ACT_TRACE' || action === 'SCMP_ACT_NOTIFY') return ENOSYS;
  return action === 'SCMP_ACT_ERRNO' ? errno : undefined;
}
