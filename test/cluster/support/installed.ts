import { seccomplyKinds } from '../../../src/cluster/kinds.js';
import { installObjects } from '../../../src/core/manifests/install-objects.js';
import { defaultInstall, type InstallOptions } from '../../../src/core/manifests/install-options.js';
import { isKubeError } from '../../../src/kubernetes/kube-error.js';
import type { KubeObject } from '../../../src/kubernetes/kube-object.js';
import { ResourceDiscovery } from '../../../src/kubernetes/resource-discovery.js';
import type { ControlPlane } from './control-plane.js';
import { eventually } from './eventually.js';

/** Applies everything that an installation applies; nothing of it runs where there are no nodes. */
export async function applyInstallation(cluster: ControlPlane, options: Partial<InstallOptions> = {}): Promise<void> {
  const { client } = cluster;
  const kinds = new ResourceDiscovery(client, Object.values(seccomplyKinds));
  for (const object of installObjects({ ...defaultInstall, ...options })) {
    const resource = await kinds.resourceOf(object);
    if (resource === undefined) throw new Error(`the cluster has no ${object.kind}`);
    await client.apply(resource, object as KubeObject, { force: true, fieldValidation: 'Strict' });
  }
  await eventually('the custom kinds are served', async () => {
    for (const kind of Object.values(seccomplyKinds)) await client.list(kind);
    return true;
  });
}

/** Makes an object, after a kind or a policy has had the time to come into force. */
export async function refusalOf(write: () => Promise<unknown>): Promise<string> {
  try {
    await write();
    return 'allowed';
  } catch (error) {
    if (isKubeError(error, 'forbidden', 'invalid', 'server', 'conflict')) return error.message;
    throw error;
  }
}
