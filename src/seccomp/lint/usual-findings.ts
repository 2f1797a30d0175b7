import { sameDecision } from '../compare.js';
import { type Decision, decisionFor, isLetThrough } from '../compare-decisions.js';
import type { ContainerRuntime } from '../runtime-default.js';
import type { LintFinding, LintRule } from './lint-rule.js';
import type { LintSubject } from './lint-subject.js';

const RUNTIMES: readonly ContainerRuntime[] = ['containerd', 'crio'];

/** The rule with its findings made warnings where a runtime's own default filters the syscall in the same way: nobody is worse off for it. */
export function milderWhereUsual(rule: LintRule): LintRule {
  const { check } = rule;
  if (check === undefined) return rule;
  return {
    ...rule,
    *check(subject: LintSubject): Iterable<LintFinding> {
      for (const finding of check(subject)) {
        const runtime = whoseDefaultDoes(finding, subject);
        yield runtime === undefined
          ? finding
          : { ...finding, severity: 'warning', message: `${finding.message} (the default of ${runtime} is so, too)` };
      }
    },
  };
}

function whoseDefaultDoes({ path }: LintFinding, subject: LintSubject): ContainerRuntime | undefined {
  const index = subject.parsed.rulePaths.findIndex((rulePath) => path.startsWith(`${rulePath}.`));
  const names = subject.profile.rules[index]?.names ?? [];
  if (names.length === 0) return undefined;
  return RUNTIMES.find((runtime) => {
    const ceiling = subject.ceiling(runtime, subject.native);
    return (
      ceiling !== undefined && names.every((name) => filtersAlike(subject.decision(name), decisionFor(ceiling, name)))
    );
  });
}

/** By the same rules; what happens to the rest may differ in its errno. */
function filtersAlike(a: Decision, b: Decision): boolean {
  if (a.kind === 'always' || b.kind === 'always') return false;
  return isLetThrough(a.otherwise) === isLetThrough(b.otherwise) && sameDecision({ ...a, otherwise: b.otherwise }, b);
}
