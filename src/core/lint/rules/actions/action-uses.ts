import { listed } from '../../../text/words.js';
import type { LintFinding } from '../../subject/lint-rule.js';
import type { LintSubject } from '../../subject/lint-subject.js';

/** Where one of the actions stands, `verb` and `verbs` in the sentence for one syscall and for several. */
export function* actionUses(
  { profile, rules, top }: LintSubject,
  actions: readonly string[],
  sentence: (what: string) => string,
  verb: string,
  verbs: string,
): Iterable<LintFinding> {
  if (actions.includes(profile.defaultAction))
    yield {
      path: top('defaultAction'),
      message: sentence(`${profile.defaultAction}: a syscall that no rule names ${verb}`),
    };
  for (const { rule, path } of rules)
    if (actions.includes(rule.action))
      yield {
        path: `${path}.action`,
        message: sentence(`${rule.action}: ${listed(rule.names)} ${rule.names.length === 1 ? verb : verbs}`),
      };
}
