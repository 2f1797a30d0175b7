import { type Comparison, isMasked } from './comparison.js';

export const HALF = 32n;
export const LOW = 0xffff_ffffn;

/** Comparisons that make the same test of the low half of a number, and only go on from it in another way. */
export function lowTest(comparison: Comparison): 'equal' | 'less' | 'greater' | 'masked' {
  switch (comparison.operator) {
    case 'SCMP_CMP_EQ':
    case 'SCMP_CMP_NE':
      return 'equal';
    case 'SCMP_CMP_LT':
    case 'SCMP_CMP_GE':
      return 'less';
    case 'SCMP_CMP_GT':
    case 'SCMP_CMP_LE':
      return 'greater';
    case 'SCMP_CMP_MASKED_EQ':
      return lowMask(comparison) === LOW ? 'equal' : 'masked';
  }
}

/** The low halves of mask and number; all but MASKED_EQ look at every bit. */
export function lowMask(comparison: Comparison): bigint {
  return isMasked(comparison) ? comparison.mask & LOW : LOW;
}

export function lowDatum({ datum }: Comparison): bigint {
  return datum & LOW;
}

/** The same for comparisons of one argument with numbers of the same low half. */
export function lowKey(comparison: Comparison): string {
  return `${comparison.argument} ${lowDatum(comparison)}`;
}

/** The same for comparisons that look at the same low half of mask and number of one argument. */
export function lowHalfKey(comparison: Comparison): string {
  return `${lowKey(comparison)} ${lowMask(comparison)}`;
}
