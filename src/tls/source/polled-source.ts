import type { Problem } from '../../core/problem/problem.js';
import type { CertificateMaterial, CertSource } from '../certificate/cert-source.js';

/** What is served, and what is wrong with what should be. */
export interface ServedCertificate {
  readonly material: CertificateMaterial;
  readonly problems: readonly Problem[];
}

export interface PolledSource extends CertSource {
  /** Looks now; after the look that is going on, where there is one. */
  look(): void;
}

/**
 * A source that looks for another certificate every `poll` ms, one look at a time, without keeping the process alive.
 * @param look gives what is served from now on: the very object that it gets where nothing changed. It must not throw.
 */
export function polledSource(
  first: ServedCertificate,
  poll: number,
  look: (served: ServedCertificate) => Promise<ServedCertificate>,
): PolledSource {
  const listeners = new Set<(material: CertificateMaterial) => void>();
  let served = first;
  let looking = false;
  let again = false;
  let closed = false;

  const run = async (): Promise<void> => {
    looking = true;
    try {
      do {
        again = false;
        const next = await look(served);
        if (closed) return;
        const isNew = next !== served;
        served = next;
        if (isNew) for (const listener of listeners) listener(served.material);
      } while (again);
    } finally {
      looking = false;
    }
  };
  const timer = setInterval(() => {
    if (!looking) void run();
  }, poll);
  timer.unref();
  return {
    current: () => served.material,
    problems: () => served.problems,
    look() {
      if (looking) again = true;
      else if (!closed) void run();
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      closed = true;
      clearInterval(timer);
      listeners.clear();
    },
  };
}
