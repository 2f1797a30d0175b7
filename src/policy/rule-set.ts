import type { Catalogue } from './catalogue.js';
import type { DocumentSet } from './document-set.js';
import type { Labels } from './label-selector.js';

export interface RuleSetOptions {
  readonly catalogue: Catalogue;
  /** What the built-in requirement lets a container end up with, as in `require.profiles`; `off`: there is none. */
  readonly baseline: readonly string[] | 'off';
  /** Milliseconds that an exemption may last from now. */
  readonly longestExemption: number;
}

/** The documents in force, ready to decide by. It never changes: a reload makes a new one. */
export interface RuleSet {
  readonly documents: DocumentSet;
  readonly catalogue: Catalogue;
  readonly contentSha256: string;
  /** From the `Namespace` documents beside the policies. */
  namespaceLabels(name: string): Labels | undefined;
  /** Whether a decision on something in this namespace can depend on labels that only the cluster knows. */
  needsNamespaceLabels(namespace: string): boolean;
}

/** Compiles in one go. */
export function compileRuleSet(documents: DocumentSet, options: RuleSetOptions): RuleSet {
  return {
    documents,
    catalogue: options.catalogue,
    contentSha256: documents.contentSha256,
    namespaceLabels: () => undefined,
    needsNamespaceLabels: () => false,
  };
}

/** The same, with a `pause` every few milliseconds of work. */
export async function compileRuleSetInSlices(
  documents: DocumentSet,
  options: RuleSetOptions,
  pause: () => Promise<void>,
): Promise<RuleSet> {
  await pause();
  return compileRuleSet(documents, options);
}
