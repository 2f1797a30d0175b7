import type { WebhookPlace } from '../../cluster/registration/why-not-answering.js';
import { names } from '../../core/manifests/names.js';
import type { KubeObject } from '../../kubernetes/kube-object.js';

import { resources } from '../../kubernetes/resources.js';
import type { ControllerOptions } from './controller-options.js';

/** Where the webhook answers that is registered: the Service of the manifests, or --webhook-url. */
export async function registeredPlace({ client, namespace, webhookUrl }: ControllerOptions): Promise<WebhookPlace> {
  if (webhookUrl !== undefined) {
    const host = webhookUrl.hostname;
    return { host, port: Number(webhookUrl.port || '443'), servername: /^[\d.]+$|:/.test(host) ? 'localhost' : host };
  }
  const service = await client.get<KubeObject & { readonly spec?: { readonly clusterIP?: string } }>(
    resources.services,
    names.service,
    { namespace },
  );
  // Not by its name: a cluster's DNS may be among the pods that wait for us.
  return { host: service.spec?.clusterIP ?? '', port: 443, servername: `${names.service}.${namespace}.svc` };
}
