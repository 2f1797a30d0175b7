import { reachOf } from '../../../outcomes/syscall-decisions.js';
import { byNumber, listed } from '../../../text/words.js';
import { allow, refuseAllBut } from '../../subject/example-profile.js';
import type { LintRule } from '../../subject/lint-rule.js';

export const sp038IoUring: LintRule = {
  id: 'SP038',
  severity: 'warning',
  title: 'io_uring goes past the filter',
  why: 'Operations on an io_uring are made by the kernel: opening files, sockets and the like through it does not meet the filter, and it has been the richest source of kernel exploits of its years.',
  fix: 'Refuse io_uring_setup, io_uring_enter and io_uring_register with errnoRet 38; most programs go back to other calls, more slowly, and those without another way fail.',
  failing: { text: refuseAllBut([allow(['io_uring_setup', 'io_uring_enter'])]) },
  passing: { text: refuseAllBut([allow(['epoll_wait'])]) },
  *check(subject) {
    const open = ['io_uring_setup', 'io_uring_enter', 'io_uring_register'].filter(
      (name) => subject.names(name) && reachOf(subject.decision(name)) !== 'none',
    );
    const [first] = open;
    if (first !== undefined)
      yield {
        path: subject.placeOf(first),
        message: `${listed(open)} ${byNumber(open.length, 'is', 'are')} let through: what is done through an io_uring does not meet this filter`,
      };
  },
};
