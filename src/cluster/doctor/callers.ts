import type { ClientCertificateMode } from '../../core/audit/log-entries.js';
import { names } from '../../core/manifests/names.js';
import type { KubeClient } from '../../kubernetes/client.js';
import type { KubeObject } from '../../kubernetes/kube-object.js';
import { resources } from '../../kubernetes/resources.js';
import { type CheckFindings, problem } from './check.js';

interface Deployment extends KubeObject {
  readonly spec?: {
    readonly template?: {
      readonly spec?: {
        readonly containers?: readonly { readonly env?: readonly { name: string; value?: string }[] }[];
        readonly volumes?: readonly { readonly configMap?: { readonly name?: string; readonly optional?: boolean } }[];
      };
    };
  };
}

/** Whether the webhook can know who calls it. */
export async function checkCallers(client: KubeClient, namespace: string): Promise<CheckFindings> {
  const deployment = await client.find<Deployment>(resources.deployments, names.webhook, { namespace });
  const pod = deployment?.spec?.template?.spec;
  const summary = summaries[modeOf(pod?.containers?.[0]?.env ?? [])];
  const isMounted = pod?.volumes?.some(({ configMap }) => configMap?.name === names.clientCa) === true;
  if (!isMounted || (await client.find(resources.configMaps, names.clientCa, { namespace })) !== undefined)
    return { summary, problems: [] };
  return {
    summary,
    problems: [
      problem(
        'KD25',
        'error',
        `no new pod of ${names.webhook} can start: the ConfigMap ${names.clientCa} is missing, with the authority that signs the API server's client certificate`,
        `kubectl -n ${namespace} create configmap ${names.clientCa} --from-file=ca.crt=client-ca.crt`,
      ),
    ],
  };
}

const summaries: Readonly<Record<ClientCertificateMode, string>> = {
  none: 'are not authenticated: audit records hold what whoever reaches the port says (docs/how-to/client-certificates.md)',
  optional: 'are asked for a client certificate; audit records say who showed one',
  required: 'have to show a client certificate',
};

function modeOf(environment: readonly { name: string; value?: string }[]): ClientCertificateMode {
  const value = (name: string) => environment.find((variable) => variable.name === name)?.value;
  if (value('SECCOMPLY_CLIENT_CA') === undefined) return 'none';
  return value('SECCOMPLY_CLIENT_CERTIFICATES') === 'optional' ? 'optional' : 'required';
}
