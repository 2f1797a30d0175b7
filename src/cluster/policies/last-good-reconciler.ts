import { labelsOf } from '../../core/manifests/labels.js';
import { type DocumentSet, documentSet } from '../../core/policy/load/document-set.js';
import type { KubeClient } from '../../kubernetes/client.js';
import type { ClusterDocuments } from './cluster-documents.js';
import { type LastGoodPlace, readLastGood, writeLastGood } from './last-good.js';

/** Keeps the set of documents as replicas go by it, each in its last good version, for replicas that start while one is broken. */
export class LastGoodReconciler {
  readonly #client: KubeClient;
  readonly #place: LastGoodPlace;
  #previous: DocumentSet | undefined;
  #isRead = false;
  #written: string | undefined;

  constructor(client: KubeClient, place: LastGoodPlace) {
    this.#client = client;
    this.#place = place;
  }

  /** Whether something was written. @throws KubeError */
  async reconcile({ policies, exemptions, broken }: ClusterDocuments): Promise<boolean> {
    if (!this.#isRead) {
      const stored = await readLastGood(this.#client, this.#place);
      this.#previous = stored?.documents;
      this.#isRead = true;
    }
    const { documents } = documentSet(
      [{ file: undefined, policies, exemptions, namespaces: [], problems: [], notes: [], broken }],
      this.#previous,
    );
    this.#previous = documents;
    const bad = new Set(broken.map(({ kind, name }) => `${kind}/${name}`));
    const written = `${documents.contentSha256} ${[...bad].sort().join(' ')}`;
    if (written === this.#written) return false;
    await writeLastGood(this.#client, this.#place, documents, { bad, labels: labelsOf('policies') });
    this.#written = written;
    return true;
  }
}
