import { existsNowhere } from '../../../compile/architectures.js';
import { isLetThrough } from '../../../compile/verdicts.js';
import { OBSOLETE } from '../../../syscalls/risk-syscalls.js';
import { byNumber, listed } from '../../../text/words.js';
import type { LintFinding, LintRule } from '../../subject/lint-rule.js';
import type { LintSubject } from '../../subject/lint-subject.js';
import { allowOnly } from './example-allow-list.js';

export const sp042UselessName: LintRule = {
  id: 'SP042',
  severity: 'info',
  title: 'A name without a use on these nodes',
  why: "None of the profile's architectures has the syscall, or kernels dropped it long ago. A rule with conditions on such a name can make libseccomp pass over all others.",
  fix: 'Remove it.',
  failing: { text: allowOnly('read', 'uselib') },
  passing: { text: allowOnly('read') },
  check: useless,
};

function* useless(subject: LintSubject): Iterable<LintFinding> {
  const architectures = [...new Set<string>([subject.native, ...(subject.plain.architectures ?? [])])];
  const elsewhere: { readonly name: string; readonly path: string }[] = [];
  const obsolete: typeof elsewhere = [];
  for (const placed of subject.rules)
    for (const [i, name] of placed.rule.names.entries()) {
      const found = { name, path: subject.namePath(placed, i) };
      if (OBSOLETE.has(name)) {
        // Refusing one is as good as any refusal.
        if (isLetThrough(placed.outcome)) obsolete.push(found);
      } else if (!subject.isCompiled && existsNowhere(name, architectures)) elsewhere.push(found);
    }
  if (obsolete[0] !== undefined)
    yield {
      path: obsolete[0].path,
      message: `${listed([...new Set(obsolete.map(({ name }) => name))])}: no kernel of today does anything for ${byNumber(obsolete.length, 'it', 'them')}`,
    };
  if (elsewhere[0] !== undefined)
    yield {
      path: elsewhere[0].path,
      message: `${listed([...new Set(elsewhere.map(({ name }) => name))])} ${byNumber(elsewhere.length, 'is', 'are')} not on ${listed(architectures)}`,
      advice: 'Remove what is not needed, or list the architectures that have it.',
    };
}
