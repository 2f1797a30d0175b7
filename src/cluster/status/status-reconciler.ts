import { names } from '../../core/manifests/names.js';
import { fromClusterObject } from '../../core/policy/load/cluster-object.js';
import type { NodeDefault } from '../../core/profile/runtime-default.js';
import type { KubeClient } from '../../kubernetes/client.js';
import { Informer } from '../../kubernetes/informer.js';
import { isKubeError } from '../../kubernetes/kube-error.js';
import type { KubeEvent } from '../../kubernetes/kube-event.js';
import type { KubeObject } from '../../kubernetes/kube-object.js';
import type { Resource } from '../../kubernetes/resources.js';
import { messageOf } from '../../system/errno.js';
import { seccomplyKinds } from '../kinds.js';
import type { ClusterDocuments } from '../policies/cluster-documents.js';
import { PROFILE_PAGE, readProfileObject } from '../policies/profile-object.js';
import {
  type ClusterDocumentObject,
  type ClusterProfileObject,
  desiredStatuses,
  type StatusChange,
} from './desired-statuses.js';
import { statusEvents } from './status-event.js';

export interface StatusReconcilerOptions {
  readonly client: KubeClient;
  readonly baseline: readonly string[] | 'off';
  /** Milliseconds. */
  readonly longestExemption: number;
  /** Whose default the profiles are held against; default any's. */
  readonly runtimeDefault?: NodeDefault;
  readonly onProblem: (message: string) => void;
  /** Told after each pass, with what the cluster's documents are now. */
  readonly onDocuments?: (documents: ClusterDocuments) => void;
  /** Told of trouble that was not there before. */
  readonly onEvent?: (event: KubeEvent) => void;
  readonly now?: () => number;
}

const debounce = 300;
/** Exemptions end without anybody changing anything. */
const resync = 60_000;
const parallelWrites = 4;

/** Writes the status of policies, exemptions and profiles: what a person has to know who looks at them with kubectl. */
export class StatusReconciler {
  readonly #options: StatusReconcilerOptions;
  readonly #documents: Readonly<Record<'policies' | 'exemptions', Informer<KubeObject, ClusterDocumentObject>>>;
  readonly #profiles: Informer<KubeObject, ClusterProfileObject>;
  /** By uid: the last version of a document that could be read. Replicas keep going by it. */
  readonly #lastGood = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: StatusReconcilerOptions) {
    this.#options = options;
    const { client } = options;
    const onSettled = (): void => this.#schedule(debounce);
    const common = (kind: string) => ({
      namespace: 'all' as const,
      onSettled,
      onProblem: (error: Error, retryIn: number): void => {
        if (retryIn > 0 && !isKubeError(error, 'expired'))
          options.onProblem(`${kind} cannot be watched, tried again in ${Math.round(retryIn)} ms: ${error.message}`);
      },
    });
    const informer = (resource: Resource): Informer<KubeObject, ClusterDocumentObject> =>
      new Informer<KubeObject, ClusterDocumentObject>(client, resource, {
        ...common(resource.plural),
        keep: (object) => ({ object: withoutManagers(object), read: fromClusterObject(object) }),
      });
    this.#documents = { policies: informer(seccomplyKinds.policies), exemptions: informer(seccomplyKinds.exemptions) };
    this.#profiles = new Informer<KubeObject, ClusterProfileObject>(client, seccomplyKinds.profiles, {
      ...common('seccompprofiles'),
      pageSize: PROFILE_PAGE,
      keep: (object, before) => ({
        object: withoutManagers(object),
        read: readProfileObject(object, before?.read, options.runtimeDefault),
      }),
    });
  }

  start(): void {
    for (const informer of this.#informers()) informer.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await Promise.all(this.#informers().map((informer) => informer.stop()));
    await this.#running;
  }

  get isSynced(): boolean {
    return this.#informers().every((informer) => informer.status().synced);
  }

  #informers() {
    return [this.#documents.policies, this.#documents.exemptions, this.#profiles] as const;
  }

  #schedule(delay: number): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#running = this.#running
        .then(() => this.#pass())
        .catch((error: unknown) =>
          this.#options.onProblem(`the status of documents could not be worked out: ${messageOf(error)}`),
        )
        .finally(() => this.#schedule(resync));
    }, delay);
    this.#timer.unref();
  }

  async #pass(): Promise<void> {
    if (!this.isSynced || this.#stopped) return;
    const { baseline, longestExemption } = this.#options;
    const documents = [...this.#documents.policies.values(), ...this.#documents.exemptions.values()];
    for (const { object, read } of documents)
      if (read.document !== undefined) this.#lastGood.add(object.metadata.uid ?? '');
    const { set, changes } = desiredStatuses(documents, [...this.#profiles.values()], {
      baseline,
      longestExemption,
      lastGood: this.#lastGood,
      now: this.#options.now?.() ?? Date.now(),
    });
    this.#options.onDocuments?.(set);
    const writes = changes.values();
    const workers = Array.from({ length: parallelWrites }, async () => {
      for (const change of writes) {
        if (this.#stopped) return;
        await this.#write(change);
      }
    });
    await Promise.all(workers);
  }

  async #write({ resource, object, status }: StatusChange): Promise<void> {
    const { client, onProblem, onEvent } = this.#options;
    const name = object.metadata.name ?? '';
    try {
      const own = { metadata: { name }, status } as KubeObject;
      await client.apply(resource, own, {
        subresource: 'status',
        force: true,
        fieldManager: names.controllerFieldManager,
      });
      for (const event of statusEvents(object, status)) onEvent?.(event);
    } catch (error) {
      if (!isKubeError(error, 'not-found'))
        onProblem(`the status of ${resource.kind} ${name} was not written: ${messageOf(error)}`);
    }
  }
}

function withoutManagers(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
