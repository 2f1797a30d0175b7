import { NAMESPACE_FLAGS } from '../../../profile/runtime-base.js';
import { byNumber, listed } from '../../../text/words.js';
import { allow, refuseAllBut } from '../../subject/example-profile.js';
import type { LintRule } from '../../subject/lint-rule.js';
import type { LintSubject } from '../../subject/lint-subject.js';
import { FILTERED_CLONE, NO_CLONE3 } from './example-clone.js';
import { CLONE_NEWUSER, cloneFlags, makesNamespace, NAMESPACES } from './namespaces.js';
import { CLONE3_RULE, takeOut, takeOutAndAdd } from './take-out.js';

export const sp032CloneNamespaces: LintRule = {
  id: 'SP032',
  severity: 'warning',
  title: 'clone or unshare can make namespaces',
  why: 'With CLONE_NEWUSER among its flags, clone or unshare gives a process all capabilities over new namespaces, from which most kernel exploits of containers start. For that flag the kernel asks for no capability; for the others it asks for CAP_SYS_ADMIN, which such a process has. A note where no syscall is let through with CLONE_NEWUSER.',
  fix: 'Refuse unshare. Where the default refuses, allow clone with "index": 0 (on s390x 1), "op": "SCMP_CMP_MASKED_EQ", "value": 2114060288, "valueTwo": 0; where it allows, refuse clone for each flag. Programs that make sandboxes of their own (browsers, bubblewrap, rootless engines) fail then.',
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
      advice: adviceFor(subject, open),
    };
  },
};

function adviceFor(subject: LintSubject, open: readonly ('clone' | 'unshare')[]): string {
  const steps = open.map((name) => (name === 'unshare' ? withoutUnshare(subject) : filteredClone(subject)));
  const { kind, outcome } = { outcome: undefined, ...subject.decision('clone3') };
  // A filtered clone beside an open clone3 is of no use (SP033), nor one that programs do not go back to (SP034).
  if (open.includes('clone') && !(kind === 'always' && outcome?.errno === 38))
    steps.push(takeOutAndAdd(subject, 'clone3', CLONE3_RULE));
  return `${steps.join('. ')}. Programs that make sandboxes of their own (browsers, bubblewrap, rootless engines) fail then.`;
}

function withoutUnshare(subject: LintSubject): string {
  if (!subject.defaultLetsThrough) return takeOut(subject, 'unshare');
  return takeOutAndAdd(subject, 'unshare', '"names": ["unshare"], "action": "SCMP_ACT_ERRNO"');
}

/** A condition that asks for the absence of all flags at once lets through; to refuse any of them takes one rule for each. */
function filteredClone(subject: LintSubject): string {
  const condition = `"index": ${cloneFlags(subject)}, "op": "SCMP_CMP_MASKED_EQ"`;
  if (!subject.defaultLetsThrough)
    return `${takeOut(subject, 'clone')}, and allow it with ${condition}, "value": ${NAMESPACE_FLAGS}, "valueTwo": 0`;
  const flags = NAMESPACES.filter(({ bit }) => makesNamespace(subject, 'clone', bit));
  return `Refuse clone for each of these flags, one rule each: ${condition}, and the flag as "value" and as "valueTwo": ${listed(
    flags.map(({ name, bit }) => `${bit} (${name})`),
  )}`;
}
