import type { Argument, Operator } from '../profile/model.js';

/** A condition on one argument. EQ and the like compare all bits: `mask` is 2^64 - 1, or 2^32 - 1 once narrowed to 32 bits. */
export interface Comparison {
  readonly argument: number;
  readonly operator: Operator;
  readonly mask: bigint;
  readonly datum: bigint;
}

/** A condition as libseccomp's API takes it: MASKED_EQ has its mask in `value`. */
export function comparisonOf({ index, op, value, valueTwo }: Argument): Comparison {
  return op === 'SCMP_CMP_MASKED_EQ'
    ? { argument: index, operator: op, mask: value, datum: valueTwo }
    : { argument: index, operator: op, mask: widest(64), datum: value };
}

/** The largest number that an architecture compares. */
export function widest(bits: 32 | 64): bigint {
  return bits === 64 ? 0xffff_ffff_ffff_ffffn : 0xffff_ffffn;
}

/** The comparison as an architecture makes it: on those of 32 bits, x32 among them, of the low halves. */
export function narrowed({ argument, operator, mask, datum }: Comparison, bits: 32 | 64): Comparison {
  const seen = mask & widest(bits);
  return { argument, operator, mask: seen, datum: datum & seen };
}

/** All comparisons are unsigned. */
function holdsOf({ operator, mask, datum }: Comparison, value: bigint): boolean {
  switch (operator) {
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
      return (value & mask) === datum;
  }
}

/** Whether the arguments of a call, within the width of the narrowed comparison, meet it. A missing one is 0. */
export function isMet(comparison: Comparison, args: readonly bigint[]): boolean {
  return holdsOf(comparison, args[comparison.argument] ?? 0n);
}

/** LT, LE, GE and GT. */
export function isOrdered({ operator }: Comparison): boolean {
  return (
    operator === 'SCMP_CMP_LT' || operator === 'SCMP_CMP_LE' || operator === 'SCMP_CMP_GE' || operator === 'SCMP_CMP_GT'
  );
}

/** EQ and MASKED_EQ. */
export function isEquality({ operator }: Comparison): boolean {
  return operator === 'SCMP_CMP_EQ' || operator === 'SCMP_CMP_MASKED_EQ';
}

export function isMasked({ operator }: Comparison): boolean {
  return operator === 'SCMP_CMP_MASKED_EQ';
}

/** The same for the same narrowed comparisons. */
export function comparisonKey({ argument, operator, mask, datum }: Comparison): string {
  return `${argument} ${operator} ${mask} ${datum}`;
}

/** The comparison that holds for every value that this one does not hold for; undefined for MASKED_EQ. */
export function oppositeOf(comparison: Comparison): Comparison | undefined {
  const operator = OPPOSITES[comparison.operator];
  return operator === undefined ? undefined : { ...comparison, operator };
}

const OPPOSITES: Readonly<Partial<Record<Operator, Operator>>> = {
  SCMP_CMP_EQ: 'SCMP_CMP_NE',
  SCMP_CMP_NE: 'SCMP_CMP_EQ',
  SCMP_CMP_LT: 'SCMP_CMP_GE',
  SCMP_CMP_GE: 'SCMP_CMP_LT',
  SCMP_CMP_LE: 'SCMP_CMP_GT',
  SCMP_CMP_GT: 'SCMP_CMP_LE',
};
