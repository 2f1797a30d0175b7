import type { Argument } from '../../../profile/model.js';
import type { Architecture } from '../../../syscalls/architectures.js';
import { maskOfFlags } from '../../../syscalls/flag-arguments.js';

/** What to write in place of a condition that a high bit gets around. `bits`: those that the kernel looks at. */
export function maskedAdvice(
  architecture: Architecture,
  names: readonly string[],
  { index, op, value, valueTwo }: Argument,
  bits: number,
): string {
  const kept = (1n << BigInt(bits)) - 1n;
  switch (op) {
    case 'SCMP_CMP_EQ':
      return equalAdvice(architecture, names, index, value & kept, kept);
    case 'SCMP_CMP_MASKED_EQ':
      return (value & kept) === 0n
        ? `The kernel looks at none of the bits of this mask: write one of the low ${bits} bits.`
        : `Write ${maskedEqual(value & kept, valueTwo & value & kept)}.`;
    case 'SCMP_CMP_LT':
      return below(value, kept);
    case 'SCMP_CMP_LE':
      return below(value + 1n, kept);
    case 'SCMP_CMP_NE':
    case 'SCMP_CMP_GE':
    case 'SCMP_CMP_GT':
      return `No masked comparison says this. Allow the values that are needed instead, each in a rule of its own: "op": "SCMP_CMP_MASKED_EQ", "value": ${kept}, and the value as "valueTwo".`;
  }
}

/** `value`: "value" and "valueTwo" of a condition. */
export function maskedEqual(mask: bigint, datum: bigint): string {
  return `"op": "SCMP_CMP_MASKED_EQ", "value": ${mask}, "valueTwo": ${datum}`;
}

/** Of flags only those that are meant: with all bits compared one more flag would get past. */
function equalAdvice(
  architecture: Architecture,
  names: readonly string[],
  index: number,
  value: bigint,
  kept: bigint,
): string {
  const masks = new Set(names.map((name) => maskOfFlags(architecture, name, index, value)));
  const [mask = kept] = masks.size === 1 ? masks : [];
  return `Write ${maskedEqual(mask, value & mask)}${mask === kept ? '' : flagByFlag(mask, value)}.`;
}

/** A remark on flags that are refused only together. */
export function flagByFlag(mask: bigint, value: bigint): string {
  return mask === value && (value & (value - 1n)) !== 0n
    ? ', or one rule for each flag ("value" and "valueTwo" both that flag) where each alone is to be refused'
    : '';
}

/** A refusal of all below a bound that takes more rules than this is better written the other way round. */
const MOST_RULES = 4;

/** All below a bound are blocks of values that have their high bits in common. */
function below(bound: bigint, kept: bigint): string {
  if (bound > kept) return 'Every value that the kernel sees is below this: leave the condition out.';
  const blocks: string[] = [];
  let start = 0n;
  for (let size = (kept + 1n) >> 1n; size > 0n; size >>= 1n) {
    if ((bound & size) === 0n) continue;
    blocks.push(maskedEqual(kept & ~(size - 1n), start));
    start += size;
  }
  const [only] = blocks;
  if (only === undefined) return 'No value is below 0: remove the rule.';
  if (blocks.length === 1) return `Write ${only}.`;
  return blocks.length <= MOST_RULES
    ? `Write one rule for each of these in place of the condition: ${blocks.join('; ')}.`
    : `Refuse the values one by one, each in a rule of its own: "op": "SCMP_CMP_MASKED_EQ", "value": ${kept}, and the value as "valueTwo".`;
}
