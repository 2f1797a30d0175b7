import { enforcementLabel } from '../../core/manifests/guard.js';
import type { KubeClient, KubeObject } from '../../kubernetes/client.js';
import { resources } from '../../kubernetes/resources.js';

interface DaemonSet extends KubeObject {
  readonly spec?: {
    readonly template?: {
      readonly spec?: {
        readonly hostNetwork?: boolean;
        readonly priorityClassName?: string;
        readonly volumes?: readonly { readonly hostPath?: { readonly path?: string } }[];
      };
    };
  };
}

/** A DaemonSet that nodes need before anything else can run on them, in a namespace where our webhook has to answer first. */
export interface CriticalDaemonSet {
  readonly namespace: string;
  readonly name: string;
  readonly why: string;
}

/** Where container runtimes look for network plugins, and the kubelet for drivers of volumes. */
const nodeFolders = [
  ['/etc/cni', 'it sets the network of nodes up'],
  ['/opt/cni', 'it sets the network of nodes up'],
  ['/var/lib/kubelet/plugins', 'it is a driver for volumes or devices'],
  ['/var/lib/kubelet/device-plugins', 'it is a driver for volumes or devices'],
] as const;

/**
 * DaemonSets without which a cold cluster cannot reach the webhook that has to admit them: the network before all. Namespaces that
 * are not enforced are left out.
 */
export async function criticalDaemonSets(
  client: KubeClient,
  unenforced: readonly string[],
): Promise<readonly CriticalDaemonSet[]> {
  const audited = new Set(unenforced);
  const namespaces = await client.listAll(resources.namespaces, { labelSelector: `${enforcementLabel}=audit` });
  for (const { metadata } of namespaces) audited.add(metadata.name ?? '');
  const sets = await client.listAll<DaemonSet>(resources.daemonSets, { namespace: 'all' });
  return sets.flatMap(({ metadata, spec }) => {
    const { namespace = '', name = '' } = metadata;
    if (audited.has(namespace)) return [];
    const why = whyCritical(spec?.template?.spec);
    return why === undefined ? [] : [{ namespace, name, why }];
  });
}

function whyCritical(pod: NonNullable<NonNullable<DaemonSet['spec']>['template']>['spec']): string | undefined {
  if (pod === undefined) return undefined;
  for (const { hostPath } of pod.volumes ?? [])
    for (const [folder, why] of nodeFolders) if (`${hostPath?.path ?? ''}/`.startsWith(`${folder}/`)) return why;
  return pod.priorityClassName === 'system-node-critical' ? 'its priority is system-node-critical' : undefined;
}
