import { setTimeout as sleep } from 'node:timers/promises';
import { enforcementLabel } from '../../core/manifests/guard.js';
import { installObjects } from '../../core/manifests/install-objects.js';
import { defaultInstall } from '../../core/manifests/install-options.js';
import { names } from '../../core/manifests/names.js';
import { GROUP } from '../../core/policy/crd/crd.js';
import type { Manifest } from '../../core/policy/crd/manifest.js';
import type { KubeClient } from '../../kubernetes/client.js';
import { isKubeError } from '../../kubernetes/kube-error.js';
import { ResourceDiscovery } from '../../kubernetes/resource-discovery.js';
import { type Resource, resources } from '../../kubernetes/resources.js';

export interface UninstallOptions {
  readonly namespace: string;
  /** Leave the custom kinds, and with them every policy, exemption and profile. */
  readonly keepPolicies: boolean;
  /** Milliseconds until everything has to be gone. */
  readonly deadline: number;
}

export interface Uninstalled {
  readonly deleted: number;
  /** Objects that are still there: something holds them back. */
  readonly left: readonly string[];
  /** Namespaces that keep the label, which belongs to whoever set it. */
  readonly labelled: readonly string[];
}

const ours = 'app.kubernetes.io/part-of=seccomply';

/**
 * Takes everything away, the registration first: from then on no pod waits for a webhook that is going. Objects that are not there
 * are no error, so that it can be called again.
 */
export async function uninstall(
  client: KubeClient,
  options: UninstallOptions,
  tell: (what: string) => void = () => undefined,
): Promise<Uninstalled> {
  const kinds = new ResourceDiscovery(client);
  const all = installObjects({ ...defaultInstall, namespace: options.namespace });
  const removed: { readonly resource: Resource; readonly name: string }[] = [];
  const remove = async (resource: Resource, name: string): Promise<void> => {
    if (await client.deleteIfFound(resource, name, { propagation: 'Background' })) removed.push({ resource, name });
  };

  const first = [resources.mutatingWebhookConfigurations, resources.validatingWebhookConfigurations];
  for (const resource of first) for (const name of await namesOf(client, resource, all)) await remove(resource, name);
  tell('the registration');

  // The controller goes before what it keeps, or it would put that back.
  await client.deleteIfFound(resources.deployments, names.controller, { namespace: options.namespace });
  const guards = [
    resources.validatingAdmissionPolicyBindings,
    resources.mutatingAdmissionPolicyBindings,
    resources.validatingAdmissionPolicies,
    resources.mutatingAdmissionPolicies,
  ];
  for (const resource of guards) for (const name of await namesOf(client, resource, all)) await remove(resource, name);
  tell('admission policies');

  if (!options.keepPolicies) {
    for (const { kind, metadata } of all)
      if (kind === 'CustomResourceDefinition') await remove(resources.customResourceDefinitions, metadata.name);
    tell('policies, exemptions, profiles and their kinds');
  }

  const rbac = ['ClusterRoleBinding', 'ClusterRole'];
  for (const kind of rbac) {
    const resource = await kinds.resourceOf({ apiVersion: 'rbac.authorization.k8s.io/v1', kind });
    if (resource === undefined) continue;
    for (const name of await namesOf(client, resource, all)) await remove(resource, name);
  }
  tell('rights');

  await remove(resources.namespaces, options.namespace);
  tell(`the namespace ${options.namespace}`);

  const end = Date.now() + options.deadline;
  let left = removed;
  for (;;) {
    const still = [];
    for (const one of left) if ((await client.find(one.resource, one.name)) !== undefined) still.push(one);
    left = still;
    if (left.length === 0 || Date.now() > end) break;
    await sleep(250);
  }
  const labelled = await client.listAll(resources.namespaces, { labelSelector: enforcementLabel });
  return {
    deleted: removed.length,
    left: left.map(({ resource, name }) => `${resource.kind} ${name}`),
    labelled: labelled.map(({ metadata }) => metadata.name ?? ''),
  };
}

/** Those of the manifests and whatever else carries our label: what an older version or the controller has made. */
async function namesOf(client: KubeClient, resource: Resource, all: readonly Manifest[]): Promise<readonly string[]> {
  const listed = await client.listAll(resource, { labelSelector: ours }).catch((error: unknown) => {
    // This cluster does not serve the kind.
    if (isKubeError(error, 'not-found')) return [];
    throw error;
  });
  const fromManifests = all
    .filter(({ kind, apiVersion }) => kind === resource.kind && !apiVersion.startsWith(GROUP))
    .map(({ metadata }) => metadata.name);
  return [...new Set([...fromManifests, ...listed.map(({ metadata }) => metadata.name ?? '')])];
}
