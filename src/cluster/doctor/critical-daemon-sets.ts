import { enforcementLabel } from '../../core/manifests/guard.js';
import { unenforcedNamespaces } from '../../core/manifests/names.js';
import type { KubeClient } from '../../kubernetes/client.js';
import type { KubeObject } from '../../kubernetes/kube-object.js';
import { resources } from '../../kubernetes/resources.js';
import { type CheckFindings, type DoctorOptions, problem } from './check.js';

export async function checkCriticalDaemonSets(
  client: KubeClient,
  { namespace }: DoctorOptions,
): Promise<CheckFindings> {
  const critical = await criticalDaemonSets(client, [...unenforcedNamespaces, namespace]);
  const byNamespace = new Map<string, string[]>();
  for (const { namespace: where, name, why } of critical)
    byNamespace.set(where, [...(byNamespace.get(where) ?? []), `${name} (${why})`]);
  return {
    summary:
      critical.length === 0
        ? 'none stands in an enforced namespace'
        : `stand in ${byNamespace.size} enforced namespaces`,
    problems: [...byNamespace].map(([where, sets]) =>
      problem(
        'KD50',
        'warning',
        `nodes need ${sets.join(', ')} in ${where} before they can reach the webhook that has to admit it: a cluster that was off may not come back`,
        `kubectl label namespace ${where} ${enforcementLabel}=audit   (and seccomply install --vap, so that the essential rule holds there all the same)`,
      ),
    ),
  };
}

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
interface CriticalDaemonSet {
  readonly namespace: string;
  readonly name: string;
  readonly why: string;
}

/** Where container runtimes look for network plugins, and the kubelet for drivers of volumes. */
const nodeDirectories = [
  ['/etc/cni', 'it sets the network of nodes up'],
  ['/opt/cni', 'it sets the network of nodes up'],
  ['/var/lib/kubelet/plugins', 'it is a driver for volumes or devices'],
  ['/var/lib/kubelet/device-plugins', 'it is a driver for volumes or devices'],
] as const;

/**
 * DaemonSets without which a cold cluster cannot reach the webhook that has to admit them: the network before all. Namespaces that
 * are not enforced are left out.
 */
async function criticalDaemonSets(
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
    for (const [directory, why] of nodeDirectories)
      if (`${hostPath?.path ?? ''}/`.startsWith(`${directory}/`)) return why;
  return pod.priorityClassName === 'system-node-critical' ? 'its priority is system-node-critical' : undefined;
}
