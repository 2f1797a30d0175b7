import type { Problem } from '../problem/problem.js';
import type { ParsedProfile } from '../profile/read/parsed-profile.js';
import { parseProfile } from '../profile/read/yaml/parse-profile.js';
import { byPlace } from './by-place.js';
import { LINT_RULES } from './lint-rules.js';
import type { LintOptions } from './subject/lint-options.js';
import type { LintRule } from './subject/lint-rule.js';
import { LintSubject } from './subject/lint-subject.js';

export interface Linted {
  /** In the order of the document. */
  readonly problems: readonly Problem[];
  /** False while mistakes leave open what the profile means: the rules on its meaning were not asked. */
  readonly isComplete: boolean;
  readonly parsed: ParsedProfile;
}

/** Reads a profile and finds what is wrong with it (SP001 to SP058, docs/reference/profile-lint.md). Never throws. */
export function lintProfile(text: string, options: LintOptions & { readonly file?: string } = {}): Linted {
  const parsed = parseProfile(text, options.file === undefined ? {} : { file: options.file });
  if (parsed.profile === undefined) return { problems: parsed.problems, isComplete: false, parsed };
  const subject = new LintSubject(parsed, parsed.profile, options, text.length);
  const found: Problem[] = [...parsed.problems];
  for (const rule of LINT_RULES) {
    if (rule.check === undefined || (subject.isCompiled && rule.compiled === 'off')) continue;
    for (const finding of rule.check(subject))
      found.push({
        code: rule.id,
        severity: finding.severity ?? severityOf(rule, subject.isCompiled),
        message: finding.message,
        advice: finding.advice ?? rule.fix,
        place: parsed.placeOf(finding.path),
      });
  }
  return { problems: found.sort(byPlace), isComplete: true, parsed };
}

function severityOf({ severity, compiled }: LintRule, isCompiled: boolean): Problem['severity'] {
  return isCompiled && compiled !== undefined && compiled !== 'off' ? compiled : severity;
}
