import { ports } from '../../core/manifests/names.js';
import type { KubeClient } from '../../kubernetes/client.js';
import type { KubeObject } from '../../kubernetes/kube-object.js';
import { resources } from '../../kubernetes/resources.js';
import { type CheckFindings, problem } from './check.js';

interface Pod extends KubeObject {
  readonly status?: { readonly phase?: string };
}

/** Replicas that judge by different policies give different answers to the same pod. */
export async function checkPolicySets(client: KubeClient, namespace: string): Promise<CheckFindings> {
  const pods = await client.listAll<Pod>(resources.pods, {
    namespace,
    labelSelector: 'app.kubernetes.io/name=seccomply,app.kubernetes.io/component=webhook',
  });
  const sets = new Map<string, string[]>();
  for (const { metadata, status } of pods) {
    const { name = '' } = metadata;
    if (status?.phase !== 'Running') continue;
    const path = `/api/v1/namespaces/${namespace}/pods/https:${name}:${ports.admin}/proxy/metrics`;
    const { body } = await client.raw({ method: 'GET', path });
    const set = /^seccomply_policy_set_number (\S+)$/m.exec(body)?.[1] ?? 'unknown';
    sets.set(set, [...(sets.get(set) ?? []), name]);
  }
  const [first = [], ...others] = [...sets.values()].sort((a, b) => b.length - a.length);
  return {
    summary: first.length === 0 ? 'no replica runs' : `${first.length} replicas judge by the same policies`,
    problems:
      others.length === 0
        ? []
        : [
            problem(
              'KD15',
              'error',
              `${others.flat().join(', ')} judge by other policies than ${first.join(', ')}`,
              `Right after a change this is normal for a moment; later look at what keeps them: kubectl -n ${namespace} logs ${others.flat()[0]}`,
            ),
          ],
  };
}
