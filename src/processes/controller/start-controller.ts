import { join } from 'node:path';
import { findSecret } from '../../cluster/secret.js';
import { names, serviceNames } from '../../core/manifests/names.js';
import { formatProblem } from '../../core/problem/problem.js';
import { HttpsServer } from '../../http/server/https-server.js';
import { LeaderElection } from '../../kubernetes/leader-election.js';
import { AuditLog } from '../../storage/records/audit-log.js';
import { controllerMetrics } from '../../system/metrics/controller-metrics.js';
import { Metrics } from '../../system/metrics/metrics.js';
import { packageVersion } from '../../system/package-root.js';
import type { CertSource } from '../../tls/certificate/cert-source.js';
import { openClusterCertificates } from '../../tls/source/issued-source.js';
import { serveSource } from '../../tls/source/serve-source.js';
import { openCertificatesUnderData } from '../common/development-certificates.js';
import { answerController } from './controller-endpoint.js';
import type { ControllerOptions } from './controller-options.js';
import { LeaderTasks } from './leader-tasks.js';

export interface Controller {
  readonly address: string;
  stop(): Promise<void>;
}

/**
 * What is done once for the whole cluster, by one of the replicas: the certificate authority, the registration, the status of documents,
 * and the exported admission policies. Resolves when it answers on its own address.
 */
export async function startController(options: ControllerOptions): Promise<Controller> {
  const { client, log, namespace } = options;
  const metrics = new Metrics(controllerMetrics);
  const records = await AuditLog.open(join(options.data, 'audit'), {
    source: { component: 'controller', version: packageVersion() },
    durability: options.durability ?? 'disk',
    ...(options.recordLines === undefined ? {} : { stream: options.recordLines }),
  });
  const tasks = new LeaderTasks(options, metrics, records);
  const election = new LeaderElection(client, {
    name: names.lease,
    namespace,
    identity: options.identity,
    onStartedLeading: async (signal) => {
      log.info('this replica leads');
      metrics.family('seccomply_controller_leader').set(1);
      await tasks.run(signal);
    },
    onStoppedLeading: (why) => {
      metrics.family('seccomply_controller_leader').set(0);
      log.info(`this replica no longer leads: ${why}`);
    },
    onNewLeader: (identity) => log.debug(`${identity} leads`),
    onProblem: (message) => log.warn(`the Lease: ${message}`),
  });
  election.start();
  const stopping = new AbortController();
  let certificates: CertSource;
  try {
    certificates = await openCertificates(options, stopping.signal);
  } catch (error) {
    await election.stop();
    await records.close('not started');
    throw error;
  }
  const server = new HttpsServer({ material: certificates.current(), minVersion: 'TLSv1.3' }, (request, response) => {
    void answerController(request, response, { election, tasks, metrics });
  });
  const { port } = await server.listen(options.listen);
  const stopSwapping = serveSource(server.server, certificates, (result) => {
    if (!result.swapped) log.error(formatProblem(result.problem));
  });
  return {
    address: `https://127.0.0.1:${port}`,
    async stop() {
      stopping.abort();
      stopSwapping();
      certificates.close();
      await election.stop();
      await tasks.stop();
      await records.close('stopped');
      await server.close(2_000, () => false);
    },
  };
}

async function openCertificates(options: ControllerOptions, signal: AbortSignal): Promise<CertSource> {
  const dns = [...serviceNames(`${names.controller}-admin`, options.namespace), 'localhost', '127.0.0.1'];
  if (options.certificates !== 'self-managed') return openCertificatesUnderData({ data: options.data, names: dns });
  const secret = { namespace: options.namespace, name: names.authoritySecret };
  return openClusterCertificates({
    readSecret: async () => (await findSecret(options.client, secret))?.data,
    secretName: `${secret.namespace}/${secret.name}`,
    names: dns,
    commonName: `${names.controller}-admin.${options.namespace}.svc`,
    note: (problem) => options.log.info(formatProblem(problem)),
    signal,
    ...(options.times === undefined ? {} : { times: options.times }),
    ...(options.interval === undefined ? {} : { poll: options.interval }),
  });
}
