import { createHash } from 'node:crypto';
import type { Config } from '../config.js';
import type { PolicyLoad } from '../files/policy-folder.js';
import { watchPolicies } from '../files/policy-watch.js';
import type { LoadedCatalogue } from '../files/profile-catalogue.js';
import { KubeClient, type KubeObject } from '../kube/client.js';
import { eventOf } from '../kube/decision-event.js';
import { EventQueue } from '../kube/event-queue.js';
import { Informer, type InformerOptions } from '../kube/informer.js';
import { isKubeError } from '../kube/kube-error.js';
import { connect } from '../kube/kubeconfig.js';
import { ClusterNamespaces } from '../kube/namespaces.js';
import { clusterCatalogue, isOnNodes, type ProfileObject, readProfileObject } from '../kube/profiles.js';
import { found, type Secret } from '../kube/registration.js';
import { type Resource, resources } from '../kube/resources.js';
import { names } from '../manifests/names.js';
import type { Catalogue } from '../policy/catalogue.js';
import { type ClusterDocument, fromClusterObject } from '../policy/cluster-object.js';
import type { DocumentSet } from '../policy/document-set.js';
import type { LoadedExemption, LoadedPolicy } from '../policy/loaded-document.js';
import { formatProblem, type Problem } from '../problem.js';
import { comparable } from '../seccomp/catalogue-facts.js';
import type { DecisionListener, NamespaceSource } from '../server/deciding-service.js';
import type { Log } from '../server/log.js';
import type { Metrics } from '../server/metrics/metrics.js';
import type { CertSource } from '../tls/cert-source.js';
import { openSecretCertificates } from '../tls/cluster-secret-source.js';
import { openClusterCertificates } from '../tls/cluster-source.js';
import { serviceNames } from '../tls/issue.js';
import { type FollowParts, followLoads } from './follow-policies.js';

/** What a webhook has beside files when it belongs to a cluster. */
export interface ClusterSide {
  readonly namespaces: NamespaceSource;
  readonly onDecision: DecisionListener;
  /** Certificates from the cluster; undefined where files of one's own are given. */
  certificates(): Promise<CertSource | undefined>;
  /** Brings the documents of files and cluster into force, now and whenever they change. Resolves with the first. */
  follow(parts: FollowParts): Promise<{ close(): void }>;
  stop(): Promise<void>;
}

export interface ClusterSideOptions {
  readonly config: Config;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Files and folders of policies; none: those of the cluster alone. */
  readonly paths: readonly string[];
  /** Profiles from files, when some were given. */
  readonly files: LoadedCatalogue | undefined;
}

/** @throws KubeError `unreachable` when no cluster is named */
export async function openClusterSide(options: ClusterSideOptions): Promise<ClusterSide> {
  const { config, log, metrics } = options;
  const client = new KubeClient(await connect({ kubeconfig: config.kubeconfig }), { userAgent: 'seccomply-webhook' });
  const namespace = process.env.POD_NAMESPACE ?? names.namespace;
  const instance = process.env.POD_NAME ?? `webhook-${process.pid}`;
  const events = new EventQueue(client, {
    controller: 'seccomply.dev/webhook',
    instance,
    onFailure: (error) => log.debug(`an Event was not written: ${error.message}`),
  });
  const namespaces = new ClusterNamespaces(client, {
    onProblem: (error, retryIn) => sayProblem(log, 'namespaces', error, retryIn),
  });
  namespaces.start();
  const documents = new ClusterDocumentSource(client, options);
  metrics.onScrape(() => {
    const { written, folded, dropped } = events.counts();
    const family = metrics.family('seccomply_events_total');
    family.set(written, 'written');
    family.set(folded, 'folded');
    for (const [why, count] of Object.entries(dropped)) family.set(count, `dropped-${why}`);
    const ages = metrics.family('seccomply_informer_last_event_timestamp_seconds');
    for (const [kind, age] of [['namespaces', namespaces.status().age], ...documents.ages()] as const)
      if (age !== undefined) ages.set((Date.now() - age) / 1_000, kind);
  });
  return {
    namespaces,
    onDecision: (request, decision) => {
      const event = eventOf(request, decision);
      if (event !== undefined) events.add(event);
    },
    certificates: () => openCertificates(client, namespace, options),
    async follow(parts) {
      const isSynced = await namespaces.synced(5_000);
      if (!isSynced)
        log.warn('the namespaces could not be listed in time; a policy that asks for labels asks the API server');
      return documents.follow(parts);
    },
    async stop() {
      await Promise.all([namespaces.stop(), documents.stop(), events.stop()]);
      client.close();
    },
  };
}

async function openCertificates(
  client: KubeClient,
  namespace: string,
  { config, log }: ClusterSideOptions,
): Promise<CertSource | undefined> {
  if (config.tlsCert !== undefined) return undefined;
  const dns = [
    ...new Set([
      ...serviceNames(names.service, namespace),
      ...serviceNames(`${names.webhook}-admin`, namespace),
      'localhost',
      '127.0.0.1',
      ...(config.tlsNames ?? []),
    ]),
  ];
  const reader = (place: { readonly namespace: string; readonly name: string }) => async () =>
    (await found(client.get<Secret>(resources.secrets, place.name, place)))?.data;
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
    names: dns,
    commonName: `${names.service}.${namespace}.svc`,
    note: (problem) => log.info(formatProblem(problem)),
  });
}

interface Kept {
  /** The version that counts: this one, or the last one that could be read. */
  readonly document: LoadedPolicy | LoadedExemption | undefined;
  readonly problems: readonly Problem[];
}

const settle = 30;
/** At start: after so long without an answer the last good set counts. */
const longestWait = 20_000;

class ClusterDocumentSource {
  readonly #options: ClusterSideOptions;
  readonly #policies: Informer<KubeObject, Kept>;
  readonly #exemptions: Informer<KubeObject, Kept>;
  readonly #profiles: Informer<KubeObject, ProfileObject>;
  /** By `Kind/name`: what a document was when it could last be read. */
  readonly #lastGood = new Map<string, LoadedPolicy | LoadedExemption>();
  #onChange: () => void = () => undefined;

  constructor(client: KubeClient, options: ClusterSideOptions) {
    this.#options = options;
    const common = (
      kind: string,
    ): Pick<InformerOptions<KubeObject, never>, 'namespace' | 'onSettled' | 'onProblem'> => ({
      namespace: 'all',
      onSettled: () => this.#onChange(),
      onProblem: (error, retryIn) => sayProblem(options.log, kind, error, retryIn),
    });
    const informer = (resource: Resource): Informer<KubeObject, Kept> =>
      new Informer<KubeObject, Kept>(client, resource, {
        ...common(resource.plural),
        keep: (object) => this.#keep(fromClusterObject(object), resource, object),
      });
    this.#policies = informer(resources.policies);
    this.#exemptions = informer(resources.exemptions);
    this.#profiles = new Informer<KubeObject, ProfileObject>(client, resources.profiles, {
      ...common('seccompprofiles'),
      keep: (object) => readProfileObject(object),
    });
  }

  ages(): readonly (readonly [string, number | undefined])[] {
    return [
      ['seccomppolicies', this.#policies.status().age],
      ['seccompexemptions', this.#exemptions.status().age],
      ['seccompprofiles', this.#profiles.status().age],
    ];
  }

  async stop(): Promise<void> {
    await Promise.all([this.#policies.stop(), this.#exemptions.stop(), this.#profiles.stop()]);
  }

  async follow(parts: FollowParts): Promise<{ close(): void }> {
    const { config, log, paths } = this.#options;
    for (const informer of [this.#policies, this.#exemptions, this.#profiles]) informer.start();
    const synced = await Promise.all(
      [this.#policies, this.#exemptions, this.#profiles].map((informer) => informer.synced(longestWait)),
    );
    let isSynced = synced.every(Boolean);
    if (!isSynced && this.#lastGood.size > 0)
      log.warn('the API server does not give the policies: the last good set is in force until it does');
    const take = followLoads({ ...config, badAtStart: 'wait' }, parts);

    let lastSaid = '';
    let files: PolicyLoad | undefined;
    let catalogue: { readonly key: string; readonly made: Catalogue } | undefined;
    let taking = Promise.resolve();
    let timer: NodeJS.Timeout | undefined;
    const bring = async (): Promise<void> => {
      isSynced ||= [this.#policies, this.#exemptions, this.#profiles].every((informer) => informer.status().synced);
      if (!isSynced && this.#lastGood.size === 0) {
        parts.health.waitFor('policies: the API server has not given them yet');
        return;
      }
      const profiles = [...this.#profiles.values()];
      const key = catalogueKey(profiles);
      if (catalogue?.key !== key) catalogue = { key, made: this.#catalogue(profiles) };
      const load = this.#together(files, isSynced, key);
      const said = JSON.stringify([load.contentSha256, load.problems]);
      if (said === lastSaid) return;
      lastSaid = said;
      await take(load, catalogue.made);
    };
    const soon = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        taking = taking
          .then(bring)
          .catch((error: unknown) => log.error('a change of the policies could not be brought into force', { error }));
      }, settle);
    };
    const watch =
      paths.length === 0
        ? undefined
        : await watchPolicies(
            paths,
            (load) => {
              files = load;
              soon();
            },
            {
              dataFolder: config.data,
              onError: (error) => log.error('a change of the files could not be read', { error }),
            },
          );
    clearTimeout(timer);
    await bring();
    this.#onChange = soon;
    // What came in between the first look and now.
    soon();
    return {
      close() {
        clearTimeout(timer);
        watch?.close();
      },
    };
  }

  #keep({ document, problems }: ClusterDocument, resource: Resource, { metadata }: KubeObject): Kept {
    const key = `${resource.kind}/${metadata.name ?? ''}`;
    if (document !== undefined) {
      this.#lastGood.set(key, document);
      return { document, problems };
    }
    return { document: this.#lastGood.get(key), problems };
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

  #together(files: PolicyLoad | undefined, isSynced: boolean, catalogue: string): PolicyLoad {
    const kept = [...this.#policies.values(), ...this.#exemptions.values()];
    const cluster = isSynced ? kept.flatMap(({ document }) => document ?? []) : [...this.#lastGood.values()];
    const policies = [
      ...(files?.documents.policies ?? []),
      ...cluster.filter((document) => document.kind === 'SeccompPolicy'),
    ];
    const exemptions = [
      ...(files?.documents.exemptions ?? []),
      ...cluster.filter((document) => document.kind === 'SeccompExemption'),
    ];
    const hash = createHash('sha256').update(`${files?.contentSha256 ?? ''}\n${catalogue}\n`);
    for (const line of cluster.map((one) => `${keyOf(one)} ${one.reference.contentSha256}`).sort())
      hash.update(`${line}\n`);
    const contentSha256 = hash.digest('hex');
    const documents: DocumentSet = {
      policies,
      exemptions,
      namespaces: files?.documents.namespaces ?? [],
      contentSha256,
    };
    const profiles = [...this.#profiles.values()].flatMap(({ problems }) => problems);
    return {
      documents,
      problems: [...(files?.problems ?? []), ...kept.flatMap(({ problems }) => problems), ...profiles],
      notes: files?.notes ?? [],
      contentSha256,
    };
  }
}

/** What the catalogue depends on: contents, approvals, and whether the nodes have them. */
function catalogueKey(profiles: readonly ProfileObject[]): string {
  const lines = profiles.map(
    (one) => `${one.name} ${one.read?.digest ?? ''} ${one.read?.approved ?? ''} ${isOnNodes(one)}`,
  );
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex');
}

function keyOf({ kind, reference }: LoadedPolicy | LoadedExemption): string {
  return `${kind}/${reference.name}`;
}

function sayProblem(log: Log, kind: string, error: Error, retryIn: number): void {
  if (isKubeError(error, 'expired')) return;
  log.warn(`${kind} cannot be watched; tried again in ${Math.round(retryIn)} ms: ${error.message}`);
}
