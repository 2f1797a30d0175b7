import { names } from '../../core/manifests/names.js';
import { checkPolicies } from '../../core/policy/check/check-policies.js';
import { type ClusterDocument, fromClusterObject } from '../../core/policy/load/cluster-object.js';
import type { DocumentSet } from '../../core/policy/load/document-set.js';
import type { Problem } from '../../core/problem/problem.js';
import type { KubeClient } from '../../kubernetes/client.js';
import { Informer } from '../../kubernetes/informer.js';
import { isKubeError } from '../../kubernetes/kube-error.js';
import type { KubeEvent } from '../../kubernetes/kube-event.js';
import type { KubeObject } from '../../kubernetes/kube-object.js';
import type { Resource } from '../../kubernetes/resources.js';
import { messageOf } from '../../system/errno.js';
import { seccomplyKinds } from '../kinds.js';
import { clusterCatalogue } from '../policies/cluster-catalogue.js';
import type { ClusterDocuments } from '../policies/cluster-documents.js';
import { type ProfileObject, readProfileObject } from '../policies/profile-object.js';
import { documentStatusOf } from './document-status.js';
import { isSameStatus, type ObjectStatus } from './object-status.js';
import { profileStatusOf } from './profile-status.js';
import { statusEvents } from './status-event.js';

export interface StatusReconcilerOptions {
  readonly client: KubeClient;
  readonly baseline: readonly string[] | 'off';
  /** Milliseconds. */
  readonly longestExemption: number;
  readonly onProblem: (message: string) => void;
  /** Told after each pass, with what the cluster's documents are now. */
  readonly onDocuments?: (documents: ClusterDocuments) => void;
  /** Told of trouble that was not there before. */
  readonly onEvent?: (event: KubeEvent) => void;
  readonly now?: () => number;
}

interface Kept {
  readonly object: KubeObject;
  readonly read: ClusterDocument;
}

interface KeptProfile {
  readonly object: KubeObject;
  readonly read: ProfileObject;
}

const debounce = 300;
/** Exemptions end without anybody changing anything. */
const resync = 60_000;
const parallelWrites = 4;
const contradictions = new Set(['PL004', 'PL019']);

/** Writes the status of policies, exemptions and profiles: what a person has to know who looks at them with kubectl. */
export class StatusReconciler {
  readonly #options: StatusReconcilerOptions;
  readonly #documents: Readonly<Record<'policies' | 'exemptions', Informer<KubeObject, Kept>>>;
  readonly #profiles: Informer<KubeObject, KeptProfile>;
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
    const informer = (resource: Resource): Informer<KubeObject, Kept> =>
      new Informer<KubeObject, Kept>(client, resource, {
        ...common(resource.plural),
        keep: (object) => ({ object: withoutManagers(object), read: fromClusterObject(object) }),
      });
    this.#documents = { policies: informer(seccomplyKinds.policies), exemptions: informer(seccomplyKinds.exemptions) };
    this.#profiles = new Informer<KubeObject, KeptProfile>(client, seccomplyKinds.profiles, {
      ...common('seccompprofiles'),
      keep: (object) => ({ object: withoutManagers(object), read: readProfileObject(object) }),
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
    const now = this.#options.now?.() ?? Date.now();
    const kept = [...this.#documents.policies.values(), ...this.#documents.exemptions.values()];
    const profiles = [...this.#profiles.values()];
    const documents = kept.flatMap(({ read }) => read.document ?? []);
    const policies = documents.filter((one) => one.kind === 'SeccompPolicy');
    const exemptions = documents.filter((one) => one.kind === 'SeccompExemption');
    const catalogue = clusterCatalogue(profiles.map(({ read }) => read));
    const set: DocumentSet = { policies, exemptions, namespaces: [], contentSha256: '' };
    const found = checkPolicies(set, { catalogue, baseline, longestExemption, now });
    const byDocument = groupByDocument(found);
    this.#options.onDocuments?.({
      policies,
      exemptions,
      profiles: profiles.map(({ read }) => read),
      broken: kept.flatMap(({ object, read }) =>
        read.document === undefined ? [{ kind: kindOf(object), name: object.metadata.name ?? '' }] : [],
      ),
      problems: [...kept.flatMap(({ read }) => read.problems), ...found],
    });

    const writes: (() => Promise<void>)[] = [];
    for (const { object, read } of kept) {
      const { uid = '', name = '' } = object.metadata;
      if (read.document !== undefined) this.#lastGood.add(uid);
      const resource = kindOf(object) === 'SeccompExemption' ? seccomplyKinds.exemptions : seccomplyKinds.policies;
      const about = byDocument.get(`${resource.plural}/${name}`) ?? [];
      const status = documentStatusOf(
        object,
        { ...read, problems: [...read.problems, ...about.filter(({ code }) => !contradictions.has(code))] },
        {
          now,
          longestExemption,
          conflicts: about.filter(({ code }) => contradictions.has(code)),
          lastGood: read.document === undefined && this.#lastGood.has(uid),
        },
      );
      if (!isSameStatus(status, statusIn(object))) writes.push(() => this.#write(resource, object, status));
    }
    for (const { object, read } of profiles) {
      const status = profileStatusOf(object, read, now);
      if (!isSameStatus(status, statusIn(object)))
        writes.push(() => this.#write(seccomplyKinds.profiles, object, status));
    }
    const workers = Array.from({ length: parallelWrites }, async () => {
      for (let write = writes.shift(); write !== undefined && !this.#stopped; write = writes.shift()) await write();
    });
    await Promise.all(workers);
  }

  async #write(resource: Resource, object: KubeObject, status: ObjectStatus): Promise<void> {
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

/** `seccomppolicies/web` → its problems, by the place that every problem of a custom resource has. */
function groupByDocument(problems: readonly Problem[]): ReadonlyMap<string, readonly Problem[]> {
  const groups = new Map<string, Problem[]>();
  for (const problem of problems) {
    const key = /^cluster:([a-z]+\/[^@]+)/.exec(problem.place?.file ?? '')?.[1];
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [problem]);
    else group.push(problem);
  }
  return groups;
}

function kindOf({ kind }: KubeObject): 'SeccompPolicy' | 'SeccompExemption' {
  return kind === 'SeccompExemption' ? kind : 'SeccompPolicy';
}

function statusIn(object: KubeObject): unknown {
  return (object as { readonly status?: unknown }).status;
}

function withoutManagers(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
