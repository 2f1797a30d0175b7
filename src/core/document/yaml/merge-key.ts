import type { Scalar } from 'yaml';
import { shown } from '../../text/parsed.js';

/**
 * Whether a key takes over the members of its value: a plain `<<`, which YAML 1.1 has and kubectl (sigs.k8s.io/yaml) knows. As measured
 * with kubectl 1.32: of a list of maps the first that has a key counts; a key behind the merge counts before what is merged.
 */
export function isMergeKey({ value, type }: Scalar): boolean {
  return value === '<<' && type === 'PLAIN';
}

export const NO_MERGE = 'a merge (<<) takes over a map or a list of maps, and this is none';
export const NO_MERGE_ADVICE = 'give it an alias (*name) of a map, or put a key that is called so in quotes: "<<"';

/** Where kubectl reads the one and the specification of YAML 1.1 the other. */
export function lateMerge(key: string): { readonly message: string; readonly advice: string } {
  return {
    message: `the key ${shown(key)} stands before a merge (<<) that has it, too: kubectl takes that of the merge, other readers the key`,
    advice: 'write the merge first, then the keys that count before it',
  };
}
