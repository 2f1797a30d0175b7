import type { Problem } from '../problem/problem.js';
import type { OtherObject } from '../profile/read/yaml/profile-file.js';
import { LINT_RULES } from './lint-rules.js';
import type { KnownProfiles, LintFinding, LintRule } from './subject/lint-rule.js';
import { podMadeBy } from './subject/pod-document.js';

/**
 * What is wrong with how an object names seccomp profiles; undefined where it makes no pods and nothing is.
 * @param catalogue of the nodes; absent: not known
 */
export function lintObject(object: OtherObject, catalogue?: KnownProfiles): readonly Problem[] | undefined {
  const pod = podMadeBy(object);
  const problem = (rule: LintRule, { path, message, advice, severity }: LintFinding): Problem => ({
    code: rule.id,
    severity: severity ?? rule.severity,
    message,
    advice: advice ?? rule.fix,
    place: object.placeOf(path),
  });
  const found = LINT_RULES.flatMap((rule) => [
    ...[...(rule.checkObject?.(object) ?? [])].map((finding) => problem(rule, finding)),
    ...(pod === undefined ? [] : [...(rule.checkPod?.(pod, catalogue) ?? [])].map((finding) => problem(rule, finding))),
  ]);
  return pod === undefined && found.length === 0 ? undefined : [...object.problems, ...found];
}
