import { reachOf } from '../../../outcomes/syscall-decisions.js';
import { allow, refuseAllBut } from '../../subject/example-profile.js';
import type { LintRule } from '../../subject/lint-rule.js';
import { FILTERED_CLONE, NO_CLONE3 } from './example-clone.js';
import { CLONE3_RULE, takeOutAndAdd } from './take-out.js';

export const sp033Clone3Bypass: LintRule = {
  id: 'SP033',
  severity: 'error',
  compiled: 'warning',
  title: 'clone3 is the way around a filtered clone',
  why: 'clone3 has its flags in memory, where no filter can look. Beside a clone whose flags are filtered it does what was to be refused.',
  fix: 'Give clone3 SCMP_ACT_ERRNO with errnoRet 38: programs then use clone. What needs clone3 itself fails: CRIU, engines that start processes inside a cgroup.',
  failing: { text: refuseAllBut([FILTERED_CLONE, allow(['clone3'])]) },
  passing: { text: refuseAllBut([FILTERED_CLONE, NO_CLONE3]) },
  *check(subject) {
    if (reachOf(subject.decision('clone')) !== 'some' || reachOf(subject.decision('clone3')) === 'none') return;
    yield {
      path: subject.placeOf('clone3'),
      message: `the flags of clone are filtered, and clone3 is let through${subject.names('clone3') ? '' : ' by the default'}: it makes the same namespaces with flags that no filter sees`,
      advice: `${takeOutAndAdd(subject, 'clone3', CLONE3_RULE)}. Programs then use clone; what needs clone3 itself fails: CRIU, engines that start processes inside a cgroup.`,
    };
  },
};
