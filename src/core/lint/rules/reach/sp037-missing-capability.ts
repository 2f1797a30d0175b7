import { isLetThrough } from '../../../compile/verdicts.js';
import { decisionFor, reachOf } from '../../../outcomes/syscall-decisions.js';
import { riskOf } from '../../../syscalls/risk-syscalls.js';
import { syscallNumber } from '../../../syscalls/syscall-table.js';
import { byNumber, listed } from '../../../text/words.js';
import { allow, refuseAllBut } from '../../subject/example-profile.js';
import type { LintFinding, LintRule } from '../../subject/lint-rule.js';
import type { LintSubject } from '../../subject/lint-subject.js';

export const sp037MissingCapability: LintRule = {
  id: 'SP037',
  severity: 'error',
  title: 'A dangerous syscall without the capability it needs',
  why: 'The kernel refuses the syscall to a container that lacks the capability, so allowing it is of no use; through a hole in the check it is a way into the kernel. Mounting, pivot_root and setns a program can also do inside a user namespace of its own, where it has every capability; for the others (modules, clock, swap, reboot, handles of files) that does not count.',
  fix: 'Refuse it, or give the container the capability if it is to do this (--cap says that it has it).',
  failing: { text: refuseAllBut([allow(['mount', 'init_module'])]) },
  passing: { text: refuseAllBut([allow(['mount'])]), options: { capabilities: ['CAP_SYS_ADMIN'] } },
  check: withoutCapability,
};

function* withoutCapability(subject: LintSubject): Iterable<LintFinding> {
  const { native, rules } = subject;
  const groups = new Map<
    string,
    { readonly capability: string; readonly names: string[]; readonly usual: boolean; readonly namespaced: boolean }
  >();
  const seen = new Set<string>();
  for (const { rule, outcome } of rules) {
    if (!isLetThrough(outcome)) continue;
    for (const name of rule.names) {
      const risk = riskOf(name);
      if (seen.has(name) || risk?.capability === undefined || risk.class > 'C1' || subject.has(risk.capability))
        continue;
      seen.add(name);
      if (syscallNumber(native, name) === undefined || reachOf(subject.decision(name)) === 'none') continue;
      const usual = (['containerd', 'crio'] as const).some((runtime) => {
        const ceiling = subject.ceiling(runtime, native);
        return ceiling !== undefined && reachOf(decisionFor(ceiling, name)) !== 'none';
      });
      const namespaced = risk.namespaced === true;
      const key = `${risk.capability} ${usual} ${namespaced}`;
      const group = groups.get(key) ?? { capability: risk.capability, names: [], usual, namespaced };
      groups.set(key, group);
      group.names.push(name);
    }
  }
  for (const { capability, names, usual, namespaced } of groups.values()) {
    const [first = ''] = names;
    yield {
      path: subject.placeOf(first),
      message: `${listed(names)} ${byNumber(names.length, 'is', 'are')} let through to a container without ${capability}, which the kernel asks for${
        namespaced ? '' : ' in the initial user namespace'
      }${names.length === 1 ? ` (it ${riskOf(first)?.reason ?? ''})` : ''}: ${
        namespaced
          ? 'from a user namespace, or through a hole in that check, a way'
          : 'of no use, and through a hole in that check a way'
      } into the kernel${usual ? " (some runtime's default does, too)" : ''}`,
      ...(usual ? { severity: 'warning' as const } : {}),
    };
  }
}
