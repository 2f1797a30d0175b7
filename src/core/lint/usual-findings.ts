import { sameDecision } from '../compare/compare.js';
import { decisionFor, type SyscallDecision } from '../compare/decisions.js';
import { isLetThrough } from '../compile/verdicts.js';
import type { ContainerRuntime } from '../profile/runtime-default.js';
import type { LintFinding, LintRule } from './subject/lint-rule.js';
import type { LintSubject } from './subject/lint-subject.js';

const RUNTIMES: readonly ContainerRuntime[] = ['containerd', 'crio'];

/** The rule with its findings made warnings where a runtime's own default filters the syscall in the same way: nobody is worse off for it. */
export function milderWhereUsual(rule: LintRule): LintRule {
  const { check } = rule;
  if (check === undefined) return rule;
  return {
    ...rule,
    *check(subject: LintSubject): Iterable<LintFinding> {
      const places = new Map(subject.parsed.rulePaths.map((path, index) => [path, index]));
      for (const finding of check(subject)) {
        const runtime = whoseDefaultDoes(ruleAt(finding.path, places), subject);
        yield runtime === undefined
          ? finding
          : { ...finding, severity: 'warning', message: `${finding.message} (the default of ${runtime} is so, too)` };
      }
    },
  };
}

/** The index of the rule in which a path points to something; undefined where it does not. */
function ruleAt(path: string, places: ReadonlyMap<string, number>): number | undefined {
  for (let end = path.indexOf('.'); end >= 0; end = path.indexOf('.', end + 1)) {
    const index = places.get(path.slice(0, end));
    if (index !== undefined) return index;
  }
  return undefined;
}

function whoseDefaultDoes(index: number | undefined, subject: LintSubject): ContainerRuntime | undefined {
  const names = index === undefined ? [] : (subject.profile.rules[index]?.names ?? []);
  if (names.length === 0) return undefined;
  return RUNTIMES.find((runtime) => {
    const ceiling = subject.ceiling(runtime, subject.native);
    return (
      ceiling !== undefined && names.every((name) => filtersAlike(subject.decision(name), decisionFor(ceiling, name)))
    );
  });
}

/** By the same rules; what happens to the rest may differ in its errno. */
function filtersAlike(a: SyscallDecision, b: SyscallDecision): boolean {
  if (a.kind === 'always' || b.kind === 'always') return false;
  return isLetThrough(a.otherwise) === isLetThrough(b.otherwise) && sameDecision({ ...a, otherwise: b.otherwise }, b);
}
