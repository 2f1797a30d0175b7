import { listed } from '../../../text/words.js';
import { allow, refuseAllBut } from '../../subject/example-profile.js';
import type { LintRule } from '../../subject/lint-rule.js';
import type { LintSubject } from '../../subject/lint-subject.js';
import { canCall } from './can-call.js';
import { FILTERED_CLONE, NO_CLONE3 } from './example-clone.js';

export const sp032CloneNamespaces: LintRule = {
  id: 'SP032',
  severity: 'warning',
  title: 'clone can make namespaces',
  why: 'With CLONE_NEWUSER among its flags, clone gives a process all capabilities over new namespaces, from which most kernel exploits of containers start.',
  fix: 'Allow clone with "index": 0 (on s390x 1), "op": "SCMP_CMP_MASKED_EQ", "value": 2114060288, "valueTwo": 0. Programs that make sandboxes of their own (browsers, bubblewrap, rootless engines) fail then.',
  failing: { text: refuseAllBut([allow(['clone'])]) },
  passing: { text: refuseAllBut([FILTERED_CLONE, NO_CLONE3]) },
  *check(subject) {
    if (!subject.names('clone') || subject.has('CAP_SYS_ADMIN')) return;
    const flags = NAMESPACES.filter(({ bit }) =>
      canCall(subject.on(subject.native), 'clone', cloneFlags(subject), bit, bit),
    );
    if (flags.length > 0)
      yield {
        path: subject.placeOf('clone'),
        message: `clone is let through with ${listed(
          flags.map(({ name }) => name),
          3,
        )}: it makes namespaces, without CAP_SYS_ADMIN too (user namespaces)`,
      };
  },
};

const NAMESPACES = [
  { name: 'CLONE_NEWUSER', bit: 0x10000000n },
  { name: 'CLONE_NEWNS', bit: 0x20000n },
  { name: 'CLONE_NEWNET', bit: 0x40000000n },
  { name: 'CLONE_NEWPID', bit: 0x20000000n },
  { name: 'CLONE_NEWIPC', bit: 0x8000000n },
  { name: 'CLONE_NEWUTS', bit: 0x4000000n },
  { name: 'CLONE_NEWCGROUP', bit: 0x2000000n },
];

function cloneFlags({ native }: LintSubject): number {
  return native === 'SCMP_ARCH_S390X' ? 1 : 0;
}
