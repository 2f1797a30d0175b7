import type { Condition, Profile, Rule } from './model.js';

/** Instructions of a filter that Linux takes at most (BPF_MAXINSNS). */
export const MAX_INSTRUCTIONS = 4096;

/**
 * How much there is to a profile: syscalls named, each with the comparisons of its rule, and what rules are made to depend on. A call that
 * is named, or compared, takes at least one instruction of a filter.
 */
export function partsOf({ rules, architectures = [], archMap = [] }: Profile): number {
  let parts = architectures.length;
  for (const { subArchitectures } of archMap) parts += 1 + subArchitectures.length;
  for (const rule of rules) parts += partsOfRule(rule);
  return parts;
}

function partsOfRule({ names, args, includes, excludes }: Rule): number {
  return Math.max(1, names.length) * (1 + args.length) + partsOfCondition(includes) + partsOfCondition(excludes);
}

function partsOfCondition(condition: Condition = {}): number {
  return (condition.caps?.length ?? 0) + (condition.arches?.length ?? 0);
}
