import type { Problem } from '../problem.js';
import type { LoadedExemption, LoadedNamespace, LoadedPolicy } from './loaded-document.js';

/** What one text holds. */
export interface ParsedDocuments {
  readonly policies: readonly LoadedPolicy[];
  readonly exemptions: readonly LoadedExemption[];
  readonly namespaces: readonly LoadedNamespace[];
  /** Mistakes: each keeps its own document from loading, and no other. Warnings keep nothing from loading. */
  readonly problems: readonly Problem[];
  /** For information: documents of other kinds, which are left alone. */
  readonly notes: readonly Problem[];
}
