import type { Config } from './config.js';

/** Whether this process is to work with a cluster: it is a pod of one, or was given a kubeconfig file. */
export function isClusterMode(config: Config, environment = process.env): boolean {
  if (config.cluster === 'off' || config.role === 'serve') return false;
  return (
    config.cluster === 'on' || config.kubeconfig !== undefined || (environment.KUBERNETES_SERVICE_HOST ?? '') !== ''
  );
}
