import { versionOf } from '../../../profile/conditions.js';
import { hasTable } from '../../../syscalls/filter-architecture.js';
import { isSyscallName, syscallNumber } from '../../../syscalls/syscall-table.js';
import { byNumber, listed } from '../../../text/words.js';
import { allowAllBut, refuse } from '../../subject/example-profile.js';
import type { LintFinding, LintRule } from '../../subject/lint-rule.js';
import type { LintSubject } from '../../subject/lint-subject.js';

export const sp028NameMissingElsewhere: LintRule = {
  id: 'SP028',
  severity: 'info',
  title: 'A refused name that another architecture does not have',
  why: 'A name stands for a number on each architecture. Where an architecture does not have the name, the rule does nothing there, and the work can be done by another syscall.',
  fix: 'Refuse what does the same work there, too, or allow by name and refuse by default.',
  failing: { text: allowAllBut([refuse(['open'])], { architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_AARCH64'] }) },
  passing: { text: allowAllBut([refuse(['openat'])], { architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_AARCH64'] }) },
  check: refusedElsewhere,
};

function* refusedElsewhere(subject: LintSubject): Iterable<LintFinding> {
  const { rules, plain, native, setting, top } = subject;
  if (!subject.defaultLetsThrough) return;
  const architectures = [...new Set<string>([native, ...(plain.architectures ?? [])])].filter(hasTable);
  for (const architecture of architectures) {
    const names = rules
      .filter(({ rule }) => !['SCMP_ACT_ALLOW', 'SCMP_ACT_LOG'].includes(rule.action))
      .flatMap(({ rule }) => rule.names)
      .filter(
        (name) =>
          isSyscallName(name) &&
          syscallNumber(architecture, name) === undefined &&
          architectures.some((other) => syscallNumber(other, name) !== undefined),
      );
    const [first] = names;
    if (first !== undefined)
      yield {
        path: subject.placeOf(first),
        message: `${architecture} has no ${listed([...new Set(names)])}: what does ${byNumber(names.length, 'its', 'their')} work there is not refused by this`,
      };
  }
  const [major, minor] = versionOf(setting.kernel);
  if (plain.architectures?.includes('SCMP_ARCH_X32') && (major < 5 || (major === 5 && minor < 4)))
    yield {
      path: top('architectures'),
      severity: 'warning',
      message: `kernels before 5.4 take x32's numbers 512 to 547 for other syscalls: a refusal by name can be got past through x32`,
      advice: 'Leave SCMP_ARCH_X32 out: its callers are killed then.',
    };
}
