import { createHash } from 'node:crypto';
import type { DocumentSet } from './document-set.js';

/**
 * The documents of files and of a cluster side by side. Of one name both count, the file first: which wins is a matter of precedence,
 * not of joining. Where one side holds nothing the other's hash stays, so that the same documents agree wherever they are kept.
 */
export function joinedSets(files: DocumentSet, cluster: DocumentSet): DocumentSet {
  return {
    policies: joined(files.policies, cluster.policies),
    exemptions: joined(files.exemptions, cluster.exemptions),
    namespaces: joined(files.namespaces, cluster.namespaces),
    contentSha256: isEmpty(cluster)
      ? files.contentSha256
      : isEmpty(files)
        ? cluster.contentSha256
        : createHash('sha256').update(`${files.contentSha256}\n${cluster.contentSha256}\n`).digest('hex'),
  };
}

function joined<T>(one: readonly T[], other: readonly T[]): readonly T[] {
  if (one.length === 0) return other;
  return other.length === 0 ? one : [...one, ...other];
}

function isEmpty({ policies, exemptions, namespaces }: DocumentSet): boolean {
  return policies.length + exemptions.length + namespaces.length === 0;
}
