import type { AdmissionConfig } from './config.js';
import { type Environment, isGiven } from './environment.js';

/** Whether this process is to work with a cluster: it is a pod of one, or was given a kubeconfig file. */
export function isClusterMode(config: AdmissionConfig, environment: Environment): boolean {
  if (config.cluster === 'off' || config.process === 'serve') return false;
  return config.cluster === 'on' || config.kubeconfig !== undefined || isGiven(environment.KUBERNETES_SERVICE_HOST);
}
