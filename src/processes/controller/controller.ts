import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { type ControllerMetric, controllerMetrics } from '../../cluster/controller-metrics.js';
import { findSecret } from '../../cluster/secret.js';
import { names, serviceNames } from '../../core/manifests/names.js';
import { formatProblem } from '../../core/problem/problem.js';
import { HttpsServer } from '../../http/server/https-server.js';
import { LeaderElection } from '../../kubernetes/leader-election.js';
import { AuditLog } from '../../storage/records/audit-log.js';
import { Family } from '../../system/metrics/family.js';
import { packageVersion } from '../../system/package-root.js';
import type { CertSource } from '../../tls/cert-source.js';
import { openClusterCertificates } from '../../tls/cluster-source.js';
import { followSource } from '../../tls/follow-source.js';
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
  const metrics = new Map<ControllerMetric, Family>();
  for (const [name, definition] of Object.entries(controllerMetrics)) {
    const family = new Family(definition);
    if (definition.labels.length === 0) family.cell();
    metrics.set(name as ControllerMetric, family);
  }
  const records = await AuditLog.open(join(options.data, 'audit'), {
    source: { component: 'controller', version: packageVersion() },
    durability: process.env.POD_NAME === undefined ? 'disk' : 'pod',
    ...(options.recordLines === undefined ? {} : { stream: options.recordLines }),
  });
  const work = new LeaderTasks(options, metrics, records);
  const election = new LeaderElection(client, {
    name: names.lease,
    namespace,
    identity: options.identity,
    onStartedLeading: async (signal) => {
      log.info('this replica leads');
      metrics.get('seccomply_controller_leader')?.set(1);
      await work.run(signal);
    },
    onStoppedLeading: (why) => {
      metrics.get('seccomply_controller_leader')?.set(0);
      log.info(`this replica no longer leads: ${why}`);
    },
    onNewLeader: (identity) => log.debug(`${identity} leads`),
    onProblem: (message) => log.warn(`the Lease: ${message}`),
  });
  election.start();
  const stopping = new AbortController();
  let certificates: CertSource;
  try {
    certificates = await openOwnCertificates(options, stopping.signal);
  } catch (error) {
    await election.stop();
    await records.close('not started');
    throw error;
  }
  const server = new HttpsServer({ material: certificates.current(), minVersion: 'TLSv1.3' }, (request, response) => {
    void answer(request, response, election, work, metrics);
  });
  const { port } = await server.listen(options.listen);
  const stopSwapping = followSource(server.server, certificates, (result) => {
    if (!result.swapped) log.error(formatProblem(result.problem));
  });
  return {
    address: `https://127.0.0.1:${port}`,
    async stop() {
      stopping.abort();
      stopSwapping();
      certificates.close();
      await election.stop();
      await work.stop();
      await records.close('stopped');
      await server.close(2_000, () => false);
    },
  };
}

async function openOwnCertificates(options: ControllerOptions, signal: AbortSignal): Promise<CertSource> {
  const dns = [...serviceNames(`${names.controller}-admin`, options.namespace), 'localhost', '127.0.0.1'];
  if (options.certificates !== 'self-managed') {
    const { openDevelopmentCertificates } = await import('../../tls/development-source.js');
    return openDevelopmentCertificates({ folder: join(options.data, 'tls'), names: dns });
  }
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

async function answer(
  { url = '', method }: IncomingMessage,
  response: ServerResponse,
  election: LeaderElection,
  work: LeaderTasks,
  metrics: ReadonlyMap<ControllerMetric, Family>,
): Promise<void> {
  const path = url.split('?')[0];
  const text = (status: number, body: string, contentType = 'text/plain; charset=utf-8'): void => {
    response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' }).end(body);
  };
  if (method !== 'GET' && method !== 'HEAD') return text(405, 'method not allowed\n');
  if (path === '/healthz') return text(200, 'ok\n');
  if (path === '/readyz') {
    if (election.leader === '') return text(503, 'not ready: waiting for the Lease to be read\n');
    const lines = [election.isLeader ? 'ok: this replica leads' : `ok: ${election.leader} leads`];
    for (const [part, why] of work.failures()) lines.push(`[-] ${part}: ${why}`);
    return text(200, `${lines.join('\n')}\n`);
  }
  if (path === '/metrics') return text(200, exposition(metrics), 'text/plain; version=0.0.4; charset=utf-8');
  return text(404, 'not found\n');
}

/** https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */
function exposition(metrics: ReadonlyMap<ControllerMetric, Family>): string {
  const lines: string[] = [];
  for (const [name, family] of metrics) {
    const { help, type } = controllerMetrics[name];
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    for (const { labels, value } of family.samples()) {
      const pairs = Object.entries(labels).map(
        ([key, text]) => `${key}="${String(text).replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`))}"`,
      );
      lines.push(`${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
