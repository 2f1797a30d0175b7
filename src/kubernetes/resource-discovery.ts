import type { KubeClient } from './client.js';
import { isKubeError } from './kube-error.js';
import { apiVersionOf, type Resource, resources } from './resources.js';

/** Finds what a kind is called in an address: known ones at once, others by asking the API server. */
export class ResourceDiscovery {
  readonly #client: KubeClient;
  readonly #known: readonly Resource[];
  readonly #asked = new Map<string, Promise<readonly Resource[]>>();

  /** @param known besides Kubernetes' own `resources` */
  constructor(client: KubeClient, known: readonly Resource[] = []) {
    this.#client = client;
    this.#known = [...Object.values(resources), ...known];
  }

  /** Undefined: the API server does not know the kind. */
  async resourceOf({
    apiVersion,
    kind,
  }: {
    readonly apiVersion: string;
    readonly kind: string;
  }): Promise<Resource | undefined> {
    const known = this.#known.find((one) => one.kind === kind && apiVersionOf(one) === apiVersion);
    if (known !== undefined) return known;
    let asked = this.#asked.get(apiVersion);
    if (asked === undefined) {
      asked = this.#ask(apiVersion);
      this.#asked.set(apiVersion, asked);
    }
    const found = (await asked).find((one) => one.kind === kind);
    // It may come with what is being applied.
    if (found === undefined) this.#asked.delete(apiVersion);
    return found;
  }

  async #ask(apiVersion: string): Promise<readonly Resource[]> {
    const [version = '', group = ''] = apiVersion.split('/').reverse();
    try {
      const { body } = await this.#client.raw({
        method: 'GET',
        path: group === '' ? `/api/${version}` : `/apis/${group}/${version}`,
      });
      const { resources: list = [] } = JSON.parse(body) as { resources?: readonly RawResource[] };
      return list
        .filter(({ name }) => !name.includes('/'))
        .map(({ name, kind, namespaced }) => ({ group, version, plural: name, kind, namespaced }));
    } catch (error) {
      if (isKubeError(error, 'not-found')) return [];
      throw error;
    }
  }
}

interface RawResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}
