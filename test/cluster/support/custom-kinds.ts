import { seccomplyKinds } from '../../../src/cluster/kinds.js';
import { customResourceDefinitions } from '../../../src/core/policy/crd/crd.js';
import type { KubeClient } from '../../../src/kubernetes/client.js';
import type { KubeObject } from '../../../src/kubernetes/kube-object.js';
import { resources } from '../../../src/kubernetes/resources.js';
import { eventually } from './eventually.js';

/** Makes the API server serve SeccompPolicy, SeccompExemption and SeccompProfile. */
export async function serveCustomKinds(client: KubeClient): Promise<void> {
  for (const definition of customResourceDefinitions())
    await client.apply(resources.customResourceDefinitions, definition as unknown as KubeObject);
  await eventually('the custom kinds are served', async () => {
    for (const kind of Object.values(seccomplyKinds)) await client.list(kind);
    return true;
  });
}

/** Takes any content for the kinds from now on, as a cluster with an older or a newer definition would. */
export async function takeAnything(client: KubeClient): Promise<void> {
  for (const { metadata } of customResourceDefinitions())
    await client.patch(
      resources.customResourceDefinitions,
      metadata.name,
      [
        {
          op: 'replace',
          path: '/spec/versions/0/schema/openAPIV3Schema',
          value: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      ],
      'json',
    );
}
