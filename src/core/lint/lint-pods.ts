import type { Problem } from '../problem/problem.js';
import { byPlace } from './by-place.js';
import { LINT_RULES } from './lint-rules.js';
import type { KnownProfiles } from './subject/lint-rule.js';
import { readPods } from './subject/pod-document.js';

export interface LintPodsOptions {
  readonly file?: string;
  /** Of the nodes; absent: not known. */
  readonly catalogue?: KnownProfiles;
}

/** What is wrong with how the pods of a manifest name their profiles (SP047 to SP049), in the order of the document. */
export function lintPods(text: string, options: LintPodsOptions = {}): readonly Problem[] {
  const { pods, problems } = readPods(text, options.file);
  const found: Problem[] = [...problems];
  for (const pod of pods)
    for (const rule of LINT_RULES)
      for (const finding of rule.checkPod?.(pod, options.catalogue) ?? [])
        found.push({
          code: rule.id,
          severity: finding.severity ?? rule.severity,
          message: finding.message,
          advice: finding.advice ?? rule.fix,
          place: pod.placeOf(finding.path),
        });
  return found.sort(byPlace);
}
