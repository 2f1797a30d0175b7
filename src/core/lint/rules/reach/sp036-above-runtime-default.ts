import { callInWords } from '../../../outcomes/outcome-in-words.js';
import { decisionFor, type SyscallDecision } from '../../../outcomes/syscall-decisions.js';
import { classOf } from '../../../syscalls/risk-syscalls.js';
import { byNumber, listed } from '../../../text/words.js';
import { allow, refuseAllBut } from '../../subject/example-profile.js';
import type { LintFinding, LintRule } from '../../subject/lint-rule.js';
import type { LintSubject } from '../../subject/lint-subject.js';

export const sp036AboveRuntimeDefault: LintRule = {
  id: 'SP036',
  severity: 'warning',
  title: "Wider than the runtime's default",
  why: 'A container without any profile of its own gets the default of the container runtime. What this profile allows beyond that, it opens.',
  fix: 'Refuse them, unless the program needs them; seccomply profile diff against RuntimeDefault, with the same --reading, shows each one.',
  failing: { text: refuseAllBut([allow(['io_uring_setup'])]) },
  passing: { text: refuseAllBut([allow(['read'])]) },
  check: aboveDefault,
};

function* aboveDefault(subject: LintSubject): Iterable<LintFinding> {
  const runtime = subject.options.runtimeDefault ?? 'containerd';
  const excess = new Map<string, { readonly shown: string; readonly decision: SyscallDecision }>();
  for (const filter of subject.filters) {
    const ceiling = subject.ceiling(runtime, filter.architecture);
    if (ceiling === undefined) continue;
    for (const { syscall, args } of subject.excess(filter, ceiling, excess)) {
      const partly = decisionFor(ceiling, syscall).kind === 'when' && args !== undefined;
      excess.set(syscall, {
        shown: partly ? callInWords(syscall, args) : syscall,
        decision: decisionFor(filter, syscall),
      });
    }
  }
  if (excess.size === 0) return;
  const names = [...excess.keys()].sort((a, b) => (classOf(a) + a < classOf(b) + b ? -1 : 1));
  const named = names.find((name) => subject.names(name));
  yield {
    path: named === undefined ? subject.top('defaultAction') : subject.placeOf(named),
    message: `${excess.size} ${byNumber(excess.size, 'syscall is', 'syscalls are')} let through that the default of ${runtime} refuses: ${listed(
      names.map((name) => excess.get(name)?.shown ?? name),
      10,
    )}`,
    advice: `Refuse them, unless the program needs them; seccomply profile diff against RuntimeDefault${
      subject.isCompiled ? '' : ` with --reading ${subject.options.reading ?? 'raw'}`
    } shows each one.`,
  };
}
