import { createHash } from 'node:crypto';
import { canonicalJson } from '../../core/document/canonical-json.js';
import type { KubeObject } from '../../kubernetes/kube-object.js';
import { resources } from '../../kubernetes/resources.js';

/** A `MutatingWebhookConfiguration` or `ValidatingWebhookConfiguration`. */
export interface WebhookConfiguration extends KubeObject {
  readonly webhooks?: readonly RegisteredWebhook[];
}

export interface RegisteredWebhook {
  readonly name: string;
  readonly clientConfig?: { readonly caBundle?: string };
  readonly [key: string]: unknown;
}

export const webhookConfigurationKinds = {
  mutating: resources.mutatingWebhookConfigurations,
  validating: resources.validatingWebhookConfigurations,
} as const;

/** SHA-256 of the webhooks but for the caBundle, which changes by itself. */
export function webhooksDigest({ webhooks }: WebhookConfiguration): string {
  const without = (webhooks ?? []).map(({ clientConfig, ...rest }) => {
    const { caBundle: _, ...called } = clientConfig ?? {};
    return { ...rest, clientConfig: called };
  });
  return createHash('sha256').update(canonicalJson(without)).digest('hex').slice(0, 32);
}

/** Fields of webhooks of ours that are not as they should be, a sentence each. */
export function webhookDrift(wanted: WebhookConfiguration, actual: WebhookConfiguration): readonly string[] {
  return (wanted.webhooks ?? []).flatMap((webhook) => {
    const now = actual.webhooks?.find(({ name }) => name === webhook.name);
    return Object.entries(webhook).flatMap(([field, value]) => {
      if (field === 'clientConfig' || now === undefined) return [];
      return isWithin(value, now[field])
        ? []
        : [`${webhook.name}: ${field} is ${JSON.stringify(now[field])}, not ${JSON.stringify(value)}`];
    });
  });
}

/** The same webhooks, not one of which keeps a pod out while it cannot be called. */
export function failOpen(configuration: WebhookConfiguration): WebhookConfiguration {
  const webhooks = (configuration.webhooks ?? []).map((webhook) => ({ ...webhook, failurePolicy: 'Ignore' }));
  return { ...configuration, webhooks };
}

/**
 * The webhooks with a caBundle each. Where somebody else writes it, the one that is there stays until he does so again; a new webhook
 * begins with that of another.
 */
export function withBundles(
  webhooks: WebhookConfiguration['webhooks'],
  current: WebhookConfiguration | undefined,
): readonly RegisteredWebhook[] {
  return (webhooks ?? []).map((webhook) => {
    if (webhook.clientConfig?.caBundle !== undefined) return webhook;
    const own = current?.webhooks?.find(({ name }) => name === webhook.name)?.clientConfig?.caBundle;
    const caBundle =
      own ?? current?.webhooks?.find(({ clientConfig }) => clientConfig?.caBundle)?.clientConfig?.caBundle;
    return caBundle === undefined ? webhook : { ...webhook, clientConfig: { ...webhook.clientConfig, caBundle } };
  });
}

/** Whether everything of `part` is in `whole`, which the API server has filled up with defaults. */
function isWithin(part: unknown, whole: unknown): boolean {
  if (Array.isArray(part))
    return Array.isArray(whole) && part.length === whole.length && part.every((one, i) => isWithin(one, whole[i]));
  if (typeof part === 'object' && part !== null) {
    if (typeof whole !== 'object' || whole === null) return Object.keys(part).length === 0;
    return Object.entries(part).every(([key, value]) => isWithin(value, (whole as Record<string, unknown>)[key]));
  }
  return part === whole;
}
