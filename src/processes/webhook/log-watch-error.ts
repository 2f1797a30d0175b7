import { isKubeError } from '../../kubernetes/kube-error.js';
import type { Log } from '../../system/log.js';

/** Says in the log that a kind cannot be watched. That a watch has run out is the ordinary end of one. */
export function logWatchError(log: Log, kind: string): (error: Error, retryIn: number) => void {
  return (error, retryIn) => {
    if (!isKubeError(error, 'expired'))
      log.warn(`${kind} cannot be watched; tried again in ${Math.round(retryIn)} ms: ${error.message}`);
  };
}
