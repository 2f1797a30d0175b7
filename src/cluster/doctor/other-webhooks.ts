import { names } from '../../core/manifests/names.js';
import type { Problem } from '../../core/problem/problem.js';
import type { KubeClient } from '../../kubernetes/client.js';
import type { KubeObject } from '../../kubernetes/kube-object.js';
import { resources } from '../../kubernetes/resources.js';
import { type CheckFindings, type DoctorOptions, problem } from './check.js';

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
export async function checkOtherWebhooks(client: KubeClient, { namespace }: DoctorOptions): Promise<CheckFindings> {
  const own = await client.find(resources.namespaces, namespace);
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
