import { createHash } from 'node:crypto';
import { seccomplyKinds } from '../../cluster/kinds.js';
import { clusterCatalogue } from '../../cluster/policies/cluster-catalogue.js';
import type { ProfileObject } from '../../cluster/policies/profile-object.js';
import { isOnNodes, PROFILE_PAGE, readProfileObject } from '../../cluster/policies/profile-object.js';
import type { ClusterPolicyWatch } from '../../cluster/policies/watch-cluster-policies.js';
import { watchClusterPolicies } from '../../cluster/policies/watch-cluster-policies.js';
import { comparable } from '../../core/compare/comparable.js';
import { names } from '../../core/manifests/names.js';
import type { Catalogue } from '../../core/profile/catalogue.js';
import type { PolicyLoad } from '../../files/policies/load-policies.js';
import { watchPolicies } from '../../files/policies/watch-policies.js';
import type { LoadedCatalogue } from '../../files/profile-catalogue.js';
import type { KubeClient } from '../../kubernetes/client.js';
import { Informer } from '../../kubernetes/informer.js';
import type { KubeObject } from '../../kubernetes/kube-object.js';
import type { Log } from '../../system/log.js';
import type { DocumentSource } from '../common/document-source.js';
import type { AdmissionConfig } from '../settings/config.js';
import { logWatchError } from './log-watch-error.js';

export interface MergedDocumentsOptions {
  readonly config: AdmissionConfig;
  readonly log: Log;
  readonly namespace: string;
  /** The profiles of files, where some were given. */
  readonly files: LoadedCatalogue | undefined;
}

/** Milliseconds that changes are gathered for. */
const settle = 30;

/** Policies and exemptions of files and cluster side by side, and the catalogue that goes with them. */
export class MergedDocuments {
  readonly #client: KubeClient;
  readonly #options: MergedDocumentsOptions;
  readonly #profiles: Informer<KubeObject, ProfileObject>;
  #watch: ClusterPolicyWatch | undefined;
  #onProfiles: () => void = () => undefined;

  constructor(client: KubeClient, options: MergedDocumentsOptions) {
    this.#client = client;
    this.#options = options;
    this.#profiles = new Informer<KubeObject, ProfileObject>(client, seccomplyKinds.profiles, {
      namespace: 'all',
      pageSize: PROFILE_PAGE,
      keep: (object, before) => readProfileObject(object, before, options.config.runtimeDefault),
      onSettled: () => this.#onProfiles(),
      onProblem: logWatchError(options.log, 'seccompprofiles'),
    });
    this.#profiles.start();
  }

  ages(): readonly (readonly [string, number | undefined])[] {
    const status = this.#watch?.status();
    return [
      ['seccomppolicies', status?.policies.age],
      ['seccompexemptions', status?.exemptions.age],
      ['seccompprofiles', this.#profiles.status().age],
    ];
  }

  async stop(): Promise<void> {
    this.#watch?.close();
    await this.#profiles.stop();
  }

  async follow(take: Parameters<DocumentSource>[0]): Promise<{ close(): void }> {
    const { config, log, namespace } = this.#options;
    let files: PolicyLoad | undefined;
    let cluster: PolicyLoad | undefined;
    let catalogue: { readonly key: string; readonly made: Catalogue } | undefined;
    let lastSaid = '';
    let bringing = Promise.resolve();
    let timer: NodeJS.Timeout | undefined;
    let isClosed = false;

    const bring = async (): Promise<void> => {
      if (cluster === undefined || isClosed) return;
      const profiles = [...this.#profiles.values()];
      const key = catalogueKey(profiles);
      if (catalogue?.key !== key) catalogue = { key, made: this.#catalogue(profiles) };
      const load = together(files, cluster, profiles, key);
      const said = JSON.stringify([load.contentSha256, load.problems]);
      if (said === lastSaid) return;
      await take(load, catalogue.made);
      lastSaid = said;
    };
    const inTurn = (): Promise<void> => {
      clearTimeout(timer);
      timer = undefined;
      const done = bringing.then(bring);
      bringing = done.catch(() => undefined);
      return done;
    };
    const onError = (error: unknown): void =>
      log.error('a change of the policies could not be brought into force', { error });
    const soon = (): void => {
      timer ??= setTimeout(() => void inTurn().catch(onError), settle);
    };

    // Without the profiles a rule that assigns one would be a mistake for a moment.
    if (!(await this.#profiles.synced(10_000)))
      log.warn('the SeccompProfile objects cannot be read yet: policies that assign one go by their `unavailable`');
    this.#onProfiles = soon;
    const paths = config.policies ?? [];
    const fileWatch =
      paths.length === 0
        ? undefined
        : await watchPolicies(
            paths,
            async (load) => {
              files = load;
              await inTurn();
            },
            { dataFolder: config.data, onError },
          );
    const watch = await watchClusterPolicies(
      this.#client,
      async (load) => {
        cluster = load;
        await inTurn();
      },
      {
        lastGood: { namespace, name: names.policySet },
        onProblem: (message) => log.warn(message),
        onError,
      },
    );
    this.#watch = watch;
    return {
      close() {
        isClosed = true;
        clearTimeout(timer);
        fileWatch?.close();
        watch.close();
      },
    };
  }

  #catalogue(profiles: readonly ProfileObject[]): Catalogue {
    const { files } = this.#options;
    if (files === undefined) return clusterCatalogue(profiles);
    return clusterCatalogue(profiles, {
      catalogue: files.catalogue,
      comparableOf: (name) => {
        const file = files.files.get(name);
        return file === undefined ? undefined : comparable(file.profile());
      },
    });
  }
}

function together(
  files: PolicyLoad | undefined,
  cluster: PolicyLoad,
  profiles: readonly ProfileObject[],
  catalogue: string,
): PolicyLoad {
  // Replicas are held against each other by this: it has to cover all that a decision depends on.
  const contentSha256 = createHash('sha256')
    .update([files?.contentSha256 ?? '', cluster.contentSha256, catalogue].join('\n'))
    .digest('hex');
  return {
    documents: {
      policies: [...(files?.documents.policies ?? []), ...cluster.documents.policies],
      exemptions: [...(files?.documents.exemptions ?? []), ...cluster.documents.exemptions],
      namespaces: files?.documents.namespaces ?? [],
      contentSha256,
    },
    problems: [
      ...(files?.problems ?? []),
      ...cluster.problems,
      ...profiles.flatMap(({ problems }) => problems.filter(({ severity }) => severity === 'error')),
    ],
    notes: [...(files?.notes ?? []), ...cluster.notes],
    contentSha256,
  };
}

/** What the catalogue depends on: contents, approvals, and whether the nodes have them. */
function catalogueKey(profiles: readonly ProfileObject[]): string {
  const lines = profiles.map(
    (one) => `${one.name} ${one.read?.digest ?? ''} ${String(one.read?.approved)} ${isOnNodes(one)}`,
  );
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex');
}
