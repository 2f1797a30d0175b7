import type { Accumulator, Block, FilterStart } from './filter-program.js';

/** A word of an argument under a mask, and what a comparison said of it. */
interface Constraint {
  readonly mask: number;
  readonly test: Block['test'];
  readonly datum: number;
  readonly holds: boolean;
}

/** How many comparisons are followed for one syscall before the search is given up. */
const MOST_STEPS = 50_000;

/**
 * Arguments of a call that the first program answers through a block with another word loaded than it expects, or that another
 * program answers otherwise. Follows every way through the programs; undefined where there is no such call, or none within bounds.
 */
export function uncertainCall(start: FilterStart, others: readonly FilterStart[]): readonly bigint[] | undefined {
  const constraints = new Map<number, Constraint[]>();
  let steps = 0;

  /** Whether `found` is true at some end that a call comes to; the constraints then stay as they are. */
  const search = (
    at: FilterStart,
    accumulator: Accumulator | undefined,
    left: Accumulator | undefined,
    isFirst: boolean,
    found: (returned: number) => boolean,
  ): boolean => {
    if (typeof at === 'number') return found(at);
    steps += 1;
    if (steps > MOST_STEPS) return false;
    if (isFirst && at.isDisputed && (left?.word !== at.expects?.word || left?.mask !== at.expects?.mask)) return true;
    let loaded = at.reloads && at.expects !== undefined ? at.expects : accumulator;
    if (at.loads || loaded === undefined) loaded = { word: at.word, mask: 0xffff_ffff };
    const mask = at.applies === undefined ? loaded.mask : (loaded.mask & at.applies) >>> 0;
    const { word } = loaded;
    const known = constraints.get(word) ?? [];
    constraints.set(word, known);
    for (const holds of [true, false]) {
      known.push({ mask, test: at.test, datum: at.datum, holds });
      if (
        solve(known) !== undefined &&
        search(holds ? at.ifTrue : at.ifFalse, { word, mask }, at.leaves, isFirst, found)
      )
        return true;
      known.pop();
    }
    return false;
  };

  const isFound = search(start, undefined, undefined, true, (returned) =>
    others.some((other) => search(other, undefined, undefined, false, (another) => another !== returned)),
  );
  if (!isFound) return undefined;
  const words = Array.from({ length: 12 }, (_, word) => BigInt(solve(constraints.get(word) ?? []) ?? 0));
  return Array.from({ length: 6 }, (_, i) => ((words[2 * i + 1] ?? 0n) << 32n) | (words[2 * i] ?? 0n));
}

/** A word that meets all constraints. The values beside the ones compared with are tried, and those with one bit changed. */
function solve(constraints: readonly Constraint[]): number | undefined {
  let [fixed, bits] = [0, 0];
  for (const { mask, test, datum, holds } of constraints) {
    if (!holds || !isEquality(test)) continue;
    if (((datum ^ bits) & mask & fixed) !== 0 || (datum & ~mask) !== 0) return undefined;
    fixed |= mask;
    bits |= datum;
  }
  for (const base of bases(constraints)) {
    const value = ((base & ~fixed) | bits) >>> 0;
    if (constraints.every((constraint) => meets(value, constraint))) return value;
  }
  return undefined;
}

function* bases(constraints: readonly Constraint[]): Iterable<number> {
  yield 0;
  yield 0xffff_ffff;
  for (const { datum } of constraints) {
    yield datum;
    yield datum + 1;
    yield datum - 1;
  }
  for (const { datum } of constraints) for (let bit = 0; bit < 32; bit += 1) yield datum ^ (1 << bit);
}

function meets(value: number, { mask, test, datum, holds }: Constraint): boolean {
  const seen = (value & mask) >>> 0;
  return (test === 'GT' ? seen > datum : test === 'GE' ? seen >= datum : seen === datum) === holds;
}

function isEquality(test: Block['test']): boolean {
  return test !== 'GT' && test !== 'GE';
}
