import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';

/**
 * Suits the engine's memory management to a process in which nearly everything lives for one call. To be called before anything else.
 *
 * The engine learns where objects tend to live long and then makes those in the old generation from the start. Under load that
 * goes wrong here: what is in flight when it looks seems to live long, and what such an object refers to then stays until the next full
 * collection, everything of the call with it. Measured with denials: twice the heap, and a full collection each second.
 * On one CPU the helpers of a collection only take turns with the thread that waits for them, above all for the buffers of bodies.
 */
export function tuneGc(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
  if (availableParallelism() > 1) return;
  setFlagsFromString('--no-parallel-scavenge');
  setFlagsFromString('--no-concurrent-array-buffer-sweeping');
}
