import type { KubeClient } from '../../kubernetes/client.js';
import { isKubeError } from '../../kubernetes/kube-error.js';
import { resources } from '../../kubernetes/resources.js';
import { type CheckFindings, problem } from './check.js';

export async function checkKubelets(client: KubeClient): Promise<CheckFindings> {
  const nodes = await client.listAll(resources.nodes);
  const without: string[] = [];
  let unknown = 0;
  for (const { metadata } of nodes.slice(0, 100)) {
    const name = metadata.name ?? '';
    try {
      const { body } = await client.raw({
        method: 'GET',
        path: `/api/v1/nodes/${encodeURIComponent(name)}/proxy/configz`,
      });
      const { kubeletconfig } = JSON.parse(body) as { kubeletconfig?: { seccompDefault?: boolean } };
      if (kubeletconfig?.seccompDefault !== true) without.push(name);
    } catch (error) {
      if (isKubeError(error, 'unreachable', 'deadline')) throw error;
      unknown += 1;
    }
  }
  return {
    summary: `${nodes.length} nodes${unknown === 0 ? '' : `, ${unknown} of which did not say`}`,
    problems:
      without.length === 0
        ? []
        : [
            problem(
              'KD51',
              'info',
              `on ${without.slice(0, 5).join(', ')}${without.length > 5 ? ` and ${without.length - 5} more` : ''} a container without a profile runs without a filter (the kubelet's seccompDefault is off)`,
              'Static pods and namespaces in audit gain most: set seccompDefault: true in the configuration of the kubelets. CIS 4.2.14 asks for it.',
            ),
          ],
  };
}
