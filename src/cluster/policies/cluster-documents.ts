import type { LoadedExemption, LoadedPolicy } from '../../core/policy/load/loaded-document.js';
import type { BrokenDocument } from '../../core/policy/load/read-documents.js';
import type { Problem } from '../../core/problem/problem.js';
import type { ProfileObject } from './profile-object.js';

export interface ClusterDocuments {
  readonly policies: readonly LoadedPolicy[];
  readonly exemptions: readonly LoadedExemption[];
  readonly profiles: readonly ProfileObject[];
  /** Objects that cannot be read as they are now. */
  readonly broken: readonly BrokenDocument[];
  readonly problems: readonly Problem[];
}
