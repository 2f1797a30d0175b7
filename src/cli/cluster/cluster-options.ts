import { Command, InvalidArgumentError } from 'commander';
import { names } from '../../core/manifests/names.js';
import type { KubeClient } from '../../kubernetes/client.js';
import { isKubeError } from '../../kubernetes/kube-error.js';
import { environment } from '../../processes/settings/environment.js';
import { messageOf } from '../../system/errno.js';
import { CliError, EXIT } from '../output/exit.js';

export interface ClusterOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** What every command that speaks to a cluster takes. */
export function clusterCommand(name: string): Command {
  return new Command(name)
    .option('--kubeconfig <file>', 'whose cluster (default: KUBECONFIG, else ~/.kube/config)')
    .option('--context <name>', 'a context of the kubeconfig file (default: its current one)');
}

/** @throws CliError when no cluster is named */
export async function clusterClient({ kubeconfig, context }: ClusterOptions): Promise<KubeClient> {
  const [{ KubeClient: Client }, { connect }] = await Promise.all([
    import('../../kubernetes/client.js'),
    import('../../kubernetes/kubeconfig.js'),
  ]);
  try {
    return new Client(await connect({ kubeconfig, context, environment }), {
      userAgent: 'seccomply',
      fieldManager: names.fieldManager,
    });
  } catch (error) {
    throw new CliError(messageOf(error));
  }
}

/** Runs a command against a cluster; what the API server or the connection refuses ends it with a sentence. */
export async function withCluster<T>(options: ClusterOptions, run: (client: KubeClient) => Promise<T>): Promise<T> {
  const client = await clusterClient(options);
  try {
    return await run(client);
  } catch (error) {
    if (isKubeError(error, 'unreachable', 'deadline'))
      throw new CliError(
        `${client.connection.server.origin} does not answer: ${error.message}\n    Check the kubeconfig file (--kubeconfig, KUBECONFIG) and that the cluster runs.`,
        EXIT.findings,
      );
    if (isKubeError(error, 'unauthorized'))
      throw new CliError(
        `${error.message}\n    The credentials of the kubeconfig file are not taken: renew them.`,
        EXIT.findings,
      );
    if (isKubeError(error)) throw new CliError(error.message, EXIT.findings);
    throw error;
  } finally {
    client.close();
  }
}

/** `90s`, `5m`: milliseconds. */
export function span(text: string): number {
  const match = /^(\d{1,6})(s|m)?$/.exec(text);
  if (match === null) throw new InvalidArgumentError('Write a number of seconds or minutes: 90s, 5m.');
  return Number(match[1]) * (match[2] === 'm' ? 60_000 : 1_000);
}
