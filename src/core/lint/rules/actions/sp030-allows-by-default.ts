import { classOf } from '../../../syscalls/risk-syscalls.js';
import { listed } from '../../../text/words.js';
import { allowAllBut, refuse } from '../../subject/example-profile.js';
import type { LintRule } from '../../subject/lint-rule.js';
import { BASIC_RULE } from './basic-rule.js';

export const sp030AllowsByDefault: LintRule = {
  id: 'SP030',
  severity: 'warning',
  title: 'Everything is allowed but a list',
  why: 'A list of refusals is never complete: syscalls that are not on it stay open, those of future kernels among them.',
  fix: 'Refuse by default and allow what the program needs; seccomply profile diff against RuntimeDefault says what is open now. What is then not on the list fails: record the program first, or try the list with SCMP_ACT_LOG as the default.',
  failing: { text: allowAllBut([refuse(['keyctl'])]) },
  passing: { text: JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [BASIC_RULE] }) },
  *check(subject) {
    if (subject.profile.defaultAction !== 'SCMP_ACT_ALLOW') return;
    const own = subject.on(subject.native);
    const ceiling = subject.ceiling(subject.options.runtimeDefault ?? 'containerd', subject.native);
    const open = ceiling === undefined ? [] : [...subject.excess(own, ceiling)].map(({ syscall }) => syscall);
    const dangerous = open
      .filter((name) => classOf(name) < 'C3')
      .sort((a, b) => (classOf(a) + a < classOf(b) + b ? -1 : 1));
    yield {
      path: subject.top('defaultAction'),
      message: `every syscall that no rule names is allowed${
        dangerous.length === 0
          ? ''
          : `, ${dangerous.length} dangerous ones among them that the runtime's default refuses: ${listed(dangerous, 6)}`
      }; so are those of kernels to come`,
    };
  },
};
