import type { Problem } from '../../core/problem/problem.js';
import { type Log, openLog } from '../../system/log.js';
import { logProblem } from '../../system/log-problem.js';
import { RecordStream } from '../../system/record-stream.js';
import { painter, wantsColour } from '../../system/terminal/colour.js';
import { untilSignal } from '../../system/until-signal.js';
import { demoPolicies } from '../serve/demo-policies.js';
import type { Config } from '../settings/config.js';
import { isClusterMode } from '../settings/is-cluster-mode.js';
import { startAdmission } from '../shared/admission-process.js';
import { fromFiles } from '../shared/follow-policies.js';

/** Answers an API server until a signal comes: logs on standard error, audit records on standard output. */
export async function runWebhook(config: Config, notes: readonly Problem[]): Promise<void> {
  const stopping = untilSignal();
  process.stderr.on('error', () => undefined);
  const log = openLog({
    level: config.logLevel,
    format: config.logFormat,
    role: 'webhook',
    paint: painter(wantsColour(process.stderr)),
    write: (line) => void process.stderr.write(line),
  });
  for (const note of notes) logProblem(log, note);
  const records = new RecordStream(process.stdout);
  const cluster = isClusterMode(config) ? await openCluster(config, log) : undefined;
  if (config.policies === undefined && cluster === undefined)
    log.warn('no --policies were given: the demo set is in force');
  const role = await startAdmission({
    config,
    documents: cluster?.documents ?? fromFiles(config.policies ?? (await demoPolicies(config.data)), config.data),
    ...cluster?.parts,
    badAtStart: 'wait',
    log,
    recordLines: records.lines,
  });
  const documents = role.rules.current?.documents;
  log.info(role.health.state === 'ready' ? 'ready' : role.health.readyText(false).trim(), {
    address: role.address,
    ...(role.adminAddress === undefined ? {} : { adminAddress: role.adminAddress }),
    policies: documents?.policies.length ?? 0,
    exemptions: documents?.exemptions.length ?? 0,
    certificateUntil: role.certificates.current().notAfter.toISOString(),
    records: role.records.status().instance,
  });
  const signal = await stopping;
  log.info('stopping', { signal, shutdownDelay: config.shutdownDelay });
  await role.stop(signal);
  await cluster?.stop();
  log.info('stopped');
}

async function openCluster(config: Config, log: Log) {
  const { openClusterSide } = await import('./webhook-cluster.js');
  return openClusterSide({ config, log });
}
