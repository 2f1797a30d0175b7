import { isLetThrough } from '../../compile/verdicts.js';
import type { LintSubject } from './lint-subject.js';

/** Whether no call at all gets through, whatever its number. */
export function allowsNothing({ rules, defaultOutcome, profile }: LintSubject): boolean {
  if (isLetThrough(defaultOutcome) || profile.baseProfileName !== undefined) return false;
  return defaultOutcome.action !== 'SCMP_ACT_NOTIFY' && rules.every(({ outcome }) => !isLetThrough(outcome));
}
