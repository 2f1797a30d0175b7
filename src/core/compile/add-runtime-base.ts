import type { Problem } from '../problem/problem.js';
import { cloneFlagsIndex, NAMESPACE_FLAGS, type RuntimeQuestion, runtimeBase } from '../profile/runtime-base.js';
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
 * A syscall that the runtime can do without stays refused when the profile refuses it by a rule of its own.
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
  if (defaultPasses) return problems;
  for (const name of base.helpful) {
    if (byName.has(name)) continue;
    byName.set(
      name,
      name === 'clone' ? cloneWithoutNamespaces(question.architecture) : { kind: 'always', outcome: ALLOW },
    );
  }
  return problems;
}

function overruled(name: string, verdict: Verdict): Problem {
  return verdict.kind === 'always'
    ? {
        code: 'PC04',
        severity: 'warning',
        message: `${name} is allowed although the profile refuses it: the container runtime needs it after the filter is on`,
        advice: 'Say which runtime and which allowPrivilegeEscalation the profile is for: the runtime may need less.',
      }
    : {
        code: 'PC05',
        severity: 'info',
        message: `${name} is allowed with any arguments, although the profile filters them: the container runtime needs it after the filter is on`,
        advice: 'Say which runtime and which allowPrivilegeEscalation the profile is for: the runtime may need less.',
      };
}
