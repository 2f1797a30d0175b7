import { ClusterNamespaces } from '../../cluster/policies/cluster-namespaces.js';
import { decisionEvent } from '../../cluster/status/decision-event.js';
import { names } from '../../core/manifests/names.js';
import { loadCatalogue } from '../../files/profile-catalogue.js';
import { KubeClient } from '../../kubernetes/client.js';
import { EventQueue } from '../../kubernetes/event-queue.js';
import { connect } from '../../kubernetes/kubeconfig.js';
import { resources } from '../../kubernetes/resources.js';
import { messageOf } from '../../system/errno.js';
import type { Log } from '../../system/log.js';
import type { AdmissionProcessOptions } from '../common/admission-process.js';
import type { DocumentSource } from '../common/document-source.js';
import type { RecordOrigin } from '../common/open-records.js';
import type { AdmissionConfig } from '../settings/config.js';
import { type Environment, podOf } from '../settings/environment.js';
import { clusterCertificates } from './cluster-certificates.js';
import { logWatchError } from './log-watch-error.js';
import { MergedDocuments } from './merged-documents.js';

/** What a webhook has beside files when it belongs to a cluster. */
export interface ClusterSide {
  readonly documents: DocumentSource;
  readonly parts: Pick<AdmissionProcessOptions, 'certificates' | 'namespaces' | 'onScrape' | 'onDecision'>;
  readonly origin: RecordOrigin;
  stop(): Promise<void>;
}

export interface ClusterSideOptions {
  readonly config: AdmissionConfig;
  readonly environment: Environment;
  readonly log: Log;
}

/**
 * Namespaces, policies, exemptions, profiles and the certificate of a cluster. Resolves when there is a certificate to serve.
 * @throws KubeError `unreachable` when no cluster is named, CertificateError when --tls-secret cannot be served
 */
export async function openClusterSide({ config, environment, log }: ClusterSideOptions): Promise<ClusterSide> {
  const client = new KubeClient(await connect({ kubeconfig: config.kubeconfig, environment }), {
    userAgent: 'seccomply-webhook',
    fieldManager: names.fieldManager,
  });
  const pod = podOf(environment);
  const namespace = pod.namespace ?? names.namespace;
  const events = new EventQueue(client, {
    controller: 'seccomply.dev/webhook',
    instance: pod.name ?? `webhook-${process.pid}`,
    onFailure: (error) => log.debug(`an Event was not written: ${error.message}`),
  });
  const namespaces = new ClusterNamespaces(client, { onProblem: logWatchError(log, 'namespaces') });
  namespaces.start();
  // Profiles of files count only where some were given: the nodes have what the SeccompProfile objects say.
  const files = config.profiles === undefined ? undefined : await loadCatalogue(config.profiles, config);
  const documents = new MergedDocuments(client, { config, log, namespace, files });
  const certificates = await clusterCertificates(client, namespace, config, log);
  const uid = await clusterUid(client, log);
  return {
    documents: async (take) => {
      if (!(await namespaces.synced(5_000)))
        log.warn('the namespaces could not be listed yet: a policy that asks for labels asks for each namespace');
      return documents.follow(take);
    },
    parts: {
      ...(certificates === undefined ? {} : { certificates }),
      namespaces,
      onScrape: (metrics) => {
        const { written, folded, dropped } = events.counts();
        const family = metrics.family('seccomply_events_total');
        family.set(written, 'written');
        family.set(folded, 'folded');
        for (const [why, count] of Object.entries(dropped)) family.set(count, `dropped-${why}`);
        const heard = metrics.family('seccomply_informer_last_event_timestamp_seconds');
        for (const [kind, age] of [['namespaces', namespaces.status().age] as const, ...documents.ages()])
          if (age !== undefined) heard.set((Date.now() - age) / 1_000, kind);
      },
      onDecision: (request, decision) => {
        const event = decisionEvent(request, decision);
        if (event !== undefined) events.add(event);
      },
    },
    origin: {
      ...(uid === undefined ? {} : { cluster: { uid } }),
      // The folder of a pod survives its containers, and nothing else.
      ...(pod.name === undefined ? {} : { durability: 'pod' }),
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
