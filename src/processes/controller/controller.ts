import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { names } from '../../core/manifests/names.js';
import { KubeClient } from '../../kubernetes/client.js';
import { connect } from '../../kubernetes/kubeconfig.js';
import { untilSignal } from '../../system/until-signal.js';
import { openProcessLog } from '../common/open-process-log.js';
import { recordOutput } from '../common/record-output.js';
import { podOf } from '../settings/environment.js';
import type { ProcessSettings } from '../settings/read-settings.js';
import { startController } from './start-controller.js';

/** Does the work of a cluster's controller until a signal comes: logs on standard error, audit records on standard output. */
export async function runController(settings: ProcessSettings<'controller'>): Promise<void> {
  const { config, environment } = settings;
  const stopping = untilSignal();
  const log = openProcessLog(settings);
  const { namespace, kubeconfig, context } = config;
  const client = new KubeClient(await connect({ kubeconfig, context, environment }), {
    userAgent: 'seccomply',
    fieldManager: names.fieldManager,
  });
  const identity = config.identity ?? `${hostname()}-${randomBytes(4).toString('hex')}`;
  const starting = startController({
    ...config,
    client,
    log,
    identity,
    admissionPolicies: config.vap === true,
    // The folder of a pod survives its containers, and nothing else.
    durability: podOf(environment).name === undefined ? 'disk' : 'pod',
    recordLines: recordOutput(log),
  });
  // A start that waits for the API server may take any time.
  const controller = await Promise.race([starting, stopping.then(() => undefined)]);
  if (controller === undefined) return;
  log.info(`the controller answers on ${controller.address}`, { namespace, identity });
  const signal = await stopping;
  log.info(`${signal}: stopping`);
  await controller.stop();
  client.close();
  log.info('stopped');
}
