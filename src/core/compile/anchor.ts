import { ARCHITECTURES } from '../syscalls/architectures.js';
import { syscallNumber } from '../syscalls/syscall-table.js';
import { ENOSYS_OUTCOME } from './clone3.js';
import { type ActionOutcome, sameOutcome, type Verdict } from './verdicts.js';

/** Exists nearly everywhere as a number without a syscall behind it since Linux 3.1: the kernel's own answer is ENOSYS. */
const ANCHOR = 'nfsservctl';

/**
 * Where an architecture has no rule without conditions on a syscall of its own, and there are rules on names that it does not have, the
 * rules with conditions can do nothing there (class `foreign-name` in ambiguity.ts). One rule without conditions is enough: a refusal of
 * what the kernel refuses anyway. Runtimes skip a rule that does what the default does.
 */
export function addAnchor(
  byName: Map<string, Verdict>,
  architectures: readonly string[],
  defaultOutcome?: ActionOutcome,
): void {
  const names = [...byName];
  const needed = ARCHITECTURES.filter((architecture) => architectures.includes(architecture)).some((architecture) => {
    const exists = (name: string) => syscallNumber(architecture, name) !== undefined;
    return (
      names.some(([name]) => !exists(name)) &&
      !names.some(([name, verdict]) => verdict.kind === 'always' && exists(name))
    );
  });
  if (needed && !byName.has(ANCHOR)) {
    const isSkipped = defaultOutcome !== undefined && sameOutcome(defaultOutcome, ENOSYS_OUTCOME);
    byName.set(ANCHOR, {
      kind: 'always',
      outcome: isSkipped ? { action: 'SCMP_ACT_ERRNO', errno: 1 } : ENOSYS_OUTCOME,
    });
  }
}
