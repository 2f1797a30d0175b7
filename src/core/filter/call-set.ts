import { type Comparison, widest } from './comparison.js';

/** A set of calls of one syscall: all of `must` hold, and of each list in `avoid` at least one does not. */
export interface CallSet {
  readonly must: readonly Comparison[];
  readonly avoid: readonly (readonly Comparison[])[];
}

export const EVERY_CALL: CallSet = { must: [], avoid: [] };

export type Search =
  | { readonly kind: 'found'; readonly args: readonly bigint[] }
  | { readonly kind: 'none' }
  /** Given up: the conditions are too many. */
  | { readonly kind: 'unknown' };

/**
 * Looks for a call that is in all of the sets, by its six arguments. `none` is a proof. 32-bit architectures compare the low halves of
 * arguments and values.
 */
export function findCall(sets: readonly CallSet[], bits: 32 | 64, budget: SearchBudget = searchBudget()): Search {
  let space: Space | undefined = new Map();
  for (const { must } of sets) {
    for (const comparison of must) space = space && narrowed(space, normal(comparison, bits), bits);
  }
  if (space === undefined) return { kind: 'none' };
  const avoid = sets.flatMap((set) => set.avoid.map((group) => group.map((each) => normal(each, bits))));
  return avoiding(space, avoid, 0, bits, budget);
}

/** What several searches may take together. */
export function searchBudget(): SearchBudget {
  return { steps: STEPS };
}

export interface SearchBudget {
  steps: number;
}

const STEPS = 20_000;
const SMALL_RANGE = 4096n;

/** What is known of one argument. */
interface Range {
  readonly low: bigint;
  readonly high: bigint;
  /** Bits that are settled, and how. */
  readonly mask: bigint;
  readonly value: bigint;
  readonly not: readonly { readonly mask: bigint; readonly datum: bigint }[];
}

type Space = ReadonlyMap<number, Range>;

function normal(comparison: Comparison, bits: 32 | 64): Comparison {
  const all = widest(bits);
  const mask = comparison.operator === 'SCMP_CMP_MASKED_EQ' ? comparison.mask & all : all;
  return { ...comparison, mask, datum: comparison.datum & mask };
}

function avoiding(
  space: Space,
  avoid: readonly (readonly Comparison[])[],
  at: number,
  bits: 32 | 64,
  budget: SearchBudget,
): Search {
  budget.steps -= 1;
  if (budget.steps < 0) return { kind: 'unknown' };
  const first = avoid[at];
  if (first === undefined) return solved(space, budget);
  let meets: Space | undefined = space;
  for (const comparison of first) meets = meets && narrowed(meets, comparison, bits);
  if (meets === undefined) return avoiding(space, avoid, at + 1, bits, budget);
  let unknown = false;
  for (const comparison of first) {
    for (const opposite of negated(comparison)) {
      const without = opposite === undefined ? excluding(space, comparison, bits) : narrowed(space, opposite, bits);
      if (without === undefined) continue;
      const answer = avoiding(without, avoid, at + 1, bits, budget);
      if (answer.kind === 'found') return answer;
      unknown ||= answer.kind === 'unknown';
    }
  }
  return { kind: unknown ? 'unknown' : 'none' };
}

/** The comparison that holds when this one does not; undefined where that is "these bits are not so". */
function negated(comparison: Comparison): readonly (Comparison | undefined)[] {
  const as = (operator: Comparison['operator']): readonly Comparison[] => [{ ...comparison, operator }];
  switch (comparison.operator) {
    case 'SCMP_CMP_NE':
      return as('SCMP_CMP_EQ');
    case 'SCMP_CMP_LT':
      return as('SCMP_CMP_GE');
    case 'SCMP_CMP_LE':
      return as('SCMP_CMP_GT');
    case 'SCMP_CMP_GE':
      return as('SCMP_CMP_LT');
    case 'SCMP_CMP_GT':
      return as('SCMP_CMP_LE');
    case 'SCMP_CMP_EQ':
    case 'SCMP_CMP_MASKED_EQ':
      return [undefined];
  }
}

function narrowed(space: Space, comparison: Comparison, bits: 32 | 64): Space | undefined {
  const { argument, operator, mask, datum } = comparison;
  const range = space.get(argument) ?? whole(bits);
  switch (operator) {
    case 'SCMP_CMP_EQ':
    case 'SCMP_CMP_MASKED_EQ':
      if (((range.value ^ datum) & range.mask & mask) !== 0n) return undefined;
      return placed(space, argument, { ...range, mask: range.mask | mask, value: range.value | datum });
    case 'SCMP_CMP_NE':
      return excluding(space, comparison, bits);
    case 'SCMP_CMP_LT':
      return datum === 0n ? undefined : placed(space, argument, { ...range, high: lower(range.high, datum - 1n) });
    case 'SCMP_CMP_LE':
      return placed(space, argument, { ...range, high: lower(range.high, datum) });
    case 'SCMP_CMP_GE':
      return placed(space, argument, { ...range, low: higher(range.low, datum) });
    case 'SCMP_CMP_GT':
      return placed(space, argument, { ...range, low: higher(range.low, datum + 1n) });
  }
}

function excluding(space: Space, { argument, mask, datum }: Comparison, bits: 32 | 64): Space | undefined {
  const range = space.get(argument) ?? whole(bits);
  return placed(space, argument, { ...range, not: [...range.not, { mask, datum }] });
}

function placed(space: Space, argument: number, range: Range): Space | undefined {
  const first = firstIn(range);
  if (first === undefined) return undefined;
  for (const { mask, datum } of range.not) {
    // Nothing is left when the bits that must not be so are settled to be so.
    if ((mask & ~range.mask) === 0n && (range.value & mask) === datum) return undefined;
  }
  return new Map(space).set(argument, range);
}

function lower(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function higher(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function whole(bits: 32 | 64): Range {
  return { low: 0n, high: widest(bits), mask: 0n, value: 0n, not: [] };
}

function solved(space: Space, budget: SearchBudget): Search {
  const args = [0n, 0n, 0n, 0n, 0n, 0n];
  for (const [argument, range] of space) {
    const value = member(range, budget);
    if (value === 'unknown') return { kind: 'unknown' };
    if (value === undefined) return { kind: 'none' };
    args[argument] = value;
  }
  return { kind: 'found', args };
}

/** Some value of the range; undefined when there is none. */
function member(range: Range, budget: SearchBudget): bigint | undefined | 'unknown' {
  budget.steps -= 1;
  if (budget.steps < 0) return 'unknown';
  const first = firstIn(range);
  if (first === undefined) return undefined;
  const hit = range.not.find(({ mask, datum }) => (first & mask) === datum);
  if (hit === undefined) return first;
  if (range.high - range.low < SMALL_RANGE) {
    for (let value = first; value <= range.high; value += 1n)
      if ((value & range.mask) === range.value && range.not.every(({ mask, datum }) => (value & mask) !== datum))
        return value;
    return undefined;
  }
  // Some bit that is still open has to differ.
  let unknown = false;
  for (let bit = 1n; bit <= hit.mask; bit <<= 1n) {
    if ((hit.mask & bit) === 0n || (range.mask & bit) !== 0n) continue;
    const found = member({ ...range, mask: range.mask | bit, value: range.value | (~hit.datum & bit) }, budget);
    if (found === 'unknown') unknown = true;
    else if (found !== undefined) return found;
  }
  return unknown ? 'unknown' : undefined;
}

/** The smallest value from `low` to `high` that has the settled bits. */
function firstIn({ low, high, mask, value }: Range): bigint | undefined {
  const first = smallest(low, mask, value);
  return first === undefined || first > high ? undefined : first;
}

function smallest(low: bigint, mask: bigint, value: bigint): bigint | undefined {
  if (low === 0n) return value;
  if (((low ^ value) & mask) === 0n) return low;
  for (let bit = 0n; bit < 64n; bit += 1n) {
    const above = bit + 1n;
    if (((low ^ value) & mask) >> above !== 0n) continue;
    const one = 1n << bit;
    if ((low & one) !== 0n || ((mask & one) !== 0n && (value & one) === 0n)) continue;
    return ((low >> above) << above) | one | (value & (one - 1n));
  }
  return undefined;
}
