import { isAlias, isMap, isScalar, isSeq } from 'yaml';

/** How policies are read: the rules of YAML 1.2, numbers and booleans as JSON has them. */
export const YAML_OPTIONS = {
  version: '1.2',
  schema: 'core',
  // The package compares every key with all before it; whoever reads the tree looks for double ones himself.
  uniqueKeys: false,
  logLevel: 'silent',
  keepSourceTokens: false,
} as const;

/** The text of a scalar key: `1` and `yes` are the keys "1" and "yes". */
export function keyText(key: { readonly value: unknown; readonly source?: string | undefined }): string {
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
}

/** The offset at which a node of the package `yaml` starts. */
export function startOf(node: unknown): number {
  if (isMap(node) || isSeq(node) || isScalar(node) || isAlias(node)) return node.range?.[0] ?? 0;
  return 0;
}

/** The first line of an error of the package's, without the place, which problems say in their own way. */
export function shortMessage(message: string): string {
  const first = (message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '').replace(/[.:]$/, '');
  return first.length > 200 ? `${first.slice(0, 199)}…` : first;
}
