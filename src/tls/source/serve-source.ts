import type { Server } from 'node:https';
import type { CertSource } from '../certificate/cert-source.js';
import { type SwapResult, swapCertificate } from './swap-certificate.js';

/**
 * Serves what the source has, one swap after another; whatever came in between, the last one counts. Returns the call that ends it.
 */
export function serveSource(server: Server, source: CertSource, onSwap: (result: SwapResult) => void): () => void {
  let served = source.current();
  let isOver = false;
  let swapping = Promise.resolve();
  const swap = async (): Promise<void> => {
    const next = source.current();
    if (isOver || next.fingerprint256 === served.fingerprint256) return;
    const result = await swapCertificate(server, next, { previous: served });
    if (result.swapped) served = next;
    onSwap(result);
  };
  const stop = source.onChange(() => {
    swapping = swapping.then(swap, swap);
  });
  return () => {
    isOver = true;
    stop();
  };
}
