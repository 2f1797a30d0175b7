import { canonicalJson } from '../audit/canonical-json.js';
import { messageOf } from '../errno.js';
import { labelsOf } from '../manifests/labels.js';
import { exportAdmissionPolicies } from '../policy/export-admission-policies.js';
import type { KubeClient, KubeObject } from './client.js';
import type { Manifest } from './guard.js';
import { isKubeError } from './kube-error.js';
import { ManifestResources } from './manifest-resource.js';
import { clusterCatalogue } from './profiles.js';
import { controllerManager } from './registration.js';
import { type Resource, resources } from './resources.js';
import type { ClusterDocuments } from './status-keeper.js';

export interface AdmissionPolicyOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly baseline: readonly string[] | 'off';
  /** Milliseconds. */
  readonly longestExemption: number;
  readonly onProblem: (message: string) => void;
}

/** On every object that the controller keeps, so that those of documents that are gone can be found. */
export const keptLabel = 'seccomply.dev/kept-by';

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
export class AdmissionPolicyKeeper {
  readonly #options: AdmissionPolicyOptions;
  readonly #kinds: ManifestResources;
  readonly #written = new Map<string, string>();

  constructor(options: AdmissionPolicyOptions) {
    this.#options = options;
    this.#kinds = new ManifestResources(options.client);
  }

  /** Says how many objects were written and deleted. */
  async take(
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
        labels: { ...labelsOf('policies'), [keptLabel]: 'controller' },
      },
    );
    const wanted = objects;
    let written = 0;
    for (const object of wanted) written += (await this.#apply(object)) ? 1 : 0;
    return { written, deleted: await this.#deleteOthers(wanted) };
  }

  /** Takes everything away that was kept. */
  async clear(): Promise<void> {
    await this.#deleteOthers([]);
  }

  async #apply(object: Manifest): Promise<boolean> {
    const { client, onProblem } = this.#options;
    const key = `${object.kind}/${object.metadata.name}`;
    const content = canonicalJson(object);
    if (this.#written.get(key) === content) return false;
    const resource = await this.#kinds.of(object);
    if (resource === undefined) {
      this.#written.set(key, content);
      onProblem(`the cluster has no ${object.kind} of ${object.apiVersion}: ${object.metadata.name} is left out`);
      return false;
    }
    try {
      await client.apply(resource, object as KubeObject, { force: true, fieldManager: controllerManager });
      this.#written.set(key, content);
      return true;
    } catch (error) {
      onProblem(`${key} was not written: ${messageOf(error)}`);
      return false;
    }
  }

  async #deleteOthers(wanted: readonly Manifest[]): Promise<number> {
    const { client } = this.#options;
    const keep = new Set(wanted.map(({ kind, metadata }) => `${kind}/${metadata.name}`));
    let deleted = 0;
    for (const resource of kinds) {
      let there: readonly KubeObject[];
      try {
        there = await client.listAll(resource, { labelSelector: `${keptLabel}=controller` });
      } catch (error) {
        if (isKubeError(error, 'not-found')) continue;
        throw error;
      }
      for (const { metadata } of there) {
        const name = metadata.name ?? '';
        const key = `${resource.kind}/${name}`;
        if (keep.has(key)) continue;
        await client.delete(resource, name).catch((error: unknown) => {
          if (!isKubeError(error, 'not-found')) throw error;
        });
        this.#written.delete(key);
        deleted += 1;
      }
    }
    return deleted;
  }
}
