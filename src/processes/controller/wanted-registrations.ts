import type { WebhookConfiguration } from '../../cluster/registration/webhook-configuration.js';
import { webhookConfigurations } from '../../core/manifests/registration.js';
import type { ControllerOptions } from './controller-options.js';

/** The registration as it should be. With --webhook-url it names that address instead of the Service. */
export function wantedRegistrations(
  { namespace, certificates, webhookUrl }: ControllerOptions,
  caBundle: string | undefined,
): readonly WebhookConfiguration[] {
  const made = webhookConfigurations({
    namespace,
    certificates,
    ...(caBundle === undefined ? {} : { caBundle }),
  }) as unknown as readonly WebhookConfiguration[];
  if (webhookUrl === undefined) return made;
  return made.map((configuration) => ({
    ...configuration,
    webhooks: (configuration.webhooks ?? []).map((webhook) => {
      const { service, ...rest } = (webhook.clientConfig ?? {}) as {
        readonly service?: { readonly path?: string };
        readonly caBundle?: string;
      };
      return { ...webhook, clientConfig: { ...rest, url: new URL(service?.path ?? '/', webhookUrl).href } };
    }),
  }));
}
