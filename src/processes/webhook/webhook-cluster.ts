import { createHash } from 'node:crypto';
import { seccomplyKinds } from '../../cluster/kinds.js';
import { clusterCatalogue } from '../../cluster/policies/cluster-catalogue.js';
import { ClusterNamespaces } from '../../cluster/policies/cluster-namespaces.js';
import { isOnNodes, type ProfileObject, readProfileObject } from '../../cluster/policies/profile-object.js';
import { type ClusterPolicyWatch, watchClusterPolicies } from '../../cluster/policies/watch-cluster-policies.js';
import { findSecret } from '../../cluster/secret.js';
import { decisionEvent } from '../../cluster/status/decision-event.js';
import { comparable } from '../../core/compare/catalogue-facts.js';
import { names, serviceNames } from '../../core/manifests/names.js';
import { formatProblem } from '../../core/problem/problem.js';
import type { Catalogue } from '../../core/profile/catalogue.js';
import type { PolicyLoad } from '../../files/policy-folder.js';
import { watchPolicies } from '../../files/policy-watch.js';
import { type LoadedCatalogue, loadCatalogue } from '../../files/profile-catalogue.js';
import { KubeClient } from '../../kubernetes/client.js';
import { EventQueue } from '../../kubernetes/event-queue.js';
import { Informer } from '../../kubernetes/informer.js';
import { isKubeError } from '../../kubernetes/kube-error.js';
import type { KubeObject } from '../../kubernetes/kube-object.js';
import { connect } from '../../kubernetes/kubeconfig.js';
import { resources } from '../../kubernetes/resources.js';
import { messageOf } from '../../system/errno.js';
import type { Log } from '../../system/log.js';
import { Metrics } from '../../system/metrics/metrics.js';
import type { CertSource } from '../../tls/cert-source.js';
import { openSecretCertificates } from '../../tls/cluster-secret-source.js';
import { openClusterCertificates } from '../../tls/cluster-source.js';
import type { Config } from '../settings/config.js';
import type { AdmissionProcessOptions } from '../shared/admission-process.js';
import type { DocumentSource } from '../shared/follow-policies.js';

/** What a webhook has beside files when it belongs to a cluster. */
export interface ClusterSide {
  readonly documents: DocumentSource;
  readonly parts: Pick<AdmissionProcessOptions, 'certificates' | 'namespaces' | 'metrics' | 'onDecision' | 'recorded'>;
  stop(): Promise<void>;
}

export interface ClusterSideOptions {
  readonly config: Config;
  readonly log: Log;
}

/**
 * Namespaces, policies, exemptions, profiles and the certificate of a cluster. Resolves when there is a certificate to serve.
 * @throws KubeError `unreachable` when no cluster is named, CertificateError when --tls-secret cannot be served
 */
export async function openClusterSide({ config, log }: ClusterSideOptions): Promise<ClusterSide> {
  const client = new KubeClient(await connect({ kubeconfig: config.kubeconfig }), {
    userAgent: 'seccomply-webhook',
    fieldManager: names.fieldManager,
  });
  const namespace = process.env.POD_NAMESPACE ?? names.namespace;
  const events = new EventQueue(client, {
    controller: 'seccomply.dev/webhook',
    instance: process.env.POD_NAME ?? `webhook-${process.pid}`,
    onFailure: (error) => log.debug(`an Event was not written: ${error.message}`),
  });
  const namespaces = new ClusterNamespaces(client, { onProblem: logWatchError(log, 'namespaces') });
  namespaces.start();
  // Profiles of files count only where some were given: the nodes have what the SeccompProfile objects say.
  const files = config.profiles === undefined ? undefined : await loadCatalogue(config.profiles);
  const documents = new ClusterDocuments(client, { config, log, namespace, files });
  const certificates = await openCertificates(client, namespace, config, log);
  const uid = await clusterUid(client, log);
  const metrics = new Metrics();
  metrics.onScrape(() => {
    const { written, folded, dropped } = events.counts();
    const family = metrics.family('seccomply_events_total');
    family.set(written, 'written');
    family.set(folded, 'folded');
    for (const [why, count] of Object.entries(dropped)) family.set(count, `dropped-${why}`);
    const heard = metrics.family('seccomply_informer_last_event_timestamp_seconds');
    for (const [kind, age] of [['namespaces', namespaces.status().age] as const, ...documents.ages()])
      if (age !== undefined) heard.set((Date.now() - age) / 1_000, kind);
  });
  return {
    documents: async (take, roleLog) => {
      if (!(await namespaces.synced(5_000)))
        roleLog.warn('the namespaces could not be listed yet: a policy that asks for labels asks for each namespace');
      return documents.follow(take);
    },
    parts: {
      ...(certificates === undefined ? {} : { certificates }),
      namespaces,
      metrics,
      recorded: {
        ...(uid === undefined ? {} : { cluster: { uid } }),
        // The folder of a pod survives its containers, and nothing else.
        ...(process.env.POD_NAME === undefined ? {} : { durability: 'pod' }),
      },
      onDecision: (request, decision) => {
        const event = decisionEvent(request, decision);
        if (event !== undefined) events.add(event);
      },
    },
    async stop() {
      await Promise.all([namespaces.stop(), documents.stop(), events.stop()]);
      client.close();
    },
  };
}

/** Clusters have no name of their own; by this namespace, which is never made anew, people tell them apart. */
async function clusterUid(client: KubeClient, log: Log): Promise<string | undefined> {
  try {
    return (await client.get(resources.namespaces, 'kube-system', { deadline: 3_000 })).metadata.uid;
  } catch (error) {
    log.warn(`records will not say of which cluster they are: ${messageOf(error)}`);
    return undefined;
  }
}

async function openCertificates(
  client: KubeClient,
  namespace: string,
  config: Config,
  log: Log,
): Promise<CertSource | undefined> {
  if (config.tlsCert !== undefined) return undefined;
  const reader = (place: { readonly namespace: string; readonly name: string }) => async () =>
    (await findSecret(client, place))?.data;
  if (config.tlsSecret !== undefined) {
    const [first = '', second] = config.tlsSecret.split('/');
    const place = second === undefined ? { namespace, name: first } : { namespace: first, name: second };
    return openSecretCertificates({
      readSecret: reader(place),
      secretName: `${place.namespace}/${place.name}`,
      names: [`${names.service}.${namespace}.svc`],
    });
  }
  const place = { namespace, name: names.authoritySecret };
  return openClusterCertificates({
    readSecret: reader(place),
    secretName: `${place.namespace}/${place.name}`,
    names: [
      ...new Set([
        ...serviceNames(names.service, namespace),
        ...serviceNames(`${names.webhook}-admin`, namespace),
        'localhost',
        '127.0.0.1',
        ...(config.tlsNames ?? []),
      ]),
    ],
    commonName: `${names.service}.${namespace}.svc`,
    note: (problem) => log.info(formatProblem(problem)),
  });
}

interface DocumentOptions extends ClusterSideOptions {
  readonly namespace: string;
  readonly files: LoadedCatalogue | undefined;
}

const settle = 30;

/** Policies and exemptions of files and cluster side by side, and the catalogue that goes with them. */
class ClusterDocuments {
  readonly #client: KubeClient;
  readonly #options: DocumentOptions;
  readonly #profiles: Informer<KubeObject, ProfileObject>;
  #watch: ClusterPolicyWatch | undefined;
  #onProfiles: () => void = () => undefined;

  constructor(client: KubeClient, options: DocumentOptions) {
    this.#client = client;
    this.#options = options;
    this.#profiles = new Informer<KubeObject, ProfileObject>(client, seccomplyKinds.profiles, {
      namespace: 'all',
      keep: (object) => readProfileObject(object),
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

function logWatchError(log: Log, kind: string): (error: Error, retryIn: number) => void {
  return (error, retryIn) => {
    if (!isKubeError(error, 'expired'))
      log.warn(`${kind} cannot be watched; tried again in ${Math.round(retryIn)} ms: ${error.message}`);
  };
}
