import { untilSignal } from '../../system/until-signal.js';
import { startAdmission } from '../common/admission-process.js';
import { demoPolicies } from '../common/demo-policies.js';
import { fromFiles } from '../common/document-source.js';
import { openProcessLog } from '../common/open-process-log.js';
import { recordOutput } from '../common/record-output.js';
import { podOf } from '../settings/environment.js';
import { isClusterMode } from '../settings/is-cluster-mode.js';
import type { ProcessSettings } from '../settings/read-settings.js';
import type { ClusterSideOptions } from './cluster-inputs.js';

/** Answers an API server until a signal comes: logs on standard error, audit records on standard output. */
export async function runWebhook(settings: ProcessSettings<'webhook'>): Promise<void> {
  const { config, environment } = settings;
  const stopping = untilSignal();
  const log = openProcessLog(settings);
  const cluster = isClusterMode(config, environment) ? await openCluster({ config, environment, log }) : undefined;
  if (config.policies === undefined && cluster === undefined)
    log.warn('no --policies were given: the demo set is in force');
  const admission = await startAdmission({
    config,
    documents: cluster?.documents ?? fromFiles(config.policies ?? (await demoPolicies(config.data)), config.data, log),
    ...cluster?.parts,
    badAtStart: 'wait',
    log,
    recorded: { node: podOf(environment).node, ...cluster?.origin },
    recordLines: recordOutput(log),
  });
  const documents = admission.rules.current?.documents;
  log.info(admission.health.state === 'ready' ? 'ready' : admission.health.readyText(false).trim(), {
    address: admission.address,
    ...(admission.adminAddress === undefined ? {} : { adminAddress: admission.adminAddress }),
    policies: documents?.policies.length ?? 0,
    exemptions: documents?.exemptions.length ?? 0,
    certificateUntil: admission.certificates.current().notAfter.toISOString(),
    records: admission.records.status().instance,
  });
  const signal = await stopping;
  log.info('stopping', { signal, shutdownDelay: config.shutdownDelay });
  await admission.stop(signal);
  await cluster?.stop();
  log.info('stopped');
}

async function openCluster(options: ClusterSideOptions) {
  const { openClusterSide } = await import('./cluster-inputs.js');
  return openClusterSide(options);
}
