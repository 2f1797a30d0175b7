import { join } from 'node:path';
import type { Problem } from '../../core/problem/problem.js';
import { type LoadedCatalogue, loadCatalogue } from '../../files/profile-catalogue.js';
import { AdmissionEndpoint } from '../../http/admission/admission-endpoint.js';
import {
  AdmissionHandler,
  type DecisionListener,
  type NamespaceSource,
} from '../../http/admission/admission-handler.js';
import { AdmissionServer } from '../../http/admission/admission-server.js';
import { DecisionMetrics } from '../../http/admission/decision-metrics.js';
import { LargeReviews } from '../../http/admission/large-reviews.js';
import { RulesInForce } from '../../http/admission/rules-in-force.js';
import type { PageParts } from '../../http/console/page-state.js';
import type { Pages } from '../../http/console/pages.js';
import { serveCertificate } from '../../http/server/certificate-serving.js';
import { Health } from '../../http/server/health.js';
import type { AuditLog } from '../../storage/records/audit-log.js';
import type { Log } from '../../system/log.js';
import { logProblem } from '../../system/log-problem.js';
import { type AdmissionMetrics, admissionMetrics } from '../../system/metrics/admission-metrics.js';
import { defaultMetrics } from '../../system/metrics/default-metrics.js';
import { Metrics } from '../../system/metrics/metrics.js';
import { packageRoot, packageVersion } from '../../system/package-root.js';
import type { CertSource } from '../../tls/certificate/cert-source.js';
import type { ClientAuthorities } from '../../tls/source/client-authorities.js';
import type { AdmissionConfig } from '../settings/config.js';
import type { DocumentSource } from './document-source.js';
import { followPolicies } from './follow-policies.js';
import { openCertificates } from './open-certificates.js';
import { openRecords, type RecordOrigin } from './open-records.js';
import { PoliciesError } from './policies-error.js';

/** What `serve` and `webhook` have in common; each adds its own. */
export interface AdmissionProcessOptions {
  readonly config: AdmissionConfig;
  readonly documents: DocumentSource;
  /** Default: the files of --tls-cert and --tls-key, else development certificates. */
  readonly certificates?: CertSource;
  /** Where the labels of namespaces come from in a cluster. */
  readonly namespaces?: NamespaceSource;
  /** For parts whose counts are looked up when somebody asks. */
  readonly onScrape?: (metrics: AdmissionMetrics) => void;
  readonly recorded: RecordOrigin;
  readonly badAtStart: 'refuse' | 'wait';
  readonly log: Log;
  /** Gets the lines of audit records once they are on disk. */
  readonly recordLines: (lines: Buffer) => unknown;
  readonly onDecision?: DecisionListener;
  /** Adds what is for people. */
  readonly pages?: (parts: ConsoleParts) => Pages;
}

export type ConsoleParts = Pick<PageParts, 'rules' | 'health' | 'records' | 'problems'>;

export interface AdmissionProcess {
  /** `https://127.0.0.1:8443`. */
  readonly address: string;
  readonly adminAddress?: string;
  readonly health: Health;
  readonly rules: RulesInForce;
  readonly certificates: CertSource;
  readonly records: AuditLog;
  /** Stops answering in order: not ready, a while for endpoints to move, no new connections, the last answers, the records. */
  stop(reason: string): Promise<void>;
}

/** All of stopping, so that the process is gone before a kubelet that allows 30 s kills it. */
const stopWithin = 23_000;

/**
 * Puts certificates, records, policies and server together, and resolves when the policies are in force (or, with
 * `badAtStart: 'wait'`, waited for).
 * @throws CertificateError, PoliciesError, ListenError, ClientCaError: what a person has to mend first
 */
export async function startAdmission(options: AdmissionProcessOptions): Promise<AdmissionProcess> {
  const undo: (() => unknown)[] = [];
  try {
    return await start(options, undo);
  } catch (error) {
    for (const step of undo.reverse()) await step();
    throw error;
  }
}

/** `undo` gets what ends each thing that was opened, for a start that fails half-way. */
async function start(options: AdmissionProcessOptions, undo: (() => unknown)[]): Promise<AdmissionProcess> {
  const { config, log } = options;
  const metrics = new Metrics(admissionMetrics, defaultMetrics);
  metrics.onScrape(() => options.onScrape?.(metrics));
  metrics.family('seccomply_build_info').set(1, packageVersion(), process.version, config.process);
  const health = new Health(metrics);
  const rules = new RulesInForce();
  const opening = openRecords({ ...options, metrics });
  undo.push(() =>
    opening.then(
      (opened) => opened.close('the start failed'),
      () => undefined,
    ),
  );
  const [certificates, catalogue, records, clientAuthorities] = await Promise.all([
    options.certificates ?? openCertificates(config, log),
    loadCatalogue(config.profiles ?? [join(packageRoot(), 'profiles')], config),
    opening,
    config.clientCa === undefined ? undefined : openClientCa(config.clientCa),
  ]);
  undo.push(() => certificates.close());
  undo.push(() => clientAuthorities?.close());
  tellProfiles(catalogue, options, health);
  const stopTelling = records.onStatus(({ problem }) =>
    health.degrade('records', problem === undefined ? [] : [problem]),
  );
  const { problem } = records.status();
  if (problem !== undefined) {
    logProblem(log, problem);
    health.degrade('records', [problem]);
  }

  const largeReviews = new LargeReviews({ jsonDepth: config.jsonDepth });
  const service = new AdmissionHandler({
    rules,
    records,
    metrics: new DecisionMetrics(metrics.family('seccomply_policy_decisions_total')),
    ...(options.namespaces === undefined ? {} : { namespaces: options.namespaces }),
    ...(options.onDecision === undefined ? {} : { onDecision: options.onDecision }),
  });
  const endpoint = new AdmissionEndpoint(
    {
      deadline: config.deadline,
      bodyLimit: config.bodyLimit,
      inFlightLimit: config.inFlightLimit,
      jsonDepth: config.jsonDepth,
      ...(config.clientCa === undefined
        ? {}
        : { clientCertificates: { mode: config.clientCertificates ?? 'required', names: config.clientNames ?? [] } }),
    },
    { service, largeReviews, metrics, log },
  );
  let problems: readonly Problem[] = [];
  const pages = options.pages?.({ rules, health, records, problems: () => problems });
  const server = new AdmissionServer(
    {
      listen: config.listen,
      ...(config.adminListen === undefined ? {} : { adminListen: config.adminListen }),
      material: certificates.current(),
      minVersion: `TLSv${config.tlsMinVersion}`,
      ...(clientAuthorities === undefined ? {} : { clientCa: clientAuthorities.current() }),
    },
    {
      endpoint,
      health,
      metrics,
      log,
      ...(pages === undefined ? {} : { pages: (app) => pages.add(app), endStreams: () => pages.end() }),
    },
  );
  undo.push(() => server.close(0));
  const addresses = await server.listen();
  const stopSwapping = serveCertificate({
    source: certificates,
    servers: server.admin === undefined ? [server.main] : [server.main, server.admin],
    ...(clientAuthorities === undefined ? {} : { clientAuthorities }),
    health,
    metrics,
    log,
  });
  const watch = await followPolicies(
    {
      documents: options.documents,
      catalogue: catalogue.catalogue,
      baseline: config.baseline,
      longestExemption: config.longestExemption,
      badAtStart: options.badAtStart,
    },
    {
      rules,
      records,
      health,
      metrics,
      log,
      onLoad: (found) => {
        problems = found;
        pages?.changed();
      },
    },
  );
  return {
    address: urlOf(config.listen.host, addresses.main.port),
    ...(addresses.admin === undefined || config.adminListen === undefined
      ? {}
      : { adminAddress: urlOf(config.adminListen.host, addresses.admin.port) }),
    health,
    rules,
    certificates,
    records,
    async stop(reason) {
      const end = performance.now() + stopWithin;
      server.drain();
      await new Promise((resolve) => setTimeout(resolve, config.shutdownDelay));
      await server.close(Math.max(0, end - performance.now() - 1_000));
      watch.close();
      stopSwapping();
      stopTelling();
      certificates.close();
      clientAuthorities?.close();
      await Promise.all([records.close(reason), largeReviews.close()]);
    },
  };
}

async function openClientCa(file: string): Promise<ClientAuthorities> {
  const { openClientAuthorities } = await import('../../tls/source/client-authorities.js');
  return openClientAuthorities(file);
}

function tellProfiles(
  { problems }: LoadedCatalogue,
  { badAtStart, log }: AdmissionProcessOptions,
  health: Health,
): void {
  const errors = problems.filter((problem) => problem.severity === 'error');
  if (errors.length > 0 && badAtStart === 'refuse') throw new PoliciesError(errors);
  health.degrade('profiles', problems);
  for (const problem of errors) logProblem(log, problem);
}

function urlOf(host: string, port: number): string {
  const shown = host === '' || host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `https://${shown.includes(':') ? `[${shown}]` : shown}:${port}`;
}
