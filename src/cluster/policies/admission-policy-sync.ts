import { canonicalJson } from '../../core/document/canonical-json.js';
import { labelsOf } from '../../core/manifests/labels.js';
import { names } from '../../core/manifests/names.js';
import type { Manifest } from '../../core/policy/crd/manifest.js';
import { exportAdmissionPolicies } from '../../core/policy/export/admission-policies.js';
import type { KubeClient } from '../../kubernetes/client.js';
import { isKubeError } from '../../kubernetes/kube-error.js';
import type { KubeObject } from '../../kubernetes/kube-object.js';
import { ResourceDiscovery } from '../../kubernetes/resource-discovery.js';
import { type Resource, resources } from '../../kubernetes/resources.js';
import { messageOf } from '../../system/errno.js';
import { clusterCatalogue } from './cluster-catalogue.js';
import type { ClusterDocuments } from './cluster-documents.js';

export interface AdmissionPolicyOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly baseline: readonly string[] | 'off';
  /** Milliseconds. */
  readonly longestExemption: number;
  readonly onProblem: (message: string) => void;
}

/** On every object that the controller manages, so that those of documents that are gone can be found. */
export const managedByLabel = 'seccomply.dev/kept-by';

const kinds: readonly Resource[] = [
  resources.validatingAdmissionPolicyBindings,
  resources.validatingAdmissionPolicies,
  resources.mutatingAdmissionPolicyBindings,
  resources.mutatingAdmissionPolicies,
];

/**
 * Keeps the documents as admission policies of the API server, with the unexpired exemptions in them: CEL has no clock, so where an
 * exemption ends they are written again. What is unchanged is not.
 */
export class AdmissionPolicyReconciler {
  readonly #options: AdmissionPolicyOptions;
  readonly #kinds: ResourceDiscovery;
  readonly #written = new Map<string, string>();

  constructor(options: AdmissionPolicyOptions) {
    this.#options = options;
    this.#kinds = new ResourceDiscovery(options.client);
  }

  /** Says how many objects were written and deleted. */
  async reconcile(
    documents: ClusterDocuments,
    now: number,
  ): Promise<{ readonly written: number; readonly deleted: number }> {
    const { baseline, longestExemption } = this.#options;
    const { objects } = exportAdmissionPolicies(
      { policies: documents.policies, exemptions: documents.exemptions, namespaces: [], contentSha256: '' },
      {
        catalogue: clusterCatalogue(documents.profiles),
        baseline,
        longestExemption,
        now,
        labels: { ...labelsOf('policies'), [managedByLabel]: 'controller' },
      },
    );
    const there = await managedPolicies(this.#options.client);
    let written = 0;
    for (const object of objects) {
      // One that somebody deleted comes back.
      if (!there.has(keyOf(object))) this.#written.delete(keyOf(object));
      written += (await this.#apply(object)) ? 1 : 0;
    }
    const wanted = new Set(objects.map(keyOf));
    let deleted = 0;
    for (const [key, { resource, name }] of there) {
      if (wanted.has(key)) continue;
      await this.#options.client.deleteIfFound(resource, name);
      this.#written.delete(key);
      deleted += 1;
    }
    return { written, deleted };
  }

  async #apply(object: Manifest): Promise<boolean> {
    const { client, onProblem } = this.#options;
    const key = keyOf(object);
    const content = canonicalJson(object);
    if (this.#written.get(key) === content) return false;
    const resource = await this.#kinds.resourceOf(object);
    if (resource === undefined) {
      this.#written.set(key, content);
      onProblem(`the cluster has no ${object.kind} of ${object.apiVersion}: ${object.metadata.name} is left out`);
      return false;
    }
    try {
      await client.apply(resource, object as KubeObject, { force: true, fieldManager: names.controllerFieldManager });
      this.#written.set(key, content);
      return true;
    } catch (error) {
      onProblem(`${key} was not written: ${messageOf(error)}`);
      return false;
    }
  }
}

/** Deletes everything that a controller has made. */
export async function deleteManagedPolicies(client: KubeClient): Promise<void> {
  for (const { resource, name } of (await managedPolicies(client)).values()) await client.deleteIfFound(resource, name);
}

interface ManagedPolicy {
  readonly resource: Resource;
  readonly name: string;
}

async function managedPolicies(client: KubeClient): Promise<ReadonlyMap<string, ManagedPolicy>> {
  const managed = new Map<string, ManagedPolicy>();
  for (const resource of kinds) {
    try {
      for (const { metadata } of await client.listAll(resource, { labelSelector: `${managedByLabel}=controller` })) {
        const name = metadata.name ?? '';
        managed.set(`${resource.kind}/${name}`, { resource, name });
      }
    } catch (error) {
      // MutatingAdmissionPolicy is not served by every version.
      if (!isKubeError(error, 'not-found')) throw error;
    }
  }
  return managed;
}

function keyOf({ kind, metadata }: Manifest): string {
  return `${kind}/${metadata.name}`;
}
