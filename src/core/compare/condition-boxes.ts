import { conditionsKey } from '../compile/verdicts.js';
import type { Argument } from '../profile/model.js';

/** Conditions that must all hold, at most one on each argument: what one rule can say. An empty one holds always. */
export type Box = readonly Argument[];

/** More boxes than this for one syscall make no sensible profile. */
const MOST_BOXES = 256;

/** What the algebra may use: with a 32-bit architecture in the filter, conditions on the high half would hold always there. */
export interface Width {
  readonly has32Bit: boolean;
}

/**
 * Calls that are in some of `a` and in some of `b`. Undefined, here and below, where rules cannot say it: not more than one condition on each
 * argument, and only comparisons with fixed values.
 */
export function intersectionOf(a: readonly Box[], b: readonly Box[], width: Width): readonly Box[] | undefined {
  const boxes: Box[] = [];
  for (const one of a) {
    for (const other of b) {
      const joined = joinBoxes(one, other, width);
      if (joined === undefined) return undefined;
      boxes.push(...joined);
      if (boxes.length > MOST_BOXES) return undefined;
    }
  }
  return withoutRedundant(boxes);
}

export function unionOf(a: readonly Box[], b: readonly Box[]): readonly Box[] {
  return withoutRedundant([...a, ...b]);
}

/** Calls that are in none of the boxes. */
export function complementOf(boxes: readonly Box[], width: Width): readonly Box[] | undefined {
  let left: readonly Box[] | undefined = [[]];
  for (const box of boxes) {
    const outside: Box[] = [];
    for (const arg of box) {
      const opposites = opposite(arg, width);
      if (opposites === undefined) return undefined;
      outside.push(...opposites.map((each): Box => [each]));
    }
    left = left === undefined ? undefined : intersectionOf(left, outside, width);
  }
  return left;
}

/** Sorted, without doubles and without boxes that lie in another one. */
export function withoutRedundant(boxes: readonly Box[]): readonly Box[] {
  const byKey = new Map(boxes.map((box) => [conditionsKey(box), sorted(box)]));
  const entries = [...byKey].sort(([a], [b]) => (a < b ? -1 : 1));
  return entries
    .filter(([, box]) => !entries.some(([, other]) => other !== box && isPart(other, box)))
    .map(([, box]) => box);
}

/** Whether the conditions of `wider` are among those of `narrower`. */
function isPart(wider: Box, narrower: Box): boolean {
  if (wider.length >= narrower.length) return false;
  const given = new Set(narrower.map((arg) => conditionsKey([arg])));
  return wider.every((arg) => given.has(conditionsKey([arg])));
}

function sorted(box: Box): Box {
  return [...box].sort((a, b) => a.index - b.index);
}

function joinBoxes(a: Box, b: Box, width: Width): readonly Box[] | undefined {
  let boxes: readonly Box[] = [[]];
  const indices = new Set([...a, ...b].map((arg) => arg.index));
  for (const index of [...indices].sort()) {
    const [one, other] = [a, b].map((box) => box.find((arg) => arg.index === index));
    const single = one ?? other;
    if (single === undefined) continue;
    const alternatives = one === undefined || other === undefined ? [single] : joinArguments(one, other, width);
    if (alternatives === undefined) return undefined;
    boxes = boxes.flatMap((box) => alternatives.map((arg) => [...box, arg]));
    if (boxes.length > MOST_BOXES) return undefined;
  }
  return boxes;
}

const ALL = 0xffff_ffff_ffff_ffffn;
const LOW = 0xffff_ffffn;

function joinArguments(a: Argument, b: Argument, width: Width): readonly Argument[] | undefined {
  if (conditionsKey([a]) === conditionsKey([b])) return [a];
  if (width.has32Bit && (isWide(a) || isWide(b))) return undefined;
  const [first, second] = a.op === 'SCMP_CMP_EQ' ? [a, b] : [b, a];
  if (first.op === 'SCMP_CMP_EQ') return holds(second, first.value) ? [first] : [];
  if (a.op === 'SCMP_CMP_MASKED_EQ' && b.op === 'SCMP_CMP_MASKED_EQ') {
    if (((a.valueTwo ^ b.valueTwo) & a.value & b.value) !== 0n) return [];
    return [masked(a.index, a.value | b.value, (a.valueTwo & a.value) | (b.valueTwo & b.value))];
  }
  const range = rangeOf(a);
  const other = rangeOf(b);
  if (range === undefined || other === undefined) return undefined;
  const [low] = [range.low, other.low].sort((x, y) => (x > y ? -1 : 1)) as [bigint, bigint];
  const [high] = [range.high, other.high].sort((x, y) => (x < y ? -1 : 1)) as [bigint, bigint];
  return between(a.index, low, high, width);
}

function isWide(arg: Argument): boolean {
  return arg.op === 'SCMP_CMP_MASKED_EQ' ? (arg.valueTwo & arg.value) > LOW : arg.value > LOW;
}

function holds(arg: Argument, value: bigint): boolean {
  if (arg.op === 'SCMP_CMP_MASKED_EQ') return (value & arg.value) === (arg.valueTwo & arg.value);
  if (arg.op === 'SCMP_CMP_NE') return value !== arg.value;
  const range = rangeOf(arg);
  return range !== undefined && value >= range.low && value <= range.high;
}

function rangeOf({ op, value }: Argument): { readonly low: bigint; readonly high: bigint } | undefined {
  switch (op) {
    case 'SCMP_CMP_LT':
      return { low: 0n, high: value - 1n };
    case 'SCMP_CMP_LE':
      return { low: 0n, high: value };
    case 'SCMP_CMP_GE':
      return { low: value, high: ALL };
    case 'SCMP_CMP_GT':
      return { low: value + 1n, high: ALL };
    case 'SCMP_CMP_EQ':
      return { low: value, high: value };
    case 'SCMP_CMP_NE':
    case 'SCMP_CMP_MASKED_EQ':
      return undefined;
  }
}

/** A range as conditions: one comparison where it has one open end, else blocks whose upper bits are fixed. */
function between(index: number, low: bigint, high: bigint, width: Width): readonly Argument[] | undefined {
  if (low > high) return [];
  if (low === 0n && high === ALL) return undefined;
  if (low === 0n) return [{ index, value: high, valueTwo: 0n, op: 'SCMP_CMP_LE' }];
  if (high === ALL) return [{ index, value: low, valueTwo: 0n, op: 'SCMP_CMP_GE' }];
  if (width.has32Bit && high > LOW) return undefined;
  return blocks(index, low, high);
}

function blocks(index: number, low: bigint, high: bigint): readonly Argument[] {
  const found: Argument[] = [];
  for (let at = low; at <= high; ) {
    let size = 1n;
    while ((at & ((size << 1n) - 1n)) === 0n && at + (size << 1n) - 1n <= high) size <<= 1n;
    found.push(masked(index, ALL & ~(size - 1n), at));
    at += size;
  }
  return found;
}

/** Conditions of which one holds exactly when `arg` does not. */
function opposite(arg: Argument, width: Width): readonly Argument[] | undefined {
  if (width.has32Bit && isWide(arg)) return undefined;
  const { index, value, op } = arg;
  switch (op) {
    case 'SCMP_CMP_EQ':
      return [{ ...arg, op: 'SCMP_CMP_NE' }];
    case 'SCMP_CMP_NE':
      return [{ ...arg, op: 'SCMP_CMP_EQ' }];
    case 'SCMP_CMP_LT':
      return [{ ...arg, op: 'SCMP_CMP_GE' }];
    case 'SCMP_CMP_LE':
      return [{ ...arg, op: 'SCMP_CMP_GT' }];
    case 'SCMP_CMP_GE':
      return [{ ...arg, op: 'SCMP_CMP_LT' }];
    case 'SCMP_CMP_GT':
      return [{ ...arg, op: 'SCMP_CMP_LE' }];
    case 'SCMP_CMP_MASKED_EQ': {
      if (width.has32Bit && value > LOW) return undefined;
      const bits: Argument[] = [];
      for (let bit = 1n; bit <= value; bit <<= 1n) {
        if ((value & bit) !== 0n) bits.push(masked(index, bit, ~arg.valueTwo & bit));
      }
      return bits;
    }
  }
}

function masked(index: number, mask: bigint, datum: bigint): Argument {
  return { index, value: mask, valueTwo: datum, op: 'SCMP_CMP_MASKED_EQ' };
}

/** Only equality under masks, so that libseccomp makes of several rules what they say; undefined where that cannot be said. */
export function asMaskedEqualities(boxes: readonly Box[], width: Width): readonly Box[] | undefined {
  const made: Box[] = [];
  for (const box of boxes) {
    let alternatives: readonly Box[] = [[]];
    for (const arg of box) {
      const conditions = maskedOnly(arg, width);
      if (conditions === undefined) return undefined;
      alternatives = alternatives.flatMap((each) => conditions.map((condition) => [...each, condition]));
      if (alternatives.length > MOST_BOXES) return undefined;
    }
    made.push(...alternatives);
    if (made.length > MOST_BOXES) return undefined;
  }
  return withoutRedundant(made);
}

function maskedOnly(arg: Argument, width: Width): readonly Argument[] | undefined {
  if (arg.op === 'SCMP_CMP_EQ' || arg.op === 'SCMP_CMP_MASKED_EQ') return [arg];
  if (arg.op === 'SCMP_CMP_NE') return width.has32Bit ? undefined : opposite(masked(arg.index, ALL, arg.value), width);
  const range = rangeOf(arg);
  if (range === undefined || (width.has32Bit && range.high > LOW)) return undefined;
  return range.low > range.high ? [] : blocks(arg.index, range.low, range.high);
}
