import { names } from '../../core/manifests/names.js';
import type { KubeClient } from '../../kubernetes/client.js';
import { type Resource, resources } from '../../kubernetes/resources.js';
import { rotateAnnotation } from '../../tls/authority/authority-secret.js';
import type { AuthorityStore, Registration, StoredSecret } from '../../tls/authority/reconcile-authority.js';
import { findSecret, type Secret, type SecretName } from '../secret.js';
import { type WebhookConfiguration, webhookConfigurationKinds } from './webhook-configuration.js';
import { writeOutcome } from './write-outcome.js';

const by = { fieldManager: names.controllerFieldManager } as const;

/** The Secret and the two webhook configurations of a cluster. */
export function clusterAuthorityStore(client: KubeClient, secret: SecretName): AuthorityStore {
  const read = new Map<string, { readonly resource: Resource; readonly object: WebhookConfiguration }>();
  let stored: Secret | undefined;
  return {
    async secret(): Promise<StoredSecret> {
      stored = await findSecret(client, secret);
      const version = stored?.metadata.resourceVersion;
      const request = stored?.metadata.annotations?.[rotateAnnotation];
      return {
        version,
        ...(stored?.data === undefined ? {} : { data: stored.data }),
        ...(request === undefined || request === '' ? {} : { request }),
      };
    },
    async writeSecret(data, version) {
      if (version === undefined || stored === undefined)
        return writeOutcome(
          client.create<Secret>(resources.secrets, {
            apiVersion: 'v1',
            kind: 'Secret',
            metadata: { ...secret, labels: { 'app.kubernetes.io/name': 'seccomply' } },
            type: 'Opaque',
            data,
          }),
        );
      const { managedFields: _, ...metadata } = stored.metadata;
      return writeOutcome(
        client.replace<Secret>(
          resources.secrets,
          { ...stored, metadata: { ...metadata, resourceVersion: version }, data },
          by,
        ),
      );
    },
    async registrations() {
      const list: Registration[] = [];
      for (const [name, resource] of Object.entries(webhookConfigurationKinds)) {
        const object = await client.find<WebhookConfiguration>(resource, names.registration);
        if (object === undefined) continue;
        read.set(name, { resource, object });
        list.push({
          name,
          version: object.metadata.resourceVersion ?? '',
          bundles: (object.webhooks ?? []).map(({ clientConfig }) =>
            Buffer.from(clientConfig?.caBundle ?? '', 'base64').toString('utf8'),
          ),
        });
      }
      return list;
    },
    async publish(name, version, bundle) {
      const known = read.get(name);
      if (known === undefined) return 'conflict';
      const caBundle = Buffer.from(bundle, 'utf8').toString('base64');
      return writeOutcome(
        client.patch<WebhookConfiguration>(
          known.resource,
          names.registration,
          {
            metadata: { resourceVersion: version },
            webhooks: (known.object.webhooks ?? []).map((webhook) => ({
              ...webhook,
              clientConfig: { ...webhook.clientConfig, caBundle },
            })),
          },
          'merge',
          by,
        ),
      );
    },
  };
}
