import type { Verdict } from './compile-verdicts.js';
import { ARCHITECTURES } from './model.js';
import { syscallNumber } from './syscall-table.js';

/** Exists nearly everywhere as a number without a syscall behind it since Linux 3.1: the kernel's own answer is ENOSYS. */
const ANCHOR = 'nfsservctl';

/**
 * libseccomp (2.5.4 to 2.6.1) loads the syscall's number in the first block of an architecture's part of the filter. A name that the
 * architecture does not have gets no block; where it comes first, that whole part does nothing. Names with unconditional rules that
 * exist come before, so one such rule is enough: a refusal of what the kernel refuses anyway.
 */
export function addAnchor(byName: Map<string, Verdict>, architectures: readonly string[]): void {
  const names = [...byName];
  const needed = ARCHITECTURES.filter((architecture) => architectures.includes(architecture)).some((architecture) => {
    const exists = (name: string) => syscallNumber(architecture, name) !== undefined;
    return (
      names.some(([name]) => !exists(name)) &&
      !names.some(([name, verdict]) => verdict.kind === 'always' && exists(name))
    );
  });
  if (needed && !byName.has(ANCHOR)) {
    byName.set(ANCHOR, { kind: 'always', outcome: { action: 'SCMP_ACT_ERRNO', errno: 38 } });
  }
}
