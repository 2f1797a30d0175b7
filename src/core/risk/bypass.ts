import type { Argument } from '../profile/model.js';
import type { Architecture } from '../syscalls/architectures.js';
import { FILTER_ARCHITECTURES } from '../syscalls/filter-architecture.js';
import { argumentBits } from '../syscalls/syscall-arguments.js';

/**
 * How many bits the kernel looks at, where setting one above them, to which it pays no heed, gets a call past the condition: it makes a
 * refusing one not match, or a letting-through one match. Undefined where no such bit does.
 */
export function bypassableBits(
  architecture: Architecture,
  syscall: string,
  arg: Argument,
  letsThrough: boolean,
): number | undefined {
  const bits = argumentBits(architecture, syscall, arg.index);
  const compared = BigInt.asUintN(
    FILTER_ARCHITECTURES[architecture].bits,
    arg.op === 'SCMP_CMP_MASKED_EQ' ? arg.value : -1n,
  );
  return compared >> BigInt(bits) !== 0n && canFlip(arg.op, letsThrough) ? bits : undefined;
}

/** Whether a high bit makes the comparison come out as the caller wants. */
function canFlip(operator: Argument['op'], letsThrough: boolean): boolean {
  switch (operator) {
    case 'SCMP_CMP_NE':
    case 'SCMP_CMP_GE':
    case 'SCMP_CMP_GT':
      return letsThrough;
    case 'SCMP_CMP_EQ':
    case 'SCMP_CMP_LT':
    case 'SCMP_CMP_LE':
    case 'SCMP_CMP_MASKED_EQ':
      return !letsThrough;
  }
}
