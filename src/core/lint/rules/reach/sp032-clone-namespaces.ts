import { byNumber, listed } from '../../../text/words.js';
import { allow, refuseAllBut } from '../../subject/example-profile.js';
import type { LintRule } from '../../subject/lint-rule.js';
import { FILTERED_CLONE, NO_CLONE3 } from './example-clone.js';
import { CLONE_NEWUSER, makesNamespace, NAMESPACES } from './namespaces.js';

export const sp032CloneNamespaces: LintRule = {
  id: 'SP032',
  severity: 'warning',
  title: 'clone or unshare can make namespaces',
  why: 'With CLONE_NEWUSER among its flags, clone or unshare gives a process all capabilities over new namespaces, from which most kernel exploits of containers start. For that flag the kernel asks for no capability; for the others it asks for CAP_SYS_ADMIN, which such a process has. A note where no syscall is let through with CLONE_NEWUSER.',
  fix: 'Refuse unshare. Allow clone with "index": 0 (on s390x 1), "op": "SCMP_CMP_MASKED_EQ", "value": 2114060288, "valueTwo": 0. Programs that make sandboxes of their own (browsers, bubblewrap, rootless engines) fail then.',
  failing: { text: refuseAllBut([allow(['clone'])]) },
  passing: { text: refuseAllBut([FILTERED_CLONE, NO_CLONE3]) },
  *check(subject) {
    if (subject.has('CAP_SYS_ADMIN')) return;
    const makers = (['clone', 'unshare'] as const).filter((name) => subject.names(name));
    const flags = NAMESPACES.filter(({ bit }) => makers.some((name) => makesNamespace(subject, name, bit)));
    const open = makers.filter((name) => flags.some(({ bit }) => makesNamespace(subject, name, bit)));
    const [first] = open;
    if (first === undefined) return;
    const makesUser = (['clone', 'unshare', 'clone3'] as const).some((name) =>
      makesNamespace(subject, name, CLONE_NEWUSER),
    );
    const names = listed(
      flags.map(({ name }) => name),
      3,
    );
    const head = `${listed(open)} ${byNumber(open.length, 'is', 'are')} let through with ${names}`;
    yield {
      path: subject.placeOf(first),
      ...(makesUser ? {} : { severity: 'info' as const }),
      message: makesUser
        ? `${head}: ${byNumber(open.length, 'it makes', 'they make')} namespaces, without CAP_SYS_ADMIN too (user namespaces)`
        : `${head}, for which the kernel asks for CAP_SYS_ADMIN, and nothing lets CLONE_NEWUSER through`,
    };
  },
};
