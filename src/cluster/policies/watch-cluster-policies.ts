import { type ClusterDocument, fromClusterObject } from '../../core/policy/load/cluster-object.js';
import { type DocumentSet, documentSet } from '../../core/policy/load/document-set.js';
import type { LoadedExemption, LoadedPolicy } from '../../core/policy/load/loaded-document.js';
import type { BrokenDocument } from '../../core/policy/load/read-documents.js';
import type { PolicyLoad } from '../../files/policies/load-policies.js';
import type { PolicyWatch } from '../../files/policies/watch-policies.js';
import type { KubeClient } from '../../kubernetes/client.js';
import { Informer, type InformerOptions, type InformerStatus } from '../../kubernetes/informer.js';
import type { KubeObject } from '../../kubernetes/kube-object.js';
import type { ObjectChange } from '../../kubernetes/object-store.js';
import { messageOf } from '../../system/errno.js';
import { seccomplyKinds } from '../kinds.js';
import { type LastGood, type LastGoodPlace, readLastGood } from './last-good.js';

export interface ClusterPolicyOptions {
  /** Where replicas find what was last good. */
  readonly lastGood?: LastGoodPlace;
  /** How long after a change others are waited for that come with it, in ms. Default 50. */
  readonly debounce?: number;
  /** After so long without the cluster's documents the last good set comes into force, in ms. Default 10,000. */
  readonly syncTimeout?: number;
  /** Told what keeps the documents from being read, for the log. */
  readonly onProblem?: (message: string) => void;
  /** Told when `onLoad` throws for a change. Without it that ends the process, as any defect does. */
  readonly onError?: (error: unknown) => void;
  readonly informer?: Pick<InformerOptions<KubeObject, ClusterDocument>, 'pageSize' | 'idleTimeout' | 'backOff'>;
}

export interface ClusterPolicyWatch extends PolicyWatch {
  status(): Readonly<Record<'policies' | 'exemptions', InformerStatus>>;
}

/**
 * Loads the policies and exemptions of a cluster, hands them to `onLoad`, and again whenever what they say has changed: the same as
 * `watchPolicies` does for files. Resolves after the first load, however long the API server lets it wait; a load of
 * the last good set is one. A document that cannot be read keeps its last good version, and the others count.
 */
export async function watchClusterPolicies(
  client: KubeClient,
  onLoad: (load: PolicyLoad) => void | Promise<void>,
  options: ClusterPolicyOptions = {},
): Promise<ClusterPolicyWatch> {
  const watcher = new ClusterPolicyWatcher(client, onLoad, options);
  await watcher.start();
  return watcher;
}

class ClusterPolicyWatcher implements ClusterPolicyWatch {
  readonly #client: KubeClient;
  readonly #onLoad: (load: PolicyLoad) => void | Promise<void>;
  readonly #options: ClusterPolicyOptions;
  readonly #informers: Readonly<Record<'policies' | 'exemptions', Informer<KubeObject, ClusterDocument>>>;
  #previous: DocumentSet | undefined;
  #lastSaid: string | undefined;
  #queue: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #isStarted = false;
  #isClosed = false;

  constructor(client: KubeClient, onLoad: (load: PolicyLoad) => void | Promise<void>, options: ClusterPolicyOptions) {
    this.#client = client;
    this.#onLoad = onLoad;
    this.#options = options;
    const informer = (resource: typeof seccomplyKinds.policies | typeof seccomplyKinds.exemptions) =>
      new Informer<KubeObject, ClusterDocument>(client, resource, {
        ...options.informer,
        keep: fromClusterObject,
        onChange: (change) => {
          if (changesAnything(change)) this.#changed();
        },
        onProblem: (error, retryIn) => {
          if (error.code !== 'expired')
            options.onProblem?.(
              `${resource.plural} cannot be read, the next attempt is in ${Math.round(retryIn)} ms: ${error.message}`,
            );
        },
      });
    this.#informers = { policies: informer(seccomplyKinds.policies), exemptions: informer(seccomplyKinds.exemptions) };
  }

  async start(): Promise<void> {
    const { policies, exemptions } = this.#informers;
    policies.start();
    exemptions.start();
    const lastGood = this.#lastGood();
    const syncTimeout = this.#options.syncTimeout ?? 10_000;
    const synced = await Promise.all([policies.synced(syncTimeout), exemptions.synced(syncTimeout)]);
    const good = await lastGood;
    this.#previous = good?.documents;
    // From here on nothing that changes is missed, also while the first load is being taken in.
    this.#isStarted = true;
    if (!synced.every(Boolean) && good?.complete === true) await this.#enqueue(() => this.#hand(loadOf(good)));
    else await this.#untilSynced();
    if (synced.every(Boolean)) return;
    // Sometime later the cluster's own documents take over.
    void this.#untilSynced().catch(this.#onError);
  }

  status(): Readonly<Record<'policies' | 'exemptions', InformerStatus>> {
    return { policies: this.#informers.policies.status(), exemptions: this.#informers.exemptions.status() };
  }

  refresh(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#enqueue(() => this.#load());
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const informer of Object.values(this.#informers)) void informer.stop();
  }

  async #untilSynced(): Promise<void> {
    const forever = 2 ** 31 - 1;
    await Promise.all(Object.values(this.#informers).map((informer) => informer.synced(forever)));
    await this.refresh();
  }

  #changed(): void {
    if (!this.#isStarted || this.#isClosed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#enqueue(() => this.#load()).catch(this.#onError);
    }, this.#options.debounce ?? 50);
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => undefined);
    return done;
  }

  async #load(): Promise<void> {
    const { policies, exemptions } = this.#informers;
    if (this.#isClosed || !policies.status().synced || !exemptions.status().synced) return;
    const read = [...policies.values(), ...exemptions.values()];
    const loaded = read.map(({ document }) => document);
    const { documents, problems, notes } = documentSet(
      [
        {
          file: undefined,
          policies: loaded.filter((one): one is LoadedPolicy => one?.kind === 'SeccompPolicy'),
          exemptions: loaded.filter((one): one is LoadedExemption => one?.kind === 'SeccompExemption'),
          namespaces: [],
          problems: read.flatMap((one) => one.problems),
          notes: [],
          broken: [...brokenOf(policies, 'SeccompPolicy'), ...brokenOf(exemptions, 'SeccompExemption')],
        },
      ],
      this.#previous,
    );
    await this.#hand({ documents, problems, notes, contentSha256: documents.contentSha256 });
  }

  async #hand(load: PolicyLoad): Promise<void> {
    const said = `${load.contentSha256}\n${JSON.stringify(load.problems)}`;
    this.#previous = load.documents;
    if (this.#isClosed || said === this.#lastSaid) return;
    this.#lastSaid = said;
    await this.#onLoad(load);
  }

  async #lastGood(): Promise<LastGood | undefined> {
    const { lastGood, onProblem, syncTimeout = 10_000 } = this.#options;
    if (lastGood === undefined) return undefined;
    try {
      return await readLastGood(this.#client, lastGood, {
        deadline: syncTimeout,
        ...(onProblem === undefined ? {} : { onProblem }),
      });
    } catch (error) {
      onProblem?.(`the last good policy set cannot be read: ${messageOf(error)}`);
      return undefined;
    }
  }

  #onError = (error: unknown): void => {
    if (this.#options.onError === undefined) throw error;
    this.#options.onError(error);
  };
}

function loadOf({ documents, written }: LastGood): PolicyLoad {
  const message = `the policies of the cluster cannot be read; the set of ${written} is in force until they can`;
  const advice = 'see the log for what the API server says, and kubectl get seccomp';
  return {
    documents,
    problems: [{ code: 'PD021', severity: 'warning', message, advice }],
    notes: [],
    contentSha256: documents.contentSha256,
  };
}

/** Writing a status, or a label, changes nothing that policies say. */
function changesAnything(change: ObjectChange<ClusterDocument>): boolean {
  if (change.type !== 'updated') return true;
  const { value, before } = change;
  if (value.problems.length + before.problems.length > 0) return true;
  const [one, other] = [value.document?.reference, before.document?.reference];
  return one?.contentSha256 !== other?.contentSha256 || one?.origin !== other?.origin;
}

function brokenOf(
  informer: Informer<KubeObject, ClusterDocument>,
  kind: NonNullable<BrokenDocument['kind']>,
): readonly BrokenDocument[] {
  const broken: BrokenDocument[] = [];
  for (const [name, { document }] of informer.entries()) if (document === undefined) broken.push({ kind, name });
  return broken;
}
