import { type ActionOutcome, isLetThrough } from '../../compile/verdicts.js';
import { reachOf } from '../../outcomes/syscall-decisions.js';
import type { RuntimeNeeds } from '../../profile/runtime-base.js';
import { syscallNumber } from '../../syscalls/syscall-table.js';
import type { LintSubject } from './lint-subject.js';

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

/** On the node's own architecture, as measured (runtime-base-table.ts). */
export function refusedCalls(subject: LintSubject, needs: RuntimeNeeds): RefusedCalls {
  const fatal = new Map<string, ActionOutcome>();
  const sometimes = new Set<string>();
  const livedWith = new Set<string>();
  const unknown = new Set<string>();
  const isRefused = (name: string | undefined) => name !== undefined && subject.refuses(name);

  for (const name of [...needs.required, ...needs.unlessErrno.keys(), ...needs.helpful]) {
    if (syscallNumber(subject.native, name) === undefined) continue;
    const refusal = refusalOf(subject, name);
    if (refusal === undefined) continue;
    const errno = errnoOf(refusal);
    const isRequired = needs.required.has(name);
    if (refusal === 'some') {
      if (isRequired) unknown.add(name);
    } else if (errno === 0 && name !== 'execve') unknown.add(name);
    else if (isRequired || errno === undefined) fatal.set(name, refusal);
    else if (needs.unlessErrno.get(name)?.includes(errno) === false) fatal.set(name, refusal);
    else {
      const other = needs.instead.get(name);
      if (other === undefined || !isRefused(other)) livedWith.add(name);
      else for (const each of [name, other]) fatal.set(each, refusal);
    }
  }
  for (const name of needs.sometimes) if (isRefused(name)) sometimes.add(name);
  for (const name of needs.rarely) {
    const refusal = isRefused(name) ? refusalOf(subject, name) : undefined;
    if (refusal !== undefined) (errnoOf(refusal) === undefined ? sometimes : livedWith).add(name);
  }
  return {
    fatal: [...fatal.keys()].sort(),
    sometimes: [...sometimes].filter((name) => !fatal.has(name)).sort(),
    livedWith: [...livedWith].filter((name) => !fatal.has(name) && !sometimes.has(name)).sort(),
    unknown: [...unknown].filter((name) => !fatal.has(name)).sort(),
    endsThread:
      fatal.size > 0 &&
      [...fatal.values()].every(({ action }) => action === 'SCMP_ACT_KILL' || action === 'SCMP_ACT_KILL_THREAD'),
  };
}

/** How a syscall is refused whatever its arguments; `some`: it depends on them. */
function refusalOf(subject: LintSubject, name: string): ActionOutcome | 'some' | undefined {
  const decision = subject.decision(name);
  if (decision.kind === 'always') return isLetThrough(decision.outcome) ? undefined : decision.outcome;
  const reach = reachOf(decision);
  if (reach === 'none') return decision.otherwise;
  // prctl has options that no runtime asks for: profiles refuse those.
  return reach === 'all' || (name === 'prctl' && isLetThrough(decision.otherwise)) ? undefined : 'some';
}

/** What the runtime gets; undefined where the refusal ends it. Without a tracer or a listener the call gets ENOSYS. */
function errnoOf(refusal: ActionOutcome | 'some'): number | undefined {
  if (refusal === 'some') return undefined;
  if (refusal.action === 'SCMP_ACT_TRACE' || refusal.action === 'SCMP_ACT_NOTIFY') return ENOSYS;
  return refusal.action === 'SCMP_ACT_ERRNO' ? refusal.errno : undefined;
}
