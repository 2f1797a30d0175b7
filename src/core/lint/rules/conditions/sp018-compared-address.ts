import { isLetThrough } from '../../../compile/verdicts.js';
import { argumentInWords } from '../../../outcomes/outcome-in-words.js';
import { isPointer } from '../../../syscalls/syscall-arguments.js';
import { listed } from '../../../text/words.js';
import { equal, refuseAllBut } from '../../subject/example-profile.js';
import type { LintRule } from '../../subject/lint-rule.js';
import { everyRule } from './every-rule.js';

export const sp018ComparedAddress: LintRule = {
  id: 'SP018',
  severity: 'warning',
  title: 'A comparison with an address',
  why: "The argument is a pointer: the filter sees where the data lies, not what it is, and where it lies is the program's choice. A refusal of one address is none: an error where the default lets the others through.",
  fix: 'Filter another argument, or refuse the syscall.',
  failing: { text: refuseAllBut([{ names: ['openat'], action: 'SCMP_ACT_ALLOW', args: [equal(1, 4096)] }]) },
  passing: { text: refuseAllBut([{ names: ['openat'], action: 'SCMP_ACT_ALLOW' }]) },
  *check(subject) {
    for (const { rule, path, outcome } of everyRule(subject)) {
      // Whoever makes the call puts the data elsewhere.
      const isLost = subject.defaultLetsThrough && !isLetThrough(outcome);
      for (const [i, arg] of rule.args.entries()) {
        const names = rule.names.filter((name) => isPointer(name, arg.index));
        if (names.length > 0)
          yield {
            path: `${path}.args[${i}]`,
            ...(isLost && arg.value !== 0n ? { severity: 'error' } : {}),
            message: `argument ${arg.index} of ${listed(names)} is an address: ${argumentInWords(arg)} says nothing of the data there`,
          };
      }
    }
  },
};
