import type { Problem } from '../problem/problem.js';
import { cloneFlagsIndex, EPERM, NAMESPACE_FLAGS, type RuntimeQuestion, runtimeBase } from '../profile/runtime-base.js';
import { PROGRAM_END } from '../profile/runtime-base-table.js';
import type { Architecture } from '../syscalls/architectures.js';
import { type ActionOutcome, isLetThrough, type Verdict } from './verdicts.js';

const ALLOW: ActionOutcome = { action: 'SCMP_ACT_ALLOW' };

/** `clone` without new namespaces. The flags are the first argument, on s390 the second. */
export function cloneWithoutNamespaces(architecture: Architecture): Verdict {
  const index = cloneFlagsIndex(architecture);
  return {
    kind: 'when',
    rules: [{ args: [{ index, value: NAMESPACE_FLAGS, valueTwo: 0n, op: 'SCMP_CMP_MASKED_EQ' }], outcome: ALLOW }],
  };
}

/**
 * Adds what the runtime needs to start the container: the one way in which a compiled profile is wider than its source.
 * A syscall that the runtime can do without stays refused when the profile refuses it by a rule of its own, with an errno that the
 * runtime lives with.
 */
export function addRuntimeBase(
  byName: Map<string, Verdict>,
  defaultOutcome: ActionOutcome,
  question: RuntimeQuestion,
): readonly Problem[] {
  const problems: Problem[] = [];
  const base = runtimeBase(question);
  const defaultPasses = isLetThrough(defaultOutcome);
  for (const name of base.required) {
    const verdict = byName.get(name);
    if (verdict === undefined ? defaultPasses : verdict.kind === 'always' && isLetThrough(verdict.outcome)) continue;
    if (verdict?.kind === 'when' && defaultPasses) continue;
    if (verdict !== undefined) problems.push(overruled(name, verdict));
    byName.set(name, { kind: 'always', outcome: ALLOW });
  }
  for (const name of base.helpful) {
    const verdict = byName.get(name);
    if (verdict === undefined) {
      if (defaultPasses) continue;
      byName.set(
        name,
        name === 'clone' ? cloneWithoutNamespaces(question.architecture) : { kind: 'always', outcome: ALLOW },
      );
    } else if (verdict.kind === 'always' && name !== PROGRAM_END) {
      if (isLivedWith(verdict.outcome, base.unlessErrno.get(name))) continue;
      problems.push(refusedMildly(name));
      byName.set(name, { kind: 'always', outcome: { action: 'SCMP_ACT_ERRNO', errno: EPERM } });
    }
  }
  const isRefused = (name: string) => {
    const verdict = byName.get(name);
    if (verdict?.kind === 'when') return false;
    return !isLetThrough(verdict?.outcome ?? defaultOutcome);
  };
  for (const [name, other] of base.instead) {
    if (!isRefused(name) || !isRefused(other)) continue;
    const verdict = byName.get(other);
    if (verdict !== undefined) problems.push(overruled(other, verdict));
    byName.set(other, { kind: 'always', outcome: ALLOW });
  }
  return problems;
}

/** Whether the runtime goes on with it. Without a tracer or a listener the call gets ENOSYS; errno 0 pretends success. */
function isLivedWith(outcome: ActionOutcome, errnos: readonly number[] | undefined): boolean {
  if (isLetThrough(outcome)) return true;
  if (outcome.action === 'SCMP_ACT_TRACE' || outcome.action === 'SCMP_ACT_NOTIFY') return true;
  if (outcome.action !== 'SCMP_ACT_ERRNO' || outcome.errno === undefined) return false;
  return outcome.errno > 0 && errnos?.includes(outcome.errno) !== false;
}

const ADVICE = 'Say which runtime and which allowPrivilegeEscalation the profile is for: the runtime may need less.';

function overruled(name: string, verdict: Verdict): Problem {
  return verdict.kind === 'always'
    ? {
        code: 'PC04',
        severity: 'warning',
        message: `${name} is allowed although the profile refuses it: the container runtime needs it after the filter is on`,
        advice: ADVICE,
      }
    : {
        code: 'PC05',
        severity: 'info',
        message: `${name} is allowed with any arguments, although the profile filters them: the container runtime needs it after the filter is on`,
        advice: ADVICE,
      };
}

function refusedMildly(name: string): Problem {
  return {
    code: 'PC04',
    severity: 'warning',
    message: `${name} is refused with EPERM, not as the profile says: the container runtime makes it after the filter is on and would not start the container`,
    advice: ADVICE,
  };
}
