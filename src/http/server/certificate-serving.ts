import { X509Certificate } from 'node:crypto';
import type { Problem } from '../../core/problem/problem.js';
import type { Log } from '../../system/log.js';
import { logProblem } from '../../system/log-problem.js';
import type { AdmissionMetrics } from '../../system/metrics/admission-metrics.js';
import type { CertificateMaterial, CertSource } from '../../tls/certificate/cert-source.js';
import { splitPem } from '../../tls/certificate/material.js';
import type { ClientAuthorities } from '../../tls/source/client-authorities.js';
import { swapCertificate } from '../../tls/source/swap-certificate.js';
import type { Health } from './health.js';
import { clientContext, type HttpsServer } from './https-server.js';

interface Parts {
  readonly source: CertSource;
  readonly servers: readonly HttpsServer[];
  /** For the server that asks clients for certificates (the first). */
  readonly clientAuthorities?: ClientAuthorities;
  readonly health: Health;
  readonly metrics: AdmissionMetrics;
  readonly log: Log;
}

/** Keeps what the servers show and whom they trust the same as what the sources have, one change after the other. Returns the call that ends it. */
export function serveCertificate({ source, servers, clientAuthorities, health, metrics, log }: Parts): () => void {
  let served = source.current();
  let servedCa = clientAuthorities?.current();
  let turn = Promise.resolve();
  tell(served, metrics);
  health.degrade('certificate', source.problems());
  const take = async (): Promise<void> => {
    const next = source.current();
    const problems: Problem[] = [...source.problems()];
    if (next.fingerprint256 !== served.fingerprint256) {
      for (const [index, server] of servers.entries()) {
        const result = await swapCertificate(server.server, next, {
          previous: served,
          minVersion: server.minVersion,
          context: clientContext(index === 0 ? servedCa : undefined),
        });
        if (!result.swapped) problems.push(result.problem);
      }
      const isSwapped = !problems.some((problem) => problem.code === 'tls-swap-failed');
      metrics.family('seccomply_certificate_swaps_total').add(1, isSwapped ? 'swapped' : 'refused');
      if (isSwapped) {
        served = next;
        tell(served, metrics);
        log.info('serves a new certificate', { until: next.notAfter.toISOString() });
      }
    }
    if (problems.some((problem) => problem.severity === 'error')) {
      if (source.problems().some((problem) => problem.severity === 'error'))
        metrics.family('seccomply_certificate_swaps_total').add(1, 'refused');
      for (const problem of problems) logProblem(log, problem);
    }
    health.degrade('certificate', problems);
  };
  const takeClientCa = async (): Promise<void> => {
    const [server] = servers;
    if (clientAuthorities === undefined || server === undefined) return;
    const problems = clientAuthorities.problems();
    for (const problem of problems) logProblem(log, problem);
    health.degrade('client-ca', problems);
    const next = clientAuthorities.current();
    if (next === servedCa) return;
    // Connections that are open keep what they were found to be; sessions from before are not resumed in a new context.
    const { key, cert } = served;
    server.server.setSecureContext({ key, cert, minVersion: server.minVersion, ...clientContext(next) });
    servedCa = next;
    log.info('trusts other authorities of client certificates');
  };
  const inTurn = (change: () => Promise<void>) => (): void => {
    turn = turn
      .then(change, change)
      .catch((error: unknown) => log.error('the certificate could not be changed', { error }));
  };
  const stops = [source.onChange(inTurn(take)), clientAuthorities?.onChange(inTurn(takeClientCa))];
  return () => {
    for (const stop of stops) stop?.();
  };
}

function tell({ notAfter, ca }: CertificateMaterial, metrics: AdmissionMetrics): void {
  const family = metrics.family('seccomply_certificate_expiry_timestamp_seconds');
  family.set(notAfter.getTime() / 1000, 'serving');
  const ends = splitPem(ca ?? '').map((pem) => new Date(new X509Certificate(pem).validTo).getTime());
  if (ends.length > 0) family.set(Math.max(...ends) / 1000, 'authority');
}
