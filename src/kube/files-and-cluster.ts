import type { PolicyLoad } from '../files/policy-folder.js';
import { type PolicyWatch, type WatchOptions, watchPolicies } from '../files/policy-watch.js';
import { joinedSets } from '../policy/joined-sets.js';
import type { KubeClient } from './client.js';
import { type ClusterPolicyOptions, type ClusterPolicyWatch, watchClusterPolicies } from './policies.js';

export interface PolicySources {
  /** Files and folders; none are fine. */
  readonly paths: readonly string[];
  readonly files?: WatchOptions;
  readonly client: KubeClient;
  readonly cluster?: ClusterPolicyOptions;
}

/** Policies from files and from the cluster side by side, as one load. The first comes when both have been read. */
export async function watchFilesAndCluster(
  { paths, files = {}, client, cluster = {} }: PolicySources,
  onLoad: (load: PolicyLoad) => void | Promise<void>,
): Promise<ClusterPolicyWatch> {
  let ofFiles: PolicyLoad | undefined;
  let ofCluster: PolicyLoad | undefined;
  let queue: Promise<void> = Promise.resolve();
  const hand = (): Promise<void> => {
    const done = queue.then(async () => {
      if (ofFiles !== undefined && ofCluster !== undefined) await onLoad(joined(ofFiles, ofCluster));
    });
    queue = done.catch(() => undefined);
    return done;
  };
  const watches = await Promise.allSettled([
    watchPolicies(
      paths,
      (load) => {
        ofFiles = load;
        return hand();
      },
      files,
    ),
    watchClusterPolicies(
      client,
      (load) => {
        ofCluster = load;
        return hand();
      },
      cluster,
    ),
  ] as const);
  const [fileWatch, clusterWatch] = watches;
  if (fileWatch.status === 'rejected' || clusterWatch.status === 'rejected') {
    for (const watch of watches) if (watch.status === 'fulfilled') watch.value.close();
    throw fileWatch.status === 'rejected' ? fileWatch.reason : (clusterWatch as PromiseRejectedResult).reason;
  }
  return both(fileWatch.value, clusterWatch.value);
}

function both(files: PolicyWatch, cluster: ClusterPolicyWatch): ClusterPolicyWatch {
  return {
    async refresh() {
      await Promise.all([files.refresh(), cluster.refresh()]);
    },
    close() {
      files.close();
      cluster.close();
    },
    status: () => cluster.status(),
  };
}

function joined(files: PolicyLoad, cluster: PolicyLoad): PolicyLoad {
  const documents = joinedSets(files.documents, cluster.documents);
  return {
    documents,
    problems: [...files.problems, ...cluster.problems],
    notes: [...files.notes, ...cluster.notes],
    contentSha256: documents.contentSha256,
  };
}
