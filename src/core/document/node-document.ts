import type { DocumentNode } from './document-node.js';
import type { ProfileTextProblem } from './document-problem.js';

/** One document of a file, mistakes mended as their advice says. */
export interface NodeDocument {
  /** Undefined when there is nothing to read. */
  readonly root: DocumentNode | undefined;
  readonly problems: readonly ProfileTextProblem[];
}
