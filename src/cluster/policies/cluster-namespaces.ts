import type { Labels } from '../../core/policy/match/label-selector.js';
import type { KubeClient } from '../../kubernetes/client.js';
import { Informer, type InformerOptions, type InformerStatus } from '../../kubernetes/informer.js';
import { isKubeError } from '../../kubernetes/kube-error.js';
import type { KubeObject } from '../../kubernetes/kube-object.js';
import { resources } from '../../kubernetes/resources.js';

/**
 * The labels of the cluster's namespaces, kept up to date. A namespace that the watch has not brought yet (it was made a moment ago
 * by whoever now makes the pod) is asked for by itself; however many ask at once, the API server is asked once.
 */
export class ClusterNamespaces {
  readonly #client: KubeClient;
  readonly #informer: Informer<KubeObject, Labels>;
  readonly #asked = new Map<string, Promise<Labels | undefined>>();

  constructor(
    client: KubeClient,
    options: Pick<InformerOptions<KubeObject, Labels>, 'onProblem' | 'onChange' | 'idleTimeout'> = {},
  ) {
    this.#client = client;
    this.#informer = new Informer<KubeObject, Labels>(client, resources.namespaces, { ...options, keep: labelsOf });
  }

  start(): void {
    this.#informer.start();
  }

  stop(): Promise<void> {
    return this.#informer.stop();
  }

  synced(within: number): Promise<boolean> {
    return this.#informer.synced(within);
  }

  status(): InformerStatus {
    return this.#informer.status();
  }

  get size(): number {
    return this.#informer.size;
  }

  labelsOf(namespace: string): Labels | undefined {
    return this.#informer.get(namespace);
  }

  /** Asks the cluster once. Undefined: there is no such namespace. @throws KubeError when it cannot tell within so many ms */
  async fetch(namespace: string, deadline: number): Promise<Labels | undefined> {
    const known = this.labelsOf(namespace);
    if (known !== undefined) return known;
    let asked = this.#asked.get(namespace);
    if (asked === undefined) {
      asked = this.#ask(namespace, deadline).finally(() => this.#asked.delete(namespace));
      this.#asked.set(namespace, asked);
    }
    return asked;
  }

  async #ask(namespace: string, deadline: number): Promise<Labels | undefined> {
    try {
      return labelsOf(await this.#client.get(resources.namespaces, namespace, { deadline }));
    } catch (error) {
      if (isKubeError(error, 'not-found')) return undefined;
      throw error;
    }
  }
}

function labelsOf({ metadata }: KubeObject): Labels {
  return { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name ?? '' };
}
