import { enforcementLabel } from '../../core/manifests/guard.js';
import { names, unenforcedNamespaces } from '../../core/manifests/names.js';
import type { Problem } from '../../core/problem/problem.js';
import type { KubeClient, KubeObject } from '../../kubernetes/client.js';
import { isKubeError } from '../../kubernetes/kube-error.js';
import { resources } from '../../kubernetes/resources.js';
import { found } from '../registration/registration.js';
import { criticalDaemonSets } from './critical-namespaces.js';
import { type DoctorOptions, type Found, problem } from './examination.js';

export async function examineServer(client: KubeClient): Promise<Found> {
  const { body } = await client.raw({ method: 'GET', path: '/version' });
  const { gitVersion = 'unknown', minor = '0' } = JSON.parse(body) as { gitVersion?: string; minor?: string };
  const isOld = Number.parseInt(minor, 10) < 30;
  return {
    summary: `${client.connection.server.origin} runs Kubernetes ${gitVersion}`,
    problems: isOld
      ? [
          problem(
            'KD01',
            'error',
            `Kubernetes ${gitVersion} has no ValidatingAdmissionPolicy v1, which guards the enforcement label and approvals`,
            'Use Kubernetes 1.30 or newer.',
          ),
        ]
      : [],
  };
}

interface Definition extends KubeObject {
  readonly status?: { readonly conditions?: readonly { type?: string; status?: string; message?: string }[] };
}

export async function examineKinds(client: KubeClient): Promise<Found> {
  const problems: Problem[] = [];
  for (const { plural, group } of [resources.policies, resources.exemptions, resources.profiles]) {
    const name = `${plural}.${group}`;
    const definition = await found(client.get<Definition>(resources.customResourceDefinitions, name));
    const established = definition?.status?.conditions?.find(({ type }) => type === 'Established');
    if (definition === undefined)
      problems.push(problem('KD02', 'error', `the kind ${name} is missing`, 'Run seccomply install again.'));
    else if (established?.status !== 'True')
      problems.push(
        problem('KD02', 'error', `the kind ${name} is not served: ${established?.message ?? 'not established yet'}`),
      );
  }
  return { summary: 'SeccompPolicy, SeccompExemption and SeccompProfile are served', problems };
}

interface DocumentObject extends KubeObject {
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly { type?: string; status?: string; reason?: string; message?: string }[];
  };
}

export async function examineDocuments(client: KubeClient): Promise<Found> {
  const problems: Problem[] = [];
  const counts: string[] = [];
  for (const kind of [resources.policies, resources.exemptions, resources.profiles]) {
    const objects = await client.listAll<DocumentObject>(kind);
    counts.push(`${objects.length} ${kind.plural}`);
    for (const { metadata, status } of objects)
      for (const { type, status: is, message = '', reason } of status?.conditions ?? []) {
        const isBad =
          (type === 'Ready' && is === 'False') ||
          (type === 'Conflicted' && is === 'True') ||
          (type === 'Active' && is === 'False');
        if (isBad)
          problems.push(
            problem('KD30', 'warning', `${kind.kind} ${metadata.name ?? ''}: ${reason ?? type}: ${message}`),
          );
      }
  }
  return { summary: counts.join(', '), problems: problems.slice(0, 50) };
}

interface RulesObject extends KubeObject {
  readonly webhooks?: readonly {
    readonly name: string;
    readonly failurePolicy?: string;
    readonly rules?: readonly {
      readonly apiGroups?: readonly string[];
      readonly resources?: readonly string[];
      readonly operations?: readonly string[];
    }[];
    readonly namespaceSelector?: {
      readonly matchLabels?: Readonly<Record<string, string>>;
      readonly matchExpressions?: readonly {
        readonly key: string;
        readonly operator: string;
        readonly values?: readonly string[];
      }[];
    };
    readonly objectSelector?: object;
  }[];
}

/** Webhooks of others that are asked about our own pods and keep them out when they do not answer: two such wait for each other. */
export async function examineOthers(client: KubeClient, { namespace }: DoctorOptions): Promise<Found> {
  const own = await found(client.get(resources.namespaces, namespace));
  const labels = { ...own?.metadata.labels, 'kubernetes.io/metadata.name': namespace };
  const problems: Problem[] = [];
  let count = 0;
  for (const kind of [resources.mutatingWebhookConfigurations, resources.validatingWebhookConfigurations])
    for (const configuration of await client.listAll<RulesObject>(kind)) {
      if (configuration.metadata.name === names.registration) continue;
      for (const webhook of configuration.webhooks ?? []) {
        const isOnPods = (webhook.rules ?? []).some(
          ({ apiGroups = [], resources: on = [], operations = [] }) =>
            (apiGroups.includes('') || apiGroups.includes('*')) &&
            (on.includes('pods') || on.includes('*') || on.includes('*/*')) &&
            (operations.includes('CREATE') || operations.includes('*')),
        );
        if (!isOnPods) continue;
        count += 1;
        const isSeccomp = /seccomp|security-profiles|spo/.test(`${configuration.metadata.name} ${webhook.name}`);
        if (isSeccomp)
          problems.push(
            problem(
              'KD41',
              'warning',
              `${webhook.name} (${configuration.metadata.name}) sets seccomp profiles, too: what it sets before us counts as the pod's own`,
              'Let one of the two assign profiles; see `existing` of the policies.',
            ),
          );
        if (webhook.failurePolicy === 'Ignore' || !selects(webhook.namespaceSelector, labels)) continue;
        problems.push(
          problem(
            'KD40',
            'warning',
            `${webhook.name} (${configuration.metadata.name}) has to answer before a pod of ours can start: when both are down, neither comes back`,
            `Exclude the namespace ${namespace} from it.`,
          ),
        );
      }
    }
  return { summary: `${count} others are asked about pods`, problems };
}

function selects(
  selector: NonNullable<RulesObject['webhooks']>[number]['namespaceSelector'],
  labels: Readonly<Record<string, string>>,
): boolean {
  const hasLabels = Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return (
    hasLabels &&
    (selector?.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        default:
          return value === undefined;
      }
    })
  );
}

export async function examineCritical(client: KubeClient, { namespace }: DoctorOptions): Promise<Found> {
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

export async function examineKubelets(client: KubeClient): Promise<Found> {
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
