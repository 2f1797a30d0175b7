import { counted } from '../../../text/words.js';
import { allowAllBut, refuse } from '../../subject/example-profile.js';
import type { LintFinding, LintRule } from '../../subject/lint-rule.js';
import type { LintSubject } from '../../subject/lint-subject.js';

export const sp050LargeProfile: LintRule = {
  id: 'SP050',
  severity: 'info',
  title: 'A very large profile',
  why: 'The kernel takes filters of at most 4096 instructions, and every syscall that is not allowed without conditions walks through them.',
  fix: 'Name each syscall once, leave the architectures of other machines out, and filter fewer arguments.',
  failing: { text: allowAllBut([refuse(Array.from({ length: 1001 }, () => 'keyctl'))]) },
  passing: { text: allowAllBut([refuse(['keyctl'])]) },
  check: large,
};

const MOST_INSTRUCTIONS = 4096;

const LARGE_FILE = 1024 * 1024;

function* large({ length, profile, rules, plain, top }: LintSubject): Iterable<LintFinding> {
  if (length > LARGE_FILE)
    yield { path: '', message: `the document has ${length} characters; object stores of Kubernetes end at 1 MiB` };
  const names = profile.rules.reduce((sum, rule) => sum + rule.names.length, 0);
  const architectures = Math.max(1, plain.architectures?.length ?? 1);
  // A syscall takes a jump, and in large filters now and then an end of its own; a condition on 64 bits looks at both halves.
  const perArchitecture = rules.reduce((sum, { rule }) => sum + rule.names.length * (1.1 + 5 * rule.args.length), 0);
  const instructions = Math.round(architectures * perArchitecture);
  if (names > 1000)
    yield { path: top('syscalls'), message: `the rules have ${names} names, more than any kernel has syscalls` };
  else if (instructions > MOST_INSTRUCTIONS)
    yield {
      path: top('syscalls'),
      message: `on ${counted(architectures, 'architecture')} the rules come to about ${instructions} instructions; the kernel takes ${MOST_INSTRUCTIONS}`,
    };
}
