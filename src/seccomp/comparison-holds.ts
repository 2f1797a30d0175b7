import type { Comparison } from './argument-tree.js';
import type { Argument } from './model.js';

/** A condition as libseccomp's API takes it. */
export function comparisonOf({ index, op, value, valueTwo }: Argument): Comparison {
  return op === 'SCMP_CMP_MASKED_EQ'
    ? { argument: index, operator: op, mask: value, datum: valueTwo }
    : { argument: index, operator: op, mask: ALL_BITS, datum: value };
}

const ALL_BITS = 0xffff_ffff_ffff_ffffn;

/** Whether the arguments of a call meet a condition, read as the profile says it; of 32 bits only the lower half is compared. */
export function comparisonHolds(comparison: Comparison, args: readonly bigint[], bits: 32 | 64): boolean {
  const width = bits === 64 ? ALL_BITS : 0xffff_ffffn;
  const value = (args[comparison.argument] ?? 0n) & width;
  const datum = comparison.datum & comparison.mask & width;
  switch (comparison.operator) {
    case 'SCMP_CMP_EQ':
      return value === datum;
    case 'SCMP_CMP_NE':
      return value !== datum;
    case 'SCMP_CMP_LT':
      return value < datum;
    case 'SCMP_CMP_LE':
      return value <= datum;
    case 'SCMP_CMP_GE':
      return value >= datum;
    case 'SCMP_CMP_GT':
      return value > datum;
    case 'SCMP_CMP_MASKED_EQ':
      return (value & comparison.mask) === datum;
  }
}
